// SPDX-License-Identifier: Apache-2.0
#include "steelyard/base/hash.h"

#include <gtest/gtest.h>

#include <fstream>

#include "steelyard/base/error.h"

namespace steelyard {
namespace {

TEST(Sha256, AgreesWithTheStandardsExamples) {  // FIPS 180-2, appendix B
  EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(Sha256, OfAFileEqualsThatOfItsBytes) {
  const auto file = std::filesystem::temp_directory_path() / "steelyard_hash_test";
  const std::string content(200'000, 'x');
  std::ofstream(file) << content;
  EXPECT_EQ(sha256_of_file(file), sha256(content));
  std::filesystem::remove(file);
}

TEST(Sha256, NamesAFileThatIsNotThere) {
  EXPECT_THROW(sha256_of_file("/nowhere/at/all"), Error);
  EXPECT_THROW(sha256_of_file("/"), Error);
}

}  // namespace
}  // namespace steelyard

// SPDX-License-Identifier: Apache-2.0
// The fuzzer's corpus again, without the fuzzer: every file runs or is refused in one sentence.
#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/fuzz/first_inference.h"

namespace steelyard::fuzz {
namespace {

namespace fs = std::filesystem;

std::string bytes_of(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

TEST(FuzzCorpus, EveryFileRunsOrIsRefusedInOneSentence) {
  const fs::path scratch =
      fs::temp_directory_path() / ("steelyard-corpus-" + std::to_string(::getpid()) + ".onnx");
  int ran = 0, refused = 0;
  for (const auto& entry : fs::directory_iterator(STEELYARD_SOURCE "/tests/data/fuzz")) {
    if (entry.path().extension() == ".py") continue;
    SCOPED_TRACE(entry.path().filename());
    const std::string bytes = bytes_of(entry.path());
    ASSERT_FALSE(bytes.empty());
    const std::string sentence = run(bytes, scratch);
    ++(sentence.empty() ? ran : refused);
    // The seeds are sound: each says what the engine can read.
    if (entry.path().extension() == ".onnx") {
      EXPECT_EQ(sentence, "");
    }
  }
  fs::remove(scratch);
  EXPECT_GT(ran, 0);
  EXPECT_GT(refused + ran, 10);
}

}  // namespace
}  // namespace steelyard::fuzz

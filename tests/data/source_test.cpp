// SPDX-License-Identifier: Apache-2.0
#include "steelyard/data/source.h"

#include <gmock/gmock.h>

#include "steelyard/base/hash.h"
#include "tests/data/written_file.h"

namespace steelyard::data {
namespace {

using testing::HasSubstr;

std::string complaint_about(std::string_view bytes, std::size_t most = kMostBytes) {
  const WrittenFile file(bytes);
  return complaint([&] { read_source(file.path(), most); });
}

TEST(Source, ReadsPlainTextAndHashesTheBytesOnDisk) {
  const WrittenFile file("a,b\n1,2\n");
  const Source source = read_source(file.path());
  EXPECT_EQ(source.text, "a,b\n1,2\n");
  EXPECT_EQ(source.sha256, sha256(std::string_view("a,b\n1,2\n")));
}

TEST(Source, UnpacksGzipWhateverTheNameSaysAndHashesThePackedBytes) {
  const std::string packed = gzipped("a,b\n1,2\n");
  const WrittenFile file(packed, "data.txt");
  const Source source = read_source(file.path());
  EXPECT_EQ(source.text, "a,b\n1,2\n");
  EXPECT_EQ(source.sha256, sha256(std::string_view(packed)));
}

TEST(Source, JoinsTheMembersOfAGzipFile) {
  const WrittenFile file(gzipped("a\n") + gzipped("1\n") + std::string(512, '\0'));
  EXPECT_EQ(read_source(file.path()).text, "a\n1\n");
}

TEST(Source, RemovesAByteOrderMark) {
  const WrittenFile file(
      "\xef\xbb\xbf"
      "a\n1\n");
  EXPECT_EQ(read_source(file.path()).text, "a\n1\n");
}

TEST(Source, NamesAFileThatIsNotThere) {
  EXPECT_THAT(complaint([] { read_source("/nowhere/AAPL.csv"); }),
              HasSubstr("There is no file /nowhere/AAPL.csv"));
}

TEST(Source, RefusesAFolder) {
  const WrittenFile file("a");
  EXPECT_THAT(complaint([&] { read_source(file.path().parent_path()); }), HasSubstr("is a folder"));
}

TEST(Source, RefusesEmptyFilesAndFilesOfBlanks) {
  EXPECT_THAT(complaint_about(""), HasSubstr("is empty"));
  EXPECT_THAT(complaint_about("\xef\xbb\xbf\r\n  \n"), HasSubstr("is empty"));
}

TEST(Source, StopsAtATextThatIsTooLarge) {
  EXPECT_THAT(complaint_about(std::string((2 << 20) + 1, 'x'), 2 << 20),
              HasSubstr("more than 2 MiB"));
}

TEST(Source, StopsADecompressionBombAtTheSameSize) {
  const std::string bomb = gzipped(std::string(64 << 20, '0'));
  ASSERT_LT(bomb.size(), 100'000u);
  EXPECT_THAT(complaint_about(bomb, 4 << 20), HasSubstr("more than 4 MiB"));
}

TEST(Source, TellsATruncatedGzipFileFromADamagedOne) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += std::to_string(i * i) + "\n";
  std::string packed = gzipped(text);
  EXPECT_THAT(complaint_about(packed.substr(0, packed.size() / 2)), HasSubstr("ends too early"));
  EXPECT_THAT(complaint_about(packed.substr(0, 10)), HasSubstr("ends too early"));
  EXPECT_THAT(complaint_about(packed + "garbage"), HasSubstr("damaged"));
  packed[packed.size() - 6] ^= 1;  // the checksum
  EXPECT_THAT(complaint_about(packed), HasSubstr("damaged"));
}

TEST(Source, NamesOtherFormats) {
  EXPECT_THAT(complaint_about("PK\x03\x04 zip"), HasSubstr("zip or Excel"));
  EXPECT_THAT(complaint_about(std::string("\xff\xfe"
                                          "a\0",
                                          4)),
              HasSubstr("UTF-16"));
  EXPECT_THAT(complaint_about(std::string("\x08\0\0model", 8)), HasSubstr("not a text file"));
}

}  // namespace
}  // namespace steelyard::data

// SPDX-License-Identifier: Apache-2.0
#include "steelyard/data/csv.h"

#include <gmock/gmock.h>

#include <cmath>

#include "tests/data/written_file.h"

namespace steelyard::data {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Lines = std::vector<std::vector<std::string>>;

Lines records_of(std::string_view text) {
  CsvReader reader(text, "f.csv");
  Lines lines;
  for (Record record; reader.next(record);) {
    lines.emplace_back();
    for (const Cell& cell : record.cells) lines.back().emplace_back(cell.text);
  }
  return lines;
}

TEST(CsvReader, ReadsCommasSemicolonsAndTabs) {
  EXPECT_EQ(records_of("a,b\n1,2\n"), (Lines{{"a", "b"}, {"1", "2"}}));
  EXPECT_EQ(records_of("a;b\n1,5;2\n"), (Lines{{"a", "b"}, {"1,5", "2"}}));
  EXPECT_EQ(records_of("a\tb\n1\t\n"), (Lines{{"a", "b"}, {"1", ""}}));
}

TEST(CsvReader, EndsLinesAtLfCrlfAndCr) {
  EXPECT_EQ(records_of("a,b\r\n1,2\r\n"), (Lines{{"a", "b"}, {"1", "2"}}));
  EXPECT_EQ(records_of("a,b\r1,2"), (Lines{{"a", "b"}, {"1", "2"}}));
}

TEST(CsvReader, ReadsQuotedCellsWithDelimitersQuotesAndLineEnds) {
  EXPECT_EQ(records_of("\"a, b\" , \"say \"\"hi\"\"\",\"two\nlines\"\n"),
            (Lines{{"a, b", "say \"hi\"", "two\nlines"}}));
  EXPECT_EQ(records_of("\"\"\"\",\"\"\n"), (Lines{{"\"", ""}}));
}

TEST(CsvReader, CountsLinesThroughBlankLinesAndQuotedLineEnds) {
  CsvReader reader("a\n\n  \n\"x\ny\"\nlast", "f.csv");
  Record record;
  std::vector<std::size_t> lines;
  while (reader.next(record)) lines.push_back(record.line);
  EXPECT_THAT(lines, ElementsAre(1, 4, 6));
}

TEST(CsvReader, NamesTheLineOfAnOpenQuote) {
  EXPECT_THAT(complaint([] { records_of("a\n\"b\nc\n"); }),
              HasSubstr("f.csv, line 2: a quote is opened"));
  EXPECT_THAT(complaint([] { records_of("a\n\"b\"c\n"); }),
              HasSubstr("f.csv, line 2: text follows"));
}

TEST(CsvReader, RefusesAbsurdlyManyColumns) {
  EXPECT_THAT(complaint([] { records_of(std::string(20'000, ',')); }),
              HasSubstr("more than 10000 columns"));
}

TEST(NumberIn, ReadsPlainNumbers) {
  EXPECT_EQ(number_in({"-1.5e3"}, ','), -1500.0);
  EXPECT_EQ(number_in({"+2"}, ','), 2.0);
  EXPECT_EQ(number_in({".5"}, ','), 0.5);
  EXPECT_EQ(number_in({""}, ','), std::nullopt);
  EXPECT_EQ(number_in({"1x"}, ','), std::nullopt);
  EXPECT_EQ(number_in({"+-1"}, ','), std::nullopt);
  EXPECT_EQ(number_in({"0x10"}, ','), std::nullopt);
}

TEST(NumberIn, ReadsThousandsSeparatorsInsideQuotesOnly) {
  EXPECT_EQ(number_in({"1,234,567.89", true}, ','), 1234567.89);
  EXPECT_EQ(number_in({"-12,345", true}, ','), -12345.0);
  EXPECT_EQ(number_in({"12,34", true}, ','), std::nullopt);
  EXPECT_EQ(number_in({"1234,567", true}, ','), std::nullopt);
  EXPECT_EQ(number_in({",123", true}, ','), std::nullopt);
  EXPECT_EQ(number_in({"1,234.5,6", true}, ','), std::nullopt);
}

TEST(NumberIn, ReadsDecimalCommasInSemicolonFiles) {
  EXPECT_EQ(number_in({"118,5"}, ';'), 118.5);
  EXPECT_EQ(number_in({"1.118,5"}, ';'), 1118.5);
  EXPECT_EQ(number_in({"1,2,3"}, ';'), std::nullopt);
}

TEST(NumberIn, LeavesNonFiniteNumbersToTheCaller) {
  EXPECT_TRUE(std::isnan(*number_in({"nan"}, ',')));
  EXPECT_TRUE(std::isinf(*number_in({"-inf"}, ',')));
  EXPECT_TRUE(std::isinf(*number_in({"1e999"}, ',')));
}

}  // namespace
}  // namespace steelyard::data

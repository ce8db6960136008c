// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "steelyard/data/data.h"
#include "tests/data/written_file.h"

namespace steelyard {
namespace {

using testing::AllOf;
using testing::DoubleEq;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Dataset loaded(std::string_view text, const LoadOptions& options = {}) {
  const WrittenFile file(text);
  return load_dataset(file.path(), options);
}

std::string complaint_about(std::string_view text, const LoadOptions& options = {}) {
  return complaint([&] { loaded(text, options); });
}

constexpr const char* kLong =
    "Ticker,Date,Close,Volume\n"
    "AAPL,2013-05-13,10,1\nMSFT,2013-05-13,30,2\nAAPL,2013-05-14,11,3\nMSFT,2013-05-14,31,4\n";

TEST(LoadDataset, KeepsTheNamesAndOrderOfTheColumns) {
  const Dataset table = loaded("Volume,Date,Close\n5,2013-05-13,1.5\n6,2013-05-14,2.5\n");
  EXPECT_THAT(table.names, ElementsAre("Volume", "Close"));
  EXPECT_THAT(table.columns[1], ElementsAre(1.5, 2.5));
  EXPECT_THAT(table.dates, ElementsAre("2013-05-13", "2013-05-14"));
  EXPECT_EQ(table.column("close"), 1);
  EXPECT_EQ(table.column("Clos"), -1);
}

TEST(LoadDataset, ReadsAFileWithByteOrderMarkCrlfQuotesAndThousands) {
  const Dataset table = loaded(
      "\xef\xbb\xbf\"Date\",\"Close\",\"Volume\"\r\n\"5/13/2013\",\"1,454.74\",\"12,345,678\"\r\n");
  EXPECT_EQ(table.columns[0][0], 1454.74);
  EXPECT_EQ(table.columns[1][0], 12345678);
  EXPECT_EQ(table.dates[0], "2013-05-13");
}

TEST(LoadDataset, TakesTheRowsOfOneTicker) {
  const Dataset table = loaded(kLong, {.ticker = "msft"});
  EXPECT_EQ(table.ticker, "MSFT");
  EXPECT_THAT(table.columns[0], ElementsAre(30, 31));
}

TEST(LoadDataset, NeedsNoTickerWhereThereIsOne) {
  const Dataset table = loaded("Ticker,Date,Close\nAAPL,2013-05-13,10\nAAPL,2013-05-14,11\n");
  EXPECT_EQ(table.ticker, "AAPL");
  EXPECT_EQ(table.rows(), 2u);
}

TEST(LoadDataset, ListsTheTickersThereAre) {
  EXPECT_THAT(complaint_about(kLong), AllOf(HasSubstr("2 tickers"), HasSubstr("AAPL, MSFT")));
  EXPECT_THAT(complaint_about(kLong, {.ticker = "TSLA"}),
              AllOf(HasSubstr("no ticker 'TSLA'"), HasSubstr("AAPL, MSFT")));
}

TEST(LoadDataset, SortsNewestFirstFilesAndSaysSo) {
  const Dataset table = loaded("Date,Close\n2013-05-14,2\n2013-05-13,1\n");
  EXPECT_THAT(table.columns[0], ElementsAre(1, 2));
  EXPECT_THAT(table.notes, ElementsAre(HasSubstr("sorted by date")));
}

TEST(LoadDataset, ReadsNumbersWithoutDates) {
  const Dataset table = loaded("x,y\n1,-2\n3,0\n");
  EXPECT_THAT(table.dates, IsEmpty());
  EXPECT_THAT(table.columns[1], ElementsAre(-2, 0));
}

TEST(LoadDataset, LeavesOutColumnsOfTextWithANote) {
  const Dataset table = loaded("Date,Name,Close,\n2013-05-13,Apple,1,\n2013-05-14,Apple,2,\n");
  EXPECT_THAT(table.names, ElementsAre("Close"));
  EXPECT_THAT(table.notes, ElementsAre(HasSubstr("'Name'"), HasSubstr("'column4'")));
}

TEST(LoadDataset, AppliesAdjustedCloseToPricesAndVolume) {
  const char* text =
      "Date,Open,High,Low,Close,Volume,Adj "
      "Close\n2013-05-13,90,110,80,100,10,25\n2013-05-14,24,28,22,26,44,26\n";
  const Dataset table = loaded(text);
  EXPECT_TRUE(table.adjusted);
  EXPECT_THAT(table.columns[0], ElementsAre(22.5, 24));
  EXPECT_THAT(table.columns[1], ElementsAre(27.5, 28));
  EXPECT_THAT(table.columns[2], ElementsAre(20, 22));
  EXPECT_THAT(table.columns[3], ElementsAre(25, 26));
  EXPECT_THAT(table.columns[4], ElementsAre(40, 44));
  EXPECT_THAT(table.notes, ElementsAre(AllOf(HasSubstr("Open, High, Low, Close and Volume"),
                                             HasSubstr("0.25"))));

  const Dataset raw = loaded(text, {.adjust = false});
  EXPECT_FALSE(raw.adjusted);
  EXPECT_THAT(raw.columns[3], ElementsAre(100, 26));
  EXPECT_THAT(raw.notes, IsEmpty());
}

TEST(LoadDataset, NamesFileLineAndColumnOfABadCell) {
  EXPECT_THAT(complaint_about("Date,Close\n2013-05-13,1\n2013-05-14,abc\n"),
              AllOf(HasSubstr("data.csv, line 3, column Close: 'abc' is not a number")));
  EXPECT_THAT(complaint_about("Date,Close\n2013-05-13,\n2013-05-14,1\n"),
              HasSubstr("line 2, column Close: the cell is empty"));
  EXPECT_THAT(complaint_about("x\n1\nnull\n"), HasSubstr("line 3, column x: 'null'"));
  EXPECT_THAT(complaint_about("x\n1\nNaN\n"),
              HasSubstr("line 3, column x: 'NaN' is not a finite number"));
  EXPECT_THAT(complaint_about("x\n1\n-inf\n"), HasSubstr("not a finite number"));
  EXPECT_THAT(complaint_about("x\n1\n1e999\n"), HasSubstr("not a finite number"));
}

TEST(LoadDataset, RefusesAColumnOfPricesThatHoldsNoNumberAtAll) {
  EXPECT_THAT(complaint_about("Date,Open,Close\n2013-05-13,null,1\n"),
              HasSubstr("line 2, column Open: 'null'"));
}

TEST(LoadDataset, NamesTheLineOfARaggedRow) {
  EXPECT_THAT(complaint_about("a,b\n1,2\n1,2,3\n"),
              HasSubstr("line 3: 3 cells where the header has 2"));
}

TEST(LoadDataset, NamesBothLinesOfADateThatStandsTwice) {
  EXPECT_THAT(complaint_about("Date,Close\n2013-05-13,1\n2013-05-14,2\n2013-05-13,3\n"),
              HasSubstr("2013-05-13 stands in lines 2 and 4"));
}

TEST(LoadDataset, NamesTheLineOfABadDate) {
  EXPECT_THAT(complaint_about("Date,Close\n2013-05-13,1\n13/5/2013,2\n"),
              HasSubstr("line 3, column Date: '13/5/2013' is not a date"));
}

TEST(LoadDataset, RefusesPricesThatCannotBe) {
  const std::string header = "Date,Open,High,Low,Close,Volume\n2013-05-13,1,1,1,1,0\n";
  EXPECT_EQ(loaded(header).rows(), 1u);
  EXPECT_THAT(complaint_about(header + "2013-05-14,1,1,0,1,1\n"),
              HasSubstr("line 3, column Low: a price of 0 cannot be"));
  EXPECT_THAT(complaint_about(header + "2013-05-14,1,1,1,-2,1\n"),
              HasSubstr("line 3, column Close: a price of -2 cannot be"));
  EXPECT_THAT(complaint_about(header + "2013-05-14,1,1,1,1,-1\n"), HasSubstr("a volume of -1"));
}

TEST(LoadDataset, RefusesFilesWithoutRowsOrNumbers) {
  EXPECT_THAT(complaint_about("Date,Close\n"), HasSubstr("a header but no rows"));
  EXPECT_THAT(complaint_about("Date,Name\n2013-05-13,Apple\n"), HasSubstr("no column of numbers"));
}

TEST(LoadDataset, SkipsLinesOfBareCommas) { EXPECT_EQ(loaded("a,b\n1,2\n,\n3,4\n").rows(), 2u); }

// A byte changed anywhere gives a table or an Error, nothing else.
TEST(LoadDataset, SurvivesEveryDamagedByte) {
  const std::string text =
      "Ticker,Date,Open,High,Low,Close,Adj "
      "Close\nA,2013-05-13,1,\"2,000\",1,1,1\nA,5/14/2013,2,2,2,2,2\n";
  int tables = 0, errors = 0;
  for (std::size_t i = 0; i < text.size(); ++i)
    for (char damage : {'"', ',', '\n', '\0', 'x', '9', '\xff'}) {
      std::string damaged = text;
      damaged[i] = damage;
      try {
        tables += loaded(damaged).rows() > 0;
      } catch (const Error& error) {
        ++errors;
        EXPECT_STRNE(error.what(), "");
      }
    }
  EXPECT_GT(tables, 50);
  EXPECT_GT(errors, 200);
}

}  // namespace
}  // namespace steelyard

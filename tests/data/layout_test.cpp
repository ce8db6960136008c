// SPDX-License-Identifier: Apache-2.0
#include "steelyard/data/layout.h"

#include <gmock/gmock.h>

#include "tests/data/written_file.h"

namespace steelyard::data {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

struct Read {
  Layout layout;
  std::string next;  // the first cell of the row that is read next
};

Read layout_of(std::string_view text, std::string_view ticker = {}) {
  CsvReader reader(text, "f.csv");
  Read read{read_layout(reader, "f.csv", ticker), {}};
  Record record;
  if (reader.next(record)) read.next = record.cells[0].text;
  return read;
}

TEST(Layout, FindsDateAndTickerInAnyOrder) {
  const Read read = layout_of("Close,Symbol,Trade Date,Volume\n1,AAPL,2013-05-13,2\n");
  EXPECT_EQ(read.layout.ticker, 1);
  EXPECT_EQ(read.layout.date, 2);
  EXPECT_THAT(read.layout.wanted, ElementsAre(true, false, false, true));
  EXPECT_EQ(read.next, "1");
}

TEST(Layout, TakesAnUnnamedFirstColumnOfDatesAsTheDate) {
  EXPECT_EQ(layout_of(",Close\n2013-05-13,1\n").layout.date, 0);
  const Layout numbered = layout_of(",Close\n0,1\n").layout;
  EXPECT_EQ(numbered.date, -1);
  EXPECT_EQ(numbered.names[0], "column1");
}

TEST(Layout, LeavesAColumnOfTimesThatAreNumbersANumber) {
  EXPECT_EQ(layout_of("time,value\n0.1,1\n").layout.date, -1);
}

TEST(Layout, ReadsTheThreeHeaderLinesOfYfinance) {
  const Read read = layout_of("Price,Close,Open\nTicker,AAPL,AAPL\nDate,,\n2013-05-13,1,2\n");
  EXPECT_THAT(read.layout.names, ElementsAre("Date", "Close", "Open"));
  EXPECT_EQ(read.layout.chosen_ticker, "AAPL");
  EXPECT_EQ(read.layout.date, 0);
  EXPECT_EQ(read.next, "2013-05-13");
}

TEST(Layout, ChoosesTheColumnsOfOneTickerFromYfinance) {
  const char* text = "Price,Close,Close\nTicker,AAPL,MSFT\nDate,,\n2013-05-13,1,2\n";
  EXPECT_THAT(layout_of(text, "msft").layout.wanted, ElementsAre(false, false, true));
  EXPECT_EQ(layout_of(text, "msft").layout.chosen_ticker, "MSFT");
  EXPECT_THAT(complaint([&] { layout_of(text); }),
              AllOf(HasSubstr("AAPL, MSFT"), HasSubstr("--ticker AAPL")));
  EXPECT_THAT(complaint([&] { layout_of(text, "IBM"); }),
              AllOf(HasSubstr("'IBM'"), HasSubstr("AAPL, MSFT")));
}

TEST(Layout, ReadsYfinanceGroupedByTicker) {
  const Read read = layout_of("Ticker,AAPL,AAPL\nPrice,Open,Close\nDate,,\n2013-05-13,1,2\n");
  EXPECT_THAT(read.layout.names, ElementsAre("Date", "Open", "Close"));
  EXPECT_EQ(read.next, "2013-05-13");
}

TEST(Layout, RefusesAFileWithoutAHeader) {
  EXPECT_THAT(complaint([] { layout_of("2013-05-13,1,2,3\n"); }),
              AllOf(HasSubstr("f.csv has no header"), HasSubstr("'2013-05-13'")));
  EXPECT_THAT(complaint([] { layout_of("AAPL,2013-05-13,1,2\n"); }), HasSubstr("no header"));
}

TEST(Layout, RefusesTwoColumnsOfOneName) {
  EXPECT_THAT(complaint([] { layout_of("a,A\n1,2\n"); }), HasSubstr("two columns named 'A'"));
}

TEST(Layout, RefusesATickerWhereNothingTellsTickersApart) {
  EXPECT_THAT(complaint([] { layout_of("Date,Close\n2013-05-13,1\n", "AAPL"); }),
              HasSubstr("no ticker column"));
}

TEST(PlainName, IgnoresCaseBlanksAndPoints) {
  EXPECT_EQ(plain_name("Adj. Close"), "adjclose");
  EXPECT_EQ(plain_name("adj_close"), "adjclose");
  EXPECT_EQ(plain_name("종가"), "종가");
}

}  // namespace
}  // namespace steelyard::data

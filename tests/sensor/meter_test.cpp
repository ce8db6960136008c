// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "steelyard/base/error.h"
#include "tests/sensor/tree.h"

namespace steelyard {
namespace {

using testing::HasSubstr;

class Meter : public testing::Test {
protected:
  MeterFile read(const std::string &text) {
    tree_.write("m.csv", text);
    return read_meter({tree_.path("m.csv"), "Time", "Power"});
  }
  void expect_refusal(const std::string &text, const std::string &what) {
    try {
      read(text);
      ADD_FAILURE() << "accepted: " << text;
    } catch (const Error &e) {
      EXPECT_THAT(e.what(), HasSubstr(what));
      EXPECT_FALSE(e.hint().empty());
    }
  }
  HostTree tree_;
};

TEST_F(Meter, IsNamedByItsFileAndColumns) {
  const MeterSource source =
      parse_meter("csv:plug 1.csv,time=Date Time,watts=Power (W)");
  EXPECT_EQ(source.file, "plug 1.csv");
  EXPECT_EQ(source.time, "Date Time");
  EXPECT_EQ(source.watts, "Power (W)");
  for (const char *bad : {"plug.csv", "csv:", "csv:a.csv", "csv:a.csv,time=t",
                          "csv:a,time=t,w=p", "csv:,time=t,watts=w"})
    EXPECT_THROW(parse_meter(bad), UsageError) << bad;
}

TEST_F(Meter, ReadsTimesInEveryWayThatMetersWriteThem) {
  EXPECT_EQ(read("Time,Power\n0.5,3\n1.5,4\n").seconds,
            (std::vector<double>{0.5, 1.5}));
  EXPECT_FALSE(read("Time,Power\n0.5,3\n1.5,4\n").since_1970);
  for (const char *time :
       {"1777638600.25", "1777638600250", "1777638600250000",
        "1777638600250000000", "2026-05-01T12:30:00.25Z",
        "2026-05-01 12:30:00.25", "2026-05-01T14:30:00.25+02:00",
        "\"2026-05-01T07:00:00,25-0530\""}) {
    const auto meter =
        read(std::string("Time;Power\n") + time + ";3\n9e18;4\n").seconds;
    EXPECT_NEAR(meter.front(), 1777638600.25, 1e-6) << time;
  }
}

TEST_F(Meter, ReadsTabsQuotesCommentsAndALineThatIsNotYetWhole) {
  const MeterFile meter = read(
      "\xEF\xBB\xBF# by a "
      "logger\n\"Power\"\tother\tTime\r\n3.5\tx\t1\r\n4.5\tx\t2\r\n\r\n4.");
  EXPECT_EQ(meter.watts, (std::vector<double>{3.5, 4.5}));
  EXPECT_DOUBLE_EQ(meter.period_seconds, 1);
  EXPECT_THAT(meter.original, HasSubstr("by a logger"));
}

TEST_F(Meter, RefusesEveryBadFileByNameAndLine) {
  expect_refusal("", "holds 0 readings");
  expect_refusal("Time,Power\n1,2\n", "holds 1 readings");
  expect_refusal("time,watts\n1,2\n2,3\n", "has no column 'Time'");
  expect_refusal("Time,Power\n1,2\nyesterday,3\n4,5\n",
                 "line 3: 'yesterday' is not a time");
  expect_refusal("Time,Power\n1,2\n2,many\n3,4\n",
                 "line 3: 'many' is not a power");
  expect_refusal("Time,Power\n1,2\n2,nan\n3,4\n", "is not a power");
  expect_refusal("Time,Power\n1,2\n2,1e99\n3,4\n", "is not a power");
  expect_refusal("Time,Power\n1,2\n2\n3,4\n", "fewer cells");
  expect_refusal("Time,Power\n5,2\n4,2\n", "before that of the line above");
  expect_refusal("Time,Power\n5,2\n2026-05-01T12:30:00,2\n",
                 "from one kind to another");
  expect_refusal("Time,Power\n2026-13-01T12:30:00,2\n2,2\n", "is not a time");
  EXPECT_THROW(read_meter({tree_.path("nothing.csv"), "Time", "Power"}), Error);
  EXPECT_THROW(read_meter({tree_.path(""), "Time", "Power"}), Error);
}

} // namespace
} // namespace steelyard

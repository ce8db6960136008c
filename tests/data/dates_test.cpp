// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "steelyard/data/csv.h"

namespace steelyard::data {
namespace {

std::string iso(std::string_view text, bool compact = false) {
  const auto date = date_in(text, compact);
  return date ? date->iso : "none";
}

TEST(DateIn, ReadsIsoAndUsDates) {
  EXPECT_EQ(iso("2013-05-13"), "2013-05-13");
  EXPECT_EQ(iso("2013/5/3"), "2013-05-03");
  EXPECT_EQ(iso("5/13/2013"), "2013-05-13");
  EXPECT_EQ(iso("05/03/2013"), "2013-05-03");
  EXPECT_EQ(iso("2013-05"), "2013-05");
}

TEST(DateIn, ReadsCompactDatesOnlyWhereTheyCannotBeNumbers) {
  EXPECT_EQ(iso("20130513", true), "2013-05-13");
  EXPECT_EQ(iso("192607", true), "1926-07");
  EXPECT_EQ(iso("20130513"), "none");
}

TEST(DateIn, KeepsTheTimeOfDayAndOrdersByUtc) {
  EXPECT_EQ(iso("2013-05-13 09:30:00"), "2013-05-13 09:30:00");
  EXPECT_EQ(iso("2013-05-13T09:30:00.000Z"), "2013-05-13 09:30:00");
  EXPECT_EQ(iso("2013-05-13 00:00:00-04:00"), "2013-05-13");
  EXPECT_EQ(iso("5/13/2013 9:30"), "2013-05-13 09:30:00");
  EXPECT_EQ(date_in("1970-01-02")->seconds, 86'400);
  EXPECT_EQ(date_in("1970-01-01 02:00:00+02:00")->seconds, 0);
}

TEST(DateIn, RefusesWhatIsNoDate) {
  for (const char* text :
       {"", "13/5/2013", "2013-02-29", "2013-13-01", "2013-05-13 25:00", "5-13-2013", "1.5", "-5",
        "2013-05/13", "13.05.2013", "2013-05-13x", "5/13/13"})
    EXPECT_EQ(iso(text), "none") << text;
}

}  // namespace
}  // namespace steelyard::data

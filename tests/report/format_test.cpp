// SPDX-License-Identifier: Apache-2.0
#include "steelyard/report/format.h"

#include <gtest/gtest.h>

#include <limits>

namespace steelyard {
namespace {

TEST(Format, GivesFourDigitsOfATimeInTheUnitThatFits) {
  EXPECT_EQ(duration(1'326'000), "1.326 ms");
  EXPECT_EQ(duration(71'720), "71.72 µs");
  EXPECT_EQ(duration(52.25), "52.25 ns");
  EXPECT_EQ(duration(2.5e9), "2.500 s");
  EXPECT_EQ(duration(0), "0 ns");
  EXPECT_EQ(duration(0.1234), "0.1234 ns");
}

TEST(Format, ChoosesTheUnitAfterRounding) {
  EXPECT_EQ(duration(999'960), "1.000 ms");
  EXPECT_EQ(duration(999.96), "1.000 µs");
  EXPECT_EQ(duration(999.94), "999.9 ns");
}

TEST(Format, SeparatesThousands) {
  EXPECT_EQ(per_second(13'942.9), "13,943");
  EXPECT_EQ(per_second(764.05), "764.0");
  EXPECT_EQ(per_second(1'234'567), "1,234,567");
  EXPECT_EQ(count(10'000), "10,000");
  EXPECT_EQ(count(999), "999");
}

TEST(Format, KeepsThreeDigitsOfAnErrorAndItsUnit) {
  EXPECT_EQ(with_unit(quantity(2.3071), "USD", Language::en), "2.307 USD");
  EXPECT_EQ(with_unit(quantity(2.3071), "USD", Language::ko), "2.307달러");
  EXPECT_EQ(with_unit(quantity(4689.58), "KRW", Language::ko), "4,689.58원");
  EXPECT_EQ(with_unit(quantity(0.01234567), "", Language::ko), "0.01235");
}

TEST(Format, GivesFactorsTwoOrThreeDigits) {
  EXPECT_EQ(factor(18.42), "18.4");
  EXPECT_EQ(factor(1.0599), "1.06");
  EXPECT_EQ(factor(1106.3), "1,110");
}

TEST(Format, NeverPrintsMinusZeroOrAnInfinity) {
  EXPECT_EQ(decimal(-0.0001, 2), "0.00");
  EXPECT_EQ(decimal(-12'345.6, 1), "−12,345.6");
  EXPECT_EQ(duration(std::numeric_limits<double>::infinity()), "?");
  EXPECT_EQ(joules(std::numeric_limits<double>::quiet_NaN()), "?");
}

TEST(Format, WritesVerySmallNumbersWithAPowerOfTen) {
  EXPECT_EQ(significant(4.2e-7, 2), "4.2×10⁻⁷");
  EXPECT_EQ(significant(0.0131, 2), "0.013");
}

TEST(Format, SaysTheUnitOfARangeOnce) {
  EXPECT_EQ(range(40.8, 91.8, watts), "40.8–91.8 W");
  EXPECT_EQ(range(0.836, 3.04, watts), "836 mW–3.04 W");
}

TEST(Format, PrintsPowerEnergyAndMemoryWithThreeDigits) {
  EXPECT_EQ(watts(68.33), "68.3 W");
  EXPECT_EQ(joules(0.0049), "4.90 mJ");
  EXPECT_EQ(bytes(48.5 * 1024 * 1024), "48.5 MiB");
  EXPECT_EQ(signed_percent(-1.872), "−1.87 %");
  EXPECT_EQ(signed_percent(0.5), "+0.50 %");
}

}  // namespace
}  // namespace steelyard

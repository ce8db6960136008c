// SPDX-License-Identifier: Apache-2.0
// Analytic devices turn where the arithmetic says.
#include <gtest/gtest.h>

#include <cmath>

#include "tests/advise/made.h"

namespace steelyard {
namespace {

Advice ask(const std::vector<Made>& devices, const Question& question,
           const SystemTable& table = made_table()) {
  std::vector<Summary> rows;
  for (const Made& made : devices) rows.push_back(made_row(made));
  return advise(rows, question, table).at(0);
}

TEST(BreakEven, OfEnergyIsWhereTheLinesMeet) {
  const Advice advice = ask({kFrugal, kFast}, {});
  ASSERT_EQ(advice.crossings.size(), 1u);
  const Crossing& c = advice.crossings[0];
  EXPECT_NEAR(c.rate.value, 250, 2.5);
  EXPECT_EQ(advice.candidates[c.below].spec, "fake:Frugal");
  EXPECT_EQ(advice.candidates[c.above].spec, "fake:Fast");
}

TEST(BreakEven, OfManyPairsIsTheAnalyticOneWithinAPercent) {
  for (const double idle : {0.5, 2.0, 10.0})
    for (const double gap : {0.1, 3.0, 40.0})
      for (const double milli : {0.2, 1.0, 5.0}) {
        const Made slow{"Frugal", 1, 1.1, idle, idle + 100};                       // 100 mJ
        const Made fast{"Fast", 0.01, 1.1, idle + gap, idle + gap + milli * 100};  // milli mJ
        const double wanted = gap / (0.1 - milli * 1e-3);
        const Advice advice = ask({slow, fast}, {});
        if (wanted > 1000) {
          EXPECT_TRUE(advice.crossings.empty());
          continue;
        }
        ASSERT_EQ(advice.crossings.size(), 1u) << idle << " " << gap << " " << milli;
        EXPECT_NEAR(advice.crossings[0].rate.value, wanted, 0.01 * wanted);
      }
}

TEST(BreakEven, OfCostCountsHardwareOverTheYears) {
  Question q;
  q.rate = 20;
  q.price_per_kwh = 0.2;
  q.years = 2;
  // At 100 and 110 dollars: 10 dollars over 730.5 days against watts at 0.0048 dollars a day each.
  const Advice advice = ask({kFrugal, kFast}, q, made_table(100, 110));
  double wanted = 0;
  const double day = 10 / (2 * 365.25), watt = 0.024 * 0.2;
  wanted = (day + 10 * watt) / (0.04 * watt);
  const auto cost = std::find_if(advice.crossings.begin(), advice.crossings.end(),
                                 [](const Crossing& c) { return c.by == "cost"; });
  ASSERT_NE(cost, advice.crossings.end());
  EXPECT_NEAR(cost->rate.value, wanted, 0.01 * wanted);
}

TEST(BreakEven, HoldsTheRangeOfItsInputs) {
  Made loose = kFrugal;
  loose.band = 1.5;
  const Crossing c = ask({loose, kFast}, {}).crossings.at(0);
  EXPECT_LT(c.rate.low, 250);
  EXPECT_GT(c.rate.high, 250);
}

TEST(BreakEven, CancelsWhatBothTakeFromTheSameHost) {
  SystemTable table = made_table();
  table.hosts["shelf"].idle_watts = Sourced{{50, 10, 90}, "W", "2026-11", "made"};
  table.accelerators["fast"].host = "shelf";
  const auto rows = std::vector{made_row(kFrugal, "board"), made_row(kFast, "board")};
  const Advice advice = advise(rows, {}, table).at(0);
  ASSERT_EQ(advice.crossings.size(), 1u);
  EXPECT_NEAR(advice.crossings[0].rate.low, 250, 1e-6);
  EXPECT_NEAR(advice.crossings[0].rate.high, 250, 1e-6);
}

TEST(Ranges, NameTheWinnerUpToTheLastCapacity) {
  const Advice advice = ask({kFrugal, kFast}, {});
  ASSERT_EQ(advice.ranges.size(), 2u);
  EXPECT_EQ(advice.candidates[advice.ranges[0].winner].spec, "fake:Frugal");
  EXPECT_NEAR(advice.ranges[0].to, 250, 1e-6);
  EXPECT_FALSE(advice.ranges[0].ends_at_capacity);
  EXPECT_EQ(advice.candidates[advice.ranges[1].winner].spec, "fake:Fast");
  EXPECT_NEAR(advice.ranges[1].to, 10000, 1e-6);
  EXPECT_TRUE(advice.ranges[1].ends_at_capacity);
}

TEST(Ranges, EndWhereTheWinnerCannotServe) {
  Made slower = kFrugal;
  slower.latency_ms = 10;  // 100 /s, before the lines meet
  slower.busy_watts = 3;
  const Advice advice = ask({slower, kFast}, {});
  ASSERT_EQ(advice.ranges.size(), 2u);
  EXPECT_NEAR(advice.ranges[0].to, 100, 1e-6);
  EXPECT_TRUE(advice.ranges[0].ends_at_capacity);
}

TEST(Sensitivity, OfTheTariffIsWhereTheCostsMeet) {
  Question q;
  q.rate = 1000.0 / 3;  // beyond the break-even of energy, so that Fast needs less
  q.price_per_kwh = 0.1;
  q.by = "cost";
  const Advice advice = ask({kFrugal, kFast}, q, made_table(100, 900));
  const auto tariff = std::find_if(advice.sensitivities.begin(), advice.sensitivities.end(),
                                   [](const Sensitivity& s) { return s.what == "price_per_kwh"; });
  ASSERT_NE(tariff, advice.sensitivities.end());
  // Watts at the rate: 1 + 50e-3 r and 11 + 10e-3 r; 800 dollars over 1,095.75 days.
  const double gap = (1 + 0.05 * *q.rate) - (11 + 0.01 * *q.rate);
  EXPECT_NEAR(tariff->at, 800 / (3 * 365.25) / (gap * 0.024), 1e-6);
  EXPECT_EQ(advice.candidates[tariff->other].spec, "fake:Fast");
}

TEST(Host, ItsIdlePowerAndItsSupplyAreOnTheBill) {
  SystemTable table = made_table();
  table.hosts["shelf"].idle_watts = Sourced{{3, 3, 3}, "W", "2026-11", "made"};
  table.hosts["shelf"].efficiency = Sourced{{0.5, 0.5, 0.5}, "1", "2026-11", "made"};
  Question q;
  q.rate = 100;
  const std::vector rows = {made_row(kFrugal, "module")};
  const Candidate whole = advise(rows, q, table).at(0).candidates.at(0);
  EXPECT_NEAR(whole.idle_watts->value, 3 + 1 / 0.5, 1e-9);
  EXPECT_NEAR(whole.watts->value, 5 + 100 * 0.05 / 0.5, 1e-9);
  EXPECT_NEAR(whole.joules_per_query->value, whole.watts->value / 100, 1e-9);
  q.boundary = "device";
  const Candidate alone = advise(rows, q, table).at(0).candidates.at(0);
  EXPECT_NEAR(alone.idle_watts->value, 1, 1e-9);
  EXPECT_NEAR(alone.watts->value, 1 + 100 * 0.05, 1e-9);
}

}  // namespace
}  // namespace steelyard

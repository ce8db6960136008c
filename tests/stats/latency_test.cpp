// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <algorithm>

#include "steelyard/stats/stats.h"
#include "tests/stats/made.h"

namespace steelyard {
namespace {

TEST(Latency, GivesExactOrderStatisticsOfKeptQueries) {
  const Summary s = summarize(measurement_of({block_of(counted(1000))}));
  const auto& p = s.latency_ns.percentiles;
  ASSERT_EQ(p.size(), 5u);
  EXPECT_EQ(p[0].ns, 500e3);
  EXPECT_EQ(p[1].ns, 900e3);
  EXPECT_EQ(p[1].upper_ns, 922e3);
  EXPECT_EQ(p[2].ns, 950e3);
  EXPECT_EQ(p[2].upper_ns, 966e3);
  EXPECT_EQ(p[3].ns, 990e3);
  EXPECT_EQ(p[3].upper_ns, 998e3);
  EXPECT_EQ(p[4].ns, 999e3);
  EXPECT_EQ(p[4].upper_ns, std::nullopt);
  ASSERT_TRUE(p[4].reason);
  EXPECT_EQ(*p[4].reason,
            (Reason{ReasonCode::too_few_queries, {{"n", 1000, ""}, {"needed", 6636, ""}}, ""}));
  EXPECT_FALSE(p[3].reason);
}

TEST(Latency, MergesMeanDeviationAndExtremesOverBlocks) {
  auto values = lognormal(5000, 3);
  const std::vector<std::int64_t> first(values.begin(), values.begin() + 1200),
      second(values.begin() + 1200, values.end());
  const Summary s =
      summarize(measurement_of({block_of(first), block_of(second, nanoseconds(1'000'000'000))}));
  double sum = 0, squares = 0;
  for (auto v : values) sum += static_cast<double>(v);
  const double mean = sum / 5000;
  for (auto v : values)
    squares += (static_cast<double>(v) - mean) * (static_cast<double>(v) - mean);
  EXPECT_NEAR(*s.latency_ns.mean, mean, 1e-6 * mean);
  EXPECT_NEAR(*s.latency_ns.stddev, std::sqrt(squares / 4999), 1e-6 * mean);
  EXPECT_EQ(*s.latency_ns.min,
            static_cast<double>(*std::min_element(values.begin(), values.end())));
  EXPECT_EQ(*s.latency_ns.max,
            static_cast<double>(*std::max_element(values.begin(), values.end())));
  EXPECT_EQ(s.queries, 5000u);
}

TEST(Latency, ComesFromTheHistogramWithinATwoThousandthWhenNotAllWereKept) {
  const auto values = lognormal(20'000, 4);
  const Summary exact = summarize(measurement_of({block_of(values)}));
  Measurement bounded = measurement_of({block_of(values)});
  bounded.blocks[0].queries.resize(5000);
  const Summary coarse = summarize(bounded);
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_GE(*coarse.latency_ns.percentiles[i].ns, *exact.latency_ns.percentiles[i].ns);
    EXPECT_LE(*coarse.latency_ns.percentiles[i].ns,
              *exact.latency_ns.percentiles[i].ns * (1 + 1.0 / 512));
    EXPECT_GE(*coarse.latency_ns.percentiles[i].upper_ns,
              *exact.latency_ns.percentiles[i].upper_ns);
    EXPECT_LE(*coarse.latency_ns.percentiles[i].upper_ns, *coarse.latency_ns.max);
  }
}

TEST(Latency, LeavesIdleAndWarmUpBlocksOut) {
  Block warm = block_of({9'000'000, 9'000'000});
  warm.phase = Phase::warm_up;
  const Summary s = summarize(measurement_of({warm, block_of(counted(100))}));
  EXPECT_EQ(s.queries, 100u);
  EXPECT_EQ(*s.latency_ns.max, 100e3);
}

TEST(Latency, CountsFromWhenAQueryWasDue) {
  Measurement m = measurement_of({block_of({1000, 1000})});
  m.blocks[0].latency = {};  // as imported: queries only
  m.blocks[0].histogram = {};
  for (Query& query : m.blocks[0].queries) query.due -= nanoseconds(500);
  const Summary s = summarize(m);
  EXPECT_EQ(*s.latency_ns.mean, 1500);
  EXPECT_EQ(*s.latency_ns.percentiles[0].ns, 1500);
}

TEST(Latency, DrawsAnAscendingCurveThatEndsAtTheSlowestQuery) {
  const Summary s = summarize(measurement_of({block_of(lognormal(50'000, 5))}));
  const auto& ns = s.latency_ns.curve_ns;
  const auto& share = s.latency_ns.curve_share;
  ASSERT_EQ(ns.size(), share.size());
  EXPECT_LE(ns.size(), 200u);
  EXPECT_GT(ns.size(), 150u);
  EXPECT_TRUE(std::is_sorted(ns.begin(), ns.end()));
  EXPECT_TRUE(std::is_sorted(share.begin(), share.end()));
  EXPECT_EQ(ns.back(), *s.latency_ns.max);
  EXPECT_EQ(share.back(), 1);
  const auto median =
      static_cast<std::size_t>(std::lower_bound(share.begin(), share.end(), 0.5) - share.begin());
  EXPECT_NEAR(ns[median], *s.latency_ns.percentiles[0].ns, 0.01 * ns[median]);
  EXPECT_GT(*std::prev(share.end(), 3), 0.9999) << "the tail is drawn";
}

TEST(Latency, SaysWhyAndNothingElseWhereNothingWasMeasured) {
  const Summary s = summarize(measurement_of({}));
  EXPECT_FALSE(s.latency_ns.mean);
  EXPECT_FALSE(s.throughput_per_second);
  EXPECT_TRUE(s.latency_ns.curve_ns.empty());
  for (const auto& figure : s.latency_ns.percentiles) {
    EXPECT_FALSE(figure.ns);
    EXPECT_EQ(figure.reason->code, ReasonCode::too_few_queries);
  }
}

TEST(Latency, SurvivesABlockThatCountsMoreThanItTells) {
  Measurement m = measurement_of({block_of({1000})});
  m.blocks[0].count = 1'000'000'000'000;
  const Summary s = summarize(m);
  EXPECT_EQ(s.latency_ns.percentiles[3].ns, std::nullopt);
  EXPECT_EQ(s.latency_ns.percentiles[3].reason->code, ReasonCode::not_reported);
}

}  // namespace
}  // namespace steelyard

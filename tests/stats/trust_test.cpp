// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "steelyard/stats/stats.h"
#include "tests/stats/made.h"

namespace steelyard {
namespace {

std::vector<std::int64_t> same(std::size_t n, std::int64_t ns) {
  return std::vector<std::int64_t>(n, ns);
}

TEST(Trust, IsStableWhenNothingSpeaksAgainstIt) {
  const Summary s = summarize(measurement_of({block_of(same(500, 1000)), block_of(same(500, 1050)),
                                              block_of(same(500, 1090))}),
                              50.0);
  EXPECT_EQ(s.trust.kind, "STABLE");
  EXPECT_TRUE(s.trust.findings.empty());
  EXPECT_EQ(s.harness_overhead_ns, 50.0);
}

TEST(Trust, IsNoisyWhenBlocksDifferByMoreThanATenth) {
  const Summary s = summarize(measurement_of(
      {block_of(same(500, 1000)), block_of(same(500, 1050)), block_of(same(500, 1110))}));
  EXPECT_EQ(s.trust.kind, "NOISY");
  ASSERT_EQ(s.trust.findings.size(), 1u);
  EXPECT_EQ(s.trust.findings[0].reason.code, ReasonCode::drifting);
  EXPECT_NEAR(s.trust.findings[0].reason.values[0].value, 1.11, 0.005);
}

TEST(Trust, IsNoisyWhenThroughputDriftsAndMediansDoNot) {
  Measurement m = measurement_of({block_of(same(500, 1000)), block_of(same(500, 1000))});
  m.blocks[1].end += (m.blocks[1].end - m.blocks[1].begin) / 5;
  EXPECT_EQ(summarize(m).trust.kind, "NOISY");
}

TEST(Trust, NamesOtherProcessesOnlyWhereBlocksDiffer) {
  Measurement m = measurement_of(
      {block_of(same(500, 1000)), block_of(same(500, 1000)), block_of(same(500, 1200))});
  for (Block& block : m.blocks) block.other_load = 0.5;
  ASSERT_EQ(summarize(m).trust.findings.size(), 2u);
  EXPECT_EQ(summarize(m).trust.findings[1].reason,
            (Reason{ReasonCode::other_load, {{"percent", 50, "%"}}, ""}));
  m.blocks[2] = m.blocks[0];
  EXPECT_EQ(summarize(m).trust.kind, "STABLE");
}

TEST(Trust, IsInsufficientBelowTheBoundOfP99AndBelowTheEffort) {
  EXPECT_EQ(summarize(measurement_of({block_of(same(661, 1000))})).trust.kind, "INSUFFICIENT");
  EXPECT_EQ(summarize(measurement_of({block_of(same(662, 1000))})).trust.kind, "STABLE");
  Measurement m = measurement_of({block_of(same(1000, 1000))});
  m.effort.min_queries = 10'000;
  const Summary s = summarize(m);
  EXPECT_EQ(s.trust.kind, "INSUFFICIENT");
  EXPECT_EQ(s.trust.findings[0].reason,
            (Reason{ReasonCode::too_few_queries, {{"n", 1000, ""}, {"needed", 10'000, ""}}, ""}));
}

TEST(Trust, IsNotInsufficientWhenASlowDeviceUsedUpItsTimeAndHasItsBounds) {
  Measurement m = measurement_of({block_of(same(7'600, 1'313'000))});  // 9.98 s
  m.effort.min_queries = 10'000;
  m.effort.max_duration = std::chrono::seconds(10);
  EXPECT_EQ(summarize(m).trust.kind, "STABLE");
  m.effort.max_duration = std::chrono::seconds(60);
  EXPECT_EQ(summarize(m).trust.kind, "INSUFFICIENT") << "it was stopped early";
  m = measurement_of({block_of(same(661, 15'200'000))});
  m.effort.max_duration = std::chrono::seconds(10);
  EXPECT_EQ(summarize(m).trust.kind, "INSUFFICIENT") << "p99 has no bound";
  EXPECT_EQ(summarize(m).trust.findings[0].reason.values[1].value, 662);
}

TEST(Trust, ListsAllFindingsAndIsNamedAfterTheWorst) {
  const Summary s =
      summarize(measurement_of({block_of(same(10, 1000)), block_of(same(10, 2000))}), 300.0);
  ASSERT_EQ(s.trust.findings.size(), 3u);
  EXPECT_EQ(s.trust.kind, "HARNESS-BOUND");
  EXPECT_EQ(s.trust.findings[2].reason,
            (Reason{ReasonCode::harness_overhead, {{"percent", 20, "%"}}, ""}));
}

TEST(Trust, DoesNotMeasureVirtualTimeByTheHarness) {
  Measurement m = measurement_of({block_of(same(1000, 100))});
  m.what.device.provenance = Provenance::simulated;
  const Summary s = summarize(m, 90.0);
  EXPECT_EQ(s.trust.kind, "STABLE");
  EXPECT_FALSE(s.harness_overhead_ns);
}

}  // namespace
}  // namespace steelyard

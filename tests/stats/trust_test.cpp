// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>

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

bool has_two_groups(const std::vector<std::int64_t>& latencies) {
  const auto findings = summarize(measurement_of({block_of(latencies)})).trust.findings;
  return std::any_of(findings.begin(), findings.end(), [](const Finding& finding) {
    return finding.reason.code == ReasonCode::bimodal;
  });
}

TEST(Trust, NotesThatLatenciesFallIntoTwoGroups) {
  auto both = lognormal(9000, 1, 50'000, 0.03);
  const auto slow = lognormal(1000, 2, 65'000, 0.03);
  both.insert(both.end(), slow.begin(), slow.end());
  Random(3).shuffle(both);
  const Summary s = summarize(measurement_of({block_of(both)}));
  ASSERT_EQ(s.trust.findings.size(), 1u);
  EXPECT_EQ(s.trust.findings[0].reason.code, ReasonCode::bimodal);
  EXPECT_NEAR(s.trust.findings[0].reason.values[0].value, 10, 1) << "the slower group's share";
  EXPECT_EQ(s.trust.kind, "STABLE") << "it is worth knowing, no more";
}

TEST(Trust, NotesNoSecondGroupWhereThereIsNone) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed)
    for (const double sigma : {0.02, 0.1, 0.3, 0.5, 1.0})
      for (const std::size_t n : {1000u, 20'000u})
        EXPECT_FALSE(has_two_groups(lognormal(n, seed, 50'000, sigma)))
            << "sigma " << sigma << ", " << n << " queries, seed " << seed;
  EXPECT_FALSE(has_two_groups(counted(5000))) << "evenly drawn";
  EXPECT_FALSE(has_two_groups(same(5000, 100'000)));
  auto clock = same(2500, 100'000);  // a clock of 1 us
  clock.resize(5000, 101'000);
  EXPECT_FALSE(has_two_groups(clock));
  auto rare = lognormal(9700, 1, 50'000, 0.03);
  rare.resize(10'000, 90'000);
  EXPECT_FALSE(has_two_groups(rare)) << "3 % are a tail";
}

}  // namespace
}  // namespace steelyard

// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "steelyard/stats/stats.h"
#include "tests/stats/made.h"

namespace steelyard {
namespace {

TEST(Summarize, CountsWindowsPerSecondOverMeasuringBlocks) {
  Measurement m = measurement_of(
      {block_of(std::vector<std::int64_t>(100, 1'000'000)),
       block_of(std::vector<std::int64_t>(100, 1'000'000), nanoseconds(5'000'000'000))});
  m.what.scenario = Offline{.batch = 64};
  for (Block& block : m.blocks) block.items = 6400;
  m.blocks[1].worker = 3;
  const Summary s = summarize(m);
  EXPECT_DOUBLE_EQ(*s.throughput_per_second, 64'000);
  EXPECT_DOUBLE_EQ(s.measured_seconds, 0.2);
  EXPECT_EQ(s.queries, 200u);
  EXPECT_EQ(s.workers, 2u);
}

TEST(Summarize, CarriesWhatWasWeighed) {
  Measurement m = measurement_of({block_of({1000})});
  m.what.id = "id";
  m.what.truth = "truth";
  m.what.spec.precision = Precision::int8;
  m.what.device.provenance = Provenance::simulated;
  m.what.settings = {{"threads", "2"}};
  m.startup = {nanoseconds(5), nanoseconds(0), nanoseconds(7), 1};
  m.obtained = Precision::bf16;
  const Summary s = summarize(m);
  EXPECT_EQ(s.spec, "native-cpu@int8");
  EXPECT_EQ(s.host, "here");
  EXPECT_EQ(s.case_id, "id");
  EXPECT_EQ(s.truth, "truth");
  EXPECT_EQ(s.provenance, Provenance::simulated);
  EXPECT_EQ(s.obtained, Precision::bf16);
  EXPECT_EQ(s.settings, m.what.settings);
  EXPECT_EQ(s.startup.load_ns, 5);
  EXPECT_EQ(s.startup.first_query_ns, std::nullopt);
  m.what.spec.host = "pi5";
  EXPECT_EQ(summarize(m).host, "pi5");
}

TEST(Summarize, GivesEveryFigureOfASkippedCaseTheOutcomesReason) {
  Measurement m = measurement_of({}, "tensorrt");
  m.outcome = {Outcome::Skipped,
               {ReasonCode::no_runtime, {}, "libnvinfer.so.10: cannot open"},
               "install it"};
  const Summary s = summarize(m);
  EXPECT_EQ(s.outcome.kind, Outcome::Skipped);
  for (const auto& reason :
       {s.accuracy.reason, s.utilisation.reason, s.memory.reason, s.power.reason, s.energy.reason,
        s.correctness.reason, s.latency_ns.percentiles[0].reason})
    EXPECT_EQ(reason, m.outcome.reason);
  EXPECT_EQ(s.trust.kind, "INSUFFICIENT");
  EXPECT_EQ(s.correctness.kind, "UNCHECKED");
}

TEST(Summarize, KeepsTheFiguresOfACaseThatFailedLater) {
  Measurement m = measurement_of({block_of(counted(1000))});
  m.outcome = {Outcome::Failed, {ReasonCode::crashed, {{"signal", 11, ""}}, ""}, ""};
  EXPECT_DOUBLE_EQ(*summarize(m).latency_ns.mean, 500.5e3);
}

TEST(Summarize, TakesTheHarnessOverheadFromTheNullCaseOfTheSameCampaignHostAndLoad) {
  Measurement null = measurement_of({block_of(std::vector<std::int64_t>(1000, 40))}, "null");
  Measurement other_model = null;
  other_model.what.model_sha256 = "other";
  other_model.blocks = {block_of(std::vector<std::int64_t>(1000, 70))};
  Measurement offline = null;
  offline.what.scenario = Offline{};
  Measurement elsewhere = null;
  elsewhere.manifest.host = "there";
  Measurement earlier = null;
  earlier.campaign = "b";

  const Measurement m = measurement_of({block_of(std::vector<std::int64_t>(1000, 1000))});
  EXPECT_EQ(summarize(std::vector{m, other_model, null})[0].harness_overhead_ns, 40);
  EXPECT_EQ(summarize(std::vector{m, other_model})[0].harness_overhead_ns, 70);
  EXPECT_EQ(summarize(std::vector{m, offline, elsewhere, earlier})[0].harness_overhead_ns,
            std::nullopt);
  const auto all = summarize(std::vector{null, m});
  EXPECT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].backend, "null");
  EXPECT_EQ(all[0].harness_overhead_ns, std::nullopt);
  EXPECT_EQ(all[0].trust.kind, "STABLE") << "the yardstick is not bound by itself";
}

// Known truth: the figures of a seeded log-normal device are those of the distribution.
TEST(Summarize, FindsTheParametersOfAKnownDistribution) {
  const double median = 80'000, sigma = 0.25;
  std::vector<Block> blocks;
  for (int i = 0; i < 5; ++i)
    blocks.push_back(
        block_of(lognormal(40'000, static_cast<std::uint64_t>(100 + i), median, sigma)));
  const Summary s = summarize(measurement_of(std::move(blocks)));
  const double mean = median * std::exp(sigma * sigma / 2);
  EXPECT_NEAR(*s.latency_ns.mean, mean, 0.003 * mean);
  EXPECT_NEAR(*s.latency_ns.stddev, mean * std::sqrt(std::expm1(sigma * sigma)), 0.01 * mean);
  const double z[] = {0, 1.2815515655446004, 1.6448536269514722, 2.3263478740408408,
                      3.0902323061678132};
  for (std::size_t i = 0; i < 5; ++i) {
    const double truth = median * std::exp(sigma * z[i]);
    const auto& figure = s.latency_ns.percentiles[i];
    EXPECT_NEAR(*figure.ns, truth, 0.02 * truth) << "p" << figure.p;
    EXPECT_GE(*figure.upper_ns, truth) << "p" << figure.p;
    EXPECT_LE(*figure.upper_ns, 1.04 * truth) << "p" << figure.p;
  }
  EXPECT_NEAR(*s.throughput_per_second, 1e9 / mean, 0.003 * 1e9 / mean);
  EXPECT_EQ(s.trust.kind, "STABLE");
}

}  // namespace
}  // namespace steelyard

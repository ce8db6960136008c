// SPDX-License-Identifier: Apache-2.0
// Comparisons of made-up campaigns whose truth is known: identical sides are not called different,
// real differences are found.
#include <gmock/gmock.h>

#include "steelyard/base/error.h"
#include "steelyard/stats/stats.h"
#include "tests/stats/made.h"

namespace steelyard {
namespace {

using testing::HasSubstr;

struct Made {
  int workers = 5, blocks = 5;
  std::size_t queries = 200;  // a block
  double slowdown = 1;        // of B
  double spread = 0.02;       // each process slower or faster by up to this, evenly drawn
  double block_spread = 0.003;
  double drift = 0;  // from the first block to the last
  double shake = 0;  // the processes of both sides that run at about one time, by up to this
};

Measurement side_of(const Made& made, double factor, Random& random, std::uint32_t first_order,
                    const char* model, std::uint64_t seed) {
  Measurement m = measurement_of({});
  m.what.model = model;
  const int rounds = made.workers * made.blocks;
  Random both(seed);
  for (int w = 0; w < made.workers; ++w) {
    const double shake = 1 + made.shake * (2 * both.uniform() - 1);
    const double process = shake * (1 + made.spread * (2 * random.uniform() - 1));
    for (int b = 0; b < made.blocks; ++b) {
      const int round = w * made.blocks + b;
      const double drift = 1 + made.drift * round / rounds;
      const double block = 1 + made.block_spread * (2 * random.uniform() - 1);
      auto latencies =
          lognormal(made.queries, random.next(), 50'000 * factor * process * drift * block, 0.05);
      m.blocks.push_back(block_of(latencies, nanoseconds(0), false));
      m.blocks.back().worker = static_cast<std::uint32_t>(w);
      m.blocks.back().order = 2 * static_cast<std::uint32_t>(round) + first_order;
    }
  }
  return m;
}

std::pair<Measurement, Measurement> campaign(const Made& made, std::uint64_t seed) {
  Random random(seed);
  Measurement a = side_of(made, 1, random, 0, "base", seed + 1);
  Measurement b = side_of(made, made.slowdown, random, 1, "head", seed + 1);
  return {std::move(a), std::move(b)};
}

struct Called {
  double worse = 0, better = 0, p50_worse = 0;  // shares of the comparisons
};
Called call(const Made& made, int times, std::uint64_t seed = 1) {
  Called called;
  for (int i = 0; i < times; ++i) {
    const auto [a, b] = campaign(made, seed * 100'000 + static_cast<std::uint64_t>(i));
    bool worse = false, better = false;
    const Comparison comparison = compare({a}, {b});
    for (const MetricComparison& m : comparison.cases.at(0).metrics) {
      worse = worse || m.verdict == "WORSE";
      better = better || m.verdict == "BETTER";
      if (m.metric == "latency.p50") called.p50_worse += (m.verdict == "WORSE") / double(times);
    }
    called.worse += worse / double(times);
    called.better += better / double(times);
  }
  std::printf("  worse %.3f (p50 %.3f) better %.3f\n", called.worse, called.p50_worse,
              called.better);
  return called;
}

void expect_quiet(const Made& made, int times) {
  const Called called = call(made, times);
  EXPECT_LE(called.worse + called.better, 0.01);
}
void expect_found(const Made& made, int times) {
  const Called called = call(made, times);
  EXPECT_GE(called.p50_worse, 0.95);
  EXPECT_EQ(called.better, 0);
}

TEST(Compare, LeavesIdenticalSidesAlone) { expect_quiet({}, 200); }
TEST(Compare, LeavesIdenticalSidesAloneWhereOneProcessHidesItsSpread) {
  expect_quiet({.workers = 1, .queries = 600}, 200);
}
TEST(Compare, FindsASlowdownOfFivePercent) { expect_found({.slowdown = 1.05}, 100); }
TEST(Compare, FindsTwoPercentWhereProcessesAgree) {
  expect_found({.slowdown = 1.02, .spread = 0.003}, 100);
}

TEST(Compare, FindsTwoPercentWhereBothSidesAreShaken) {
  expect_found({.slowdown = 1.02, .spread = 0.003, .shake = 0.05}, 100);
}

TEST(Compare, LongIdenticalSides) {
  for (const double spread : {0.0, 0.003, 0.02, 0.05}) {
    SCOPED_TRACE(spread);
    expect_quiet({.spread = spread}, 1000);
  }
  for (const int workers : {1, 2, 3, 4, 10}) {
    SCOPED_TRACE(workers);
    expect_quiet({.workers = workers, .queries = 600}, 1000);
    // What one or two processes cannot show is assumed to be less than this.
    if (workers > 2) expect_quiet({.workers = workers, .queries = 600, .spread = 0.05}, 1000);
  }
  expect_quiet({.spread = 0.02, .shake = 0.05}, 1000);
}
TEST(Compare, LongSlowdownsAndDrift) {
  for (const double drift : {0.0, 0.05, -0.05}) {
    SCOPED_TRACE(drift);
    expect_quiet({.drift = drift}, 1000);
    expect_found({.slowdown = 1.05, .drift = drift}, 1000);
    expect_found({.slowdown = 1.02, .spread = 0.003, .drift = drift}, 1000);
  }
}

MetricComparison metric(const Comparison& comparison, std::string_view name) {
  for (const MetricComparison& m : comparison.cases.at(0).metrics)
    if (m.metric == name) return m;
  ADD_FAILURE() << "no metric " << name;
  return {};
}

const Made kQuiet{.spread = 0.001, .block_spread = 0.0005};

TEST(Compare, StatesRatioIntervalAndLevel) {
  Made made = kQuiet;
  made.slowdown = 1.05;
  const auto [a, b] = campaign(made, 1);
  const Comparison comparison = compare({a}, {b});
  EXPECT_TRUE(comparison.cases[0].paired);
  const MetricComparison p50 = metric(comparison, "latency.p50");
  EXPECT_NEAR(*p50.ratio, 1.05, 0.005);
  EXPECT_LT(*p50.low, *p50.ratio);
  EXPECT_GT(*p50.high, *p50.ratio);
  EXPECT_EQ(p50.level, "workers");
  EXPECT_EQ(p50.verdict, "WORSE");
  EXPECT_EQ(metric(comparison, "throughput").verdict, "WORSE") << "less is worse";
  EXPECT_NEAR(*metric(comparison, "throughput").ratio, 1 / 1.05, 0.005);
  EXPECT_EQ(judge(comparison), Judgement::failed);
  EXPECT_EQ(metric(compare({b}, {a}), "latency.p50").verdict, "BETTER");
}

TEST(Compare, GatesWhatItIsAskedToAndNothingElse) {
  Made made = kQuiet;
  made.slowdown = 1.05;
  const auto [a, b] = campaign(made, 1);
  const auto judged = [&](double percent) {
    const Comparison comparison = compare({a}, {b}, {{{"latency.p50", percent}}, false});
    return std::pair(metric(comparison, "latency.p50").gate, judge(comparison));
  };
  EXPECT_EQ(judged(3), std::pair(std::string("FAIL"), Judgement::failed));
  EXPECT_EQ(judged(8), std::pair(std::string("PASS"), Judgement::passed));
  EXPECT_EQ(judged(5), std::pair(std::string("UNDECIDED"), Judgement::undecided));
  EXPECT_GT(*metric(compare({a}, {b}, {{{"latency.p50", 5}}, false}), "latency.p50").longer, 1);
  EXPECT_THROW(compare({a}, {b}, {{{"latency.p42", 5}}, false}), UsageError);
  EXPECT_THROW(compare({a}, {b}, {{{"rmse", -1}}, false}), UsageError);
}

TEST(Compare, CannotDecideAGateOnWhatWasNotMeasured) {
  const auto [a, b] = campaign(kQuiet, 1);
  const Comparison comparison = compare({a}, {b}, {{{"energy", 5}}, false});
  EXPECT_EQ(metric(comparison, "energy").reason->code, ReasonCode::no_sensor);
  EXPECT_EQ(judge(comparison), Judgement::undecided);
}

TEST(Compare, RefusesUnpairedUnlessAllowedAndThenLeavesRoomForTheDay) {
  Made made = kQuiet;
  made.slowdown = 1.03;
  auto [a, b] = campaign(made, 1);
  b.campaign = "another";
  a.manifest.started_at = "2026-11-20T10:00:00Z";
  b.manifest.started_at = "2026-11-22T10:00:00Z";
  b.manifest.kernel = "6.2";
  try {
    compare({a}, {b});
    ADD_FAILURE() << "it was compared";
  } catch (const UsageError& e) {
    EXPECT_STREQ(e.what(), "unpaired: other day, other kernel; drift cannot be excluded");
    EXPECT_THAT(e.hint(), HasSubstr("--allow-unpaired"));
  }
  const Comparison allowed = compare({a}, {b}, {{}, true});
  EXPECT_FALSE(allowed.cases[0].paired);
  EXPECT_EQ(metric(allowed, "latency.p50").verdict, "AMBIGUOUS") << "3 % may be the day's";
  made.slowdown = 1.1;
  auto [c, d] = campaign(made, 1);
  d.campaign = "another";
  EXPECT_EQ(metric(compare({c}, {d}, {{}, true}), "latency.p50").verdict, "WORSE");
}

TEST(Compare, FailsOnACaseThatBLost) {
  auto [a, b] = campaign(kQuiet, 1);
  Measurement only_a = a;
  only_a.what.spec.backend = "other";
  Comparison comparison = compare({a, only_a}, {b});
  ASSERT_EQ(comparison.cases.size(), 2u);
  EXPECT_TRUE(comparison.cases[1].lost);
  EXPECT_EQ(judge(comparison), Judgement::failed);
  b.outcome.kind = Outcome::Failed;
  comparison = compare({a}, {b});
  EXPECT_TRUE(comparison.cases[0].lost);
  EXPECT_TRUE(comparison.cases[0].metrics.empty());
  EXPECT_FALSE(compare({b}, {a}).cases[0].lost) << "it was not there before";
}

TEST(Compare, NeverComparesSimulatedWithMeasuredAndNeedsSomethingInCommon) {
  auto [a, b] = campaign(kQuiet, 1);
  b.what.device.provenance = Provenance::simulated;
  EXPECT_THROW(compare({a}, {b}), UsageError);
  b.what.spec.backend = "other";
  EXPECT_THROW(compare({a}, {b}), NothingToMeasure);
}

TEST(Compare, TakesTheErrorsOfTheSameWindowsAsExact) {
  auto [a, b] = campaign(kQuiet, 1);
  const Measurement good = answered({1, 2, 3, 4.5f}), bad = answered({1, 2, 3, 4.6f});
  a.truth = b.truth = good.truth;
  a.output_width = b.output_width = 1;
  a.outputs = good.outputs;
  b.outputs = bad.outputs;
  a.seen = b.seen = good.seen;
  const Comparison comparison = compare({a}, {b}, {{{"rmse", 0.5}}, false});
  const MetricComparison rmse = metric(comparison, "rmse");
  EXPECT_NEAR(*rmse.ratio, 1.2, 1e-6);
  EXPECT_EQ(rmse.low, rmse.high);
  EXPECT_EQ(rmse.level, "exact");
  EXPECT_EQ(rmse.gate, "FAIL");
  b.seen[0] = 0;
  EXPECT_EQ(metric(compare({a}, {b}), "rmse").reason->code, ReasonCode::incomplete_pass);
}

TEST(Compare, FailsOnWrongOutputsHoweverFast) {
  auto [a, b] = campaign(kQuiet, 1);
  b.truth = small_truth();
  b.output_width = 1;
  b.outputs = {1, 2, 3, 9};
  b.seen = {1, 1, 1, 1};
  const Comparison comparison = compare({a}, {b});
  EXPECT_EQ(comparison.cases[0].correctness_b, "WRONG");
  EXPECT_EQ(judge(comparison), Judgement::failed);
}

Measurement weighed(Measurement m, double watts, const std::string& boundary = "wall") {
  m.entered = EnteredPower{{}, watts, boundary, ""};
  return m;
}

TEST(Compare, ComparesTheEnergyOfTwoPasses) {
  const auto [a, b] = campaign(kQuiet, 1);
  const Measurement base = weighed(a, 5);
  const MetricComparison worse = metric(compare({base}, {weighed(b, 6)}), "energy");
  EXPECT_NEAR(*worse.ratio, 1.2, 0.01);
  EXPECT_EQ(worse.level, "passes");
  EXPECT_EQ(worse.verdict, "WORSE");
  EXPECT_EQ(metric(compare({base}, {weighed(b, 5.1)}), "energy").verdict, "AMBIGUOUS");
  const MetricComparison unlike = metric(compare({base}, {weighed(b, 6, "board")}), "energy");
  EXPECT_FALSE(unlike.ratio);
  EXPECT_EQ(unlike.reason->code, ReasonCode::error);
}

TEST(Compare, NeedsTwoBlocksToTellADifferenceFromChance) {
  Made made = kQuiet;
  made.workers = made.blocks = 1;
  const auto [a, b] = campaign(made, 1);
  const MetricComparison p50 = metric(compare({a}, {b}), "latency.p50");
  EXPECT_EQ(p50.reason->code, ReasonCode::too_few_blocks);
  EXPECT_EQ(p50.verdict, "AMBIGUOUS");
}

}  // namespace
}  // namespace steelyard

// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <algorithm>

#include "steelyard/stats/stats.h"
#include "tests/stats/made.h"

namespace steelyard {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::Le;

constexpr nanoseconds kSecond(1'000'000'000);

Block passing(Phase phase, std::uint32_t order, int from, int seconds) {
  Block block;
  block.phase = phase;
  block.order = order;
  block.begin = from * kSecond;
  block.end = (from + seconds) * kSecond;
  return block;
}

TEST(Timeline, LaysThePhasesOfTheEnergyPassEndToEnd) {
  Measurement m;
  m.channels = {{.name = "power", .unit = "W", .boundary = "board"}};
  m.blocks = {passing(Phase::load, 2, 100, 10), passing(Phase::idle, 0, 50, 5),
              passing(Phase::context, 1, 90, 5), passing(Phase::measure, 9, 500, 1)};
  for (Block& b : m.blocks)
    b.readings = {{0, b.begin, 1}, {0, b.begin + kSecond / 2, 2}, {0, b.end + kSecond, 99}};
  const TimelineFigures t = summarize(m).timeline;
  ASSERT_EQ(t.phases.size(), 3u);
  EXPECT_EQ(t.phases[0].phase, Phase::idle);
  EXPECT_EQ(t.phases[2].phase, Phase::load);
  EXPECT_EQ(t.phases[2].begin_seconds, 10);
  EXPECT_EQ(t.phases[2].end_seconds, 20);
  ASSERT_EQ(t.channels.size(), 1u);
  EXPECT_THAT(t.channels[0].seconds, ElementsAre(0, 0.5, 5, 5.5, 10, 10.5));
  EXPECT_THAT(t.channels[0].values, Each(Le(2)));
}

TEST(Timeline, KeepsThePeaksOfALongTrace) {
  Measurement m;
  m.channels = {{.name = "clock.sm", .unit = "MHz"}};
  m.blocks = {passing(Phase::measure, 0, 0, 100)};
  for (int i = 0; i < 50'000; ++i)
    m.blocks[0].readings.push_back({0, i * kSecond / 1000, i == 31'234 ? 2100.0 : 1500 + i % 3});
  const auto trace = summarize(m).timeline.channels.at(0);
  EXPECT_LE(trace.values.size(), 240u);
  EXPECT_THAT(trace.values, testing::Contains(2100.0));
  EXPECT_TRUE(std::is_sorted(trace.seconds.begin(), trace.seconds.end()));
}

TEST(Timeline, TurnsACounterOfJoulesIntoWatts) {
  Measurement m;
  m.channels = {{.name = "energy", .unit = "J", .boundary = "chip"}};
  m.blocks = {passing(Phase::measure, 0, 0, 10)};
  for (int i = 0; i < 10; ++i) m.blocks[0].readings.push_back({0, i * kSecond, 30.0 * i});
  const auto trace = summarize(m).timeline.channels.at(0);
  EXPECT_EQ(trace.unit, "W");
  EXPECT_THAT(trace.values, Each(30.0));
  EXPECT_EQ(trace.values.size(), 9u);
}

TEST(Forecast, IsThatOfTheLastWindowsAndOnlyOfACompletePass) {
  Measurement m;
  auto truth = std::make_shared<Truth>();
  for (int i = 0; i < 200; ++i) {
    truth->target.push_back(100 + i);
    truth->naive.push_back(99 + i);
    truth->scale.push_back(2);
    truth->offset.push_back(i);
    m.outputs.push_back(50);
    m.seen.push_back(1);
  }
  m.truth = truth;
  m.output_width = 1;
  const ForecastFigures f = summarize(m).forecast;
  EXPECT_EQ(f.first_window, 80u);
  ASSERT_EQ(f.actual.size(), 120u);
  EXPECT_EQ(f.actual.back(), 299);
  EXPECT_EQ(f.naive.back(), 298);
  EXPECT_EQ(f.forecast.back(), 2 * 50 + 199);
  m.seen[150] = 0;
  EXPECT_TRUE(summarize(m).forecast.actual.empty());
}

}  // namespace
}  // namespace steelyard

// SPDX-License-Identifier: Apache-2.0
#include "steelyard/run/stopping.h"

#include <gtest/gtest.h>

#include "steelyard/run/run.h"

namespace steelyard {
namespace {

// Blocks of a second, each in a process of its own, with queries of so many ns.
Measurement measured(const std::vector<int>& latencies) {
  Measurement m;
  for (const int ns : latencies) {
    Block block;
    block.worker = static_cast<std::uint32_t>(m.blocks.size());
    block.end = std::chrono::seconds(1);
    block.count = block.items = 1'000'000'000u / static_cast<unsigned>(ns);
    block.histogram.add(static_cast<std::uint64_t>(ns), block.count);
    Moments one;
    one.add(ns);
    for (std::uint64_t n = 0; n < 5; ++n) block.latency.merge(one);
    block.latency.count = block.count;
    m.blocks.push_back(std::move(block));
  }
  return m;
}

TEST(Stopping, GoesOnUntilTheIntervalsAreAsNarrowAsAskedFor) {
  const Effort standard = effort_named("standard");
  EXPECT_FALSE(needs_longer(measured({100'000, 100'100, 99'900, 100'000, 100'050}), standard));
  EXPECT_TRUE(needs_longer(measured({100'000, 104'000, 96'000, 100'000, 100'050}), standard));
}

TEST(Stopping, GoesOnWhileTheLastThreeBlocksDiffer) {
  Effort effort = effort_named("standard");
  effort.target_error = 10;  // any interval will do
  EXPECT_TRUE(needs_longer(measured({100'000, 100'000, 100'000, 100'000, 115'000}), effort));
  EXPECT_FALSE(needs_longer(measured({130'000, 100'000, 100'000, 100'000, 100'000}), effort));
}

TEST(Stopping, EndsWhenTheLongestTimeIsUp) {
  Effort effort = effort_named("standard");
  effort.max_duration = std::chrono::seconds(5);
  EXPECT_FALSE(needs_longer(measured({100'000, 140'000, 90'000, 100'000, 70'000}), effort));
  EXPECT_FALSE(needs_longer(measured({100'000, 140'000}), effort_named("quick")));
}

}  // namespace
}  // namespace steelyard

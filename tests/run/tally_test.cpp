// SPDX-License-Identifier: Apache-2.0
#include "steelyard/run/tally.h"

#include <gtest/gtest.h>

#include "steelyard/base/random.h"

namespace steelyard {
namespace {

std::vector<Stamp> stamps_of(const std::vector<std::int64_t>& latencies) {
  std::vector<Stamp> stamps;
  std::int64_t now = 1'000'000'000'000;
  for (const std::int64_t latency : latencies) {
    stamps.push_back({nanoseconds(now), nanoseconds(now), nanoseconds(now + latency)});
    now += latency + 5;
  }
  return stamps;
}

TEST(Tally, CountsEveryLatencyInTheBucketOfTheHistogram) {
  Random random(1);
  std::vector<std::int64_t> latencies{0, 1, 1022, 1023, 1024, 1025, 1'000'000'000};
  for (int i = 0; i < 5000; ++i) latencies.push_back(static_cast<std::int64_t>(random.below(3000)));
  Histogram expected;
  for (const std::int64_t latency : latencies) expected.add(static_cast<std::uint64_t>(latency));
  Tally tally(0);
  tally.add(stamps_of(latencies));
  Block block;
  tally.move_into(block);
  EXPECT_EQ(block.histogram.buckets(), expected.buckets());
  EXPECT_EQ(block.count, latencies.size());
}

TEST(Tally, GivesTheSameMomentsHoweverItIsCutIntoChunks) {
  Random random(2);
  std::vector<std::int64_t> latencies;
  for (int i = 0; i < 1000; ++i)
    latencies.push_back(500'000'000 + static_cast<std::int64_t>(random.below(100)));
  const auto stamps = stamps_of(latencies);
  Moments direct;
  for (const std::int64_t latency : latencies) direct.add(static_cast<double>(latency));
  for (const std::size_t chunk : {1, 7, 1000}) {
    Tally tally(10);
    for (std::size_t i = 0; i < stamps.size(); i += chunk)
      tally.add(std::span(stamps).subspan(i, std::min(chunk, stamps.size() - i)));
    Block block;
    tally.move_into(block);
    EXPECT_EQ(block.latency.count, direct.count);
    EXPECT_NEAR(block.latency.mean, direct.mean, 1e-6);
    EXPECT_NEAR(block.latency.stddev(), direct.stddev(), 1e-6);
    EXPECT_EQ(block.latency.min, direct.min);
    EXPECT_EQ(block.latency.max, direct.max);
    ASSERT_EQ(block.queries.size(), 10u);
    EXPECT_EQ(block.queries[9].finished, stamps[9].finished);
    EXPECT_EQ(block.queries[9].due, stamps[9].started);
  }
}

}  // namespace
}  // namespace steelyard

// SPDX-License-Identifier: Apache-2.0
#include "steelyard/run/peak_rate.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/run/fakes.h"

namespace steelyard {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

BlockRequest trials_of(std::uint64_t queries) {
  BlockRequest request;
  request.min_queries = queries;
  request.max_duration = std::chrono::hours(1);
  request.keep_queries = 200'000;
  request.seed = 5;
  return request;
}

Block found(nanoseconds service, nanoseconds limit, std::uint64_t queries = 50'000) {
  const Feed feed = fake_feed(3);
  FakeModel model({service});
  OpenLoop loop(model, feed, 1);
  loop.begin_at(0);
  Block block;
  search_peak(loop, PeakRate{limit, 1}, 1 / seconds_of(service), trials_of(queries), model.time,
              block, {});
  return block;
}

// The 99th percentile of the time in an M/D/1 queue by Lindley's recursion: the search uses
// neither.
double p99_of(double load, std::uint64_t queries) {
  Random random(99);
  std::vector<double> all;
  double wait = 0;
  for (std::uint64_t i = 0; i < queries; ++i) {
    all.push_back(wait + 1);
    wait = std::max(0.0, wait + 1 - exponential(random) / load);
  }
  const auto at = all.begin() + static_cast<std::ptrdiff_t>(queries / 100 * 99);
  std::nth_element(all.begin(), at, all.end());
  return *at;
}

TEST(PeakRate, IsTheRateWhoseBoundMeetsTheLimit) {
  // 100 us of service and 800 us for 99 %: a little over 70 % load.
  const Block block = found(microseconds(100), microseconds(800));
  ASSERT_GT(block.rate_per_second, 0);
  const double load = block.rate_per_second * 100e-6;
  EXPECT_LE(p99_of(load, 500'000), 8.0 * 1.03);
  EXPECT_GE(p99_of(std::min(load * 1.10, 0.99), 500'000), 8.0);
  EXPECT_GE(block.count, 50'000u) << "the queries of the best trial are kept";
}

TEST(PeakRate, SaysWhenNoRateHolds) {
  const Block block = found(milliseconds(2), milliseconds(1), 1000);
  EXPECT_EQ(block.rate_per_second, 0);
  EXPECT_EQ(block.count, 0u);
}

TEST(PeakRate, TriesLongerWhereThereIsNoBoundYet) {
  const Block block = found(microseconds(100), microseconds(500), 10);
  EXPECT_GT(block.rate_per_second, 3000);
  EXPECT_GT(block.count, 662u);
}

}  // namespace
}  // namespace steelyard

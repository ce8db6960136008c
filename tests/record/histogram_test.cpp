// SPDX-License-Identifier: Apache-2.0
#include "steelyard/record/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "steelyard/base/random.h"

namespace steelyard {
namespace {

TEST(Histogram, EveryValueLiesWithinTheEdgesOfItsBucket) {
  Random random(7);
  for (int shift = 0; shift < 64; ++shift) {
    for (int i = 0; i < 200; ++i) {
      const std::uint64_t value = random.next() >> shift;
      const auto index = Histogram::index_of(value);
      ASSERT_LE(Histogram::lower_edge(index), value);
      ASSERT_GE(Histogram::upper_edge(index), value);
    }
  }
}

TEST(Histogram, BucketsTouchWithoutGapOrOverlap) {
  const auto last = Histogram::index_of(std::numeric_limits<std::uint64_t>::max());
  for (std::uint32_t index = 0; index < last; ++index)
    ASSERT_EQ(Histogram::upper_edge(index) + 1, Histogram::lower_edge(index + 1)) << index;
  EXPECT_EQ(Histogram::upper_edge(last), std::numeric_limits<std::uint64_t>::max());
}

TEST(Histogram, BucketsAreAtMostOneIn512Wide) {
  for (std::uint64_t value = 1; value < (std::uint64_t{1} << 62); value = value * 3 / 2 + 1) {
    const auto index = Histogram::index_of(value);
    const double width =
        static_cast<double>(Histogram::upper_edge(index) - Histogram::lower_edge(index));
    ASSERT_LE(width, static_cast<double>(value) / 512);
  }
}

TEST(Histogram, RanksAgreeWithSortedValuesWithinABucket) {
  Random random(1);
  std::vector<std::uint64_t> values;
  Histogram histogram;
  for (int i = 0; i < 20'000; ++i) {
    values.push_back(1'000 + random.below(1'000'000));
    histogram.add(values.back());
  }
  std::sort(values.begin(), values.end());
  for (const std::uint64_t rank : {1u, 10u, 10'000u, 19'800u, 20'000u}) {
    EXPECT_GE(histogram.value_at_rank(rank), values[rank - 1]);
    EXPECT_LE(static_cast<double>(histogram.value_at_rank(rank)),
              static_cast<double>(values[rank - 1]) * 1.002);
  }
}

TEST(Histogram, MergedEqualsAddedToOne) {
  Histogram a, b, both;
  Random random(3);
  for (int i = 0; i < 1'000; ++i) {
    const auto value = random.below(1'000'000'000);
    (i % 2 != 0 ? a : b).add(value);
    both.add(value);
  }
  a.merge(b);
  EXPECT_EQ(a.buckets(), both.buckets());
  EXPECT_EQ(a.count(), 1'000u);
  EXPECT_EQ(Histogram::from_buckets(a.buckets()).buckets(), both.buckets());
}

TEST(Moments, AgreeWithTheTextbook) {
  Moments moments;
  for (const double value : {2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0}) moments.add(value);
  EXPECT_DOUBLE_EQ(moments.mean, 5);
  EXPECT_NEAR(moments.stddev(), 2.138089935299395, 1e-12);
  EXPECT_EQ(moments.min, 2);
  EXPECT_EQ(moments.max, 9);
}

TEST(Moments, MergedEqualsAddedToOne) {
  Moments a, b, both, empty;
  Random random(5);
  for (int i = 0; i < 1'000; ++i) {
    const double value = 1e9 + random.uniform();
    (i < 300 ? a : b).add(value);
    both.add(value);
  }
  a.merge(empty);
  empty.merge(a);
  empty.merge(b);
  EXPECT_EQ(empty.count, 1'000u);
  EXPECT_NEAR(empty.mean, both.mean, 1e-5);
  EXPECT_NEAR(empty.stddev(), both.stddev(), 1e-5);
}

}  // namespace
}  // namespace steelyard

// SPDX-License-Identifier: Apache-2.0
#include "steelyard/base/random.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace steelyard {
namespace {

TEST(Random,
     IsTheSameOnEveryMachine) {  // xoshiro256** from splitmix64(0), as its authors' C code gives
  Random random(0);
  EXPECT_EQ(random.next(), 0x99ec5f36cb75f2b4u);
  EXPECT_EQ(random.next(), 0xbf6e1f784956452au);
}

TEST(Random, UniformStaysBelowOneAndFillsTheRange) {
  Random random(1);
  double low = 1, high = 0;
  for (int i = 0; i < 100'000; ++i) {
    const double u = random.uniform();
    low = std::min(low, u);
    high = std::max(high, u);
  }
  EXPECT_GE(low, 0);
  EXPECT_LT(low, 0.001);
  EXPECT_GT(high, 0.999);
  EXPECT_LT(high, 1);
}

TEST(Random, BelowIsEven) {
  Random random(2);
  std::vector<int> seen(7);
  for (int i = 0; i < 70'000; ++i) ++seen[random.below(7)];
  for (const int count : seen) EXPECT_NEAR(count, 10'000, 500);
}

TEST(Random, ShuffleKeepsEveryItem) {
  Random random(3);
  std::vector<int> items{1, 2, 3, 4, 5, 6, 7, 8};
  auto shuffled = items;
  random.shuffle(shuffled);
  EXPECT_NE(shuffled, items);
  std::sort(shuffled.begin(), shuffled.end());
  EXPECT_EQ(shuffled, items);
}

}  // namespace
}  // namespace steelyard

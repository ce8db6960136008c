// SPDX-License-Identifier: Apache-2.0
#include "steelyard/base/clock.h"

#include <gtest/gtest.h>

namespace steelyard {
namespace {

TEST(VirtualClock, MovesOnlyWhenToldAndNeverBack) {
  VirtualClock clock(nanoseconds(5));
  EXPECT_EQ(clock.now(), nanoseconds(5));
  clock.advance(nanoseconds(10));
  clock.sleep_until(nanoseconds(7));
  EXPECT_EQ(clock.now(), nanoseconds(15));
  clock.sleep_until(nanoseconds(100));
  EXPECT_EQ(clock.now(), nanoseconds(100));
}

TEST(MonotonicClock, SleepsUntilTheTimeGiven) {
  MonotonicClock clock;
  const nanoseconds until = clock.now() + std::chrono::milliseconds(2);
  clock.sleep_until(until);
  EXPECT_GE(clock.now(), until);
}

TEST(Units, PowerTimesTimeIsEnergy) {
  const Joules energy = Watts{68.33} * std::chrono::microseconds(72);
  EXPECT_DOUBLE_EQ(energy.value, 68.33 * 72e-6);
  EXPECT_DOUBLE_EQ((energy / std::chrono::microseconds(72)).value, 68.33);
}

}  // namespace
}  // namespace steelyard

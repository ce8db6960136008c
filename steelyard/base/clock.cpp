// SPDX-License-Identifier: Apache-2.0
// Sleeping on the monotonic clock.
#include "steelyard/base/clock.h"

#include <cerrno>

namespace steelyard {

void MonotonicClock::sleep_until(nanoseconds until) {
  timespec t;
  t.tv_sec = until.count() / 1'000'000'000LL;
  t.tv_nsec = until.count() % 1'000'000'000LL;
  while (::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, nullptr) == EINTR) {
  }
}

}  // namespace steelyard

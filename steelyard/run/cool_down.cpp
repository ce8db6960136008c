// SPDX-License-Identifier: Apache-2.0
// Looks ten times a second.
#include "steelyard/run/cool_down.h"

#include <algorithm>

namespace steelyard {
namespace {

constexpr double kBand = 5;  // K: less is the sensors' own unrest
constexpr nanoseconds kLook = std::chrono::milliseconds(100);

}  // namespace

nanoseconds cool_down(Instruments& instruments, Clock& clock, double celsius, nanoseconds limit) {
  const nanoseconds begin = clock.now(), end = begin + limit;
  while (clock.now() < end) {
    const auto now = instruments.hottest(clock.now());
    if (!now || *now <= celsius + kBand) break;
    clock.sleep_until(std::min(end, clock.now() + kLook));
  }
  return clock.now() - begin;
}

}  // namespace steelyard

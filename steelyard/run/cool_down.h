// SPDX-License-Identifier: Apache-2.0
// Between blocks: a device that is hotter than at the beginning is another device. One thread.
#pragma once

#include "steelyard/base/clock.h"
#include "steelyard/run/instruments.h"

namespace steelyard {

// Waits until the hottest thermometer shows at most 5 K more than `celsius`, or for `limit`.
// Returns how long that was; nothing where there is no thermometer.
nanoseconds cool_down(Instruments&, Clock&, double celsius, nanoseconds limit);

}  // namespace steelyard

// SPDX-License-Identifier: Apache-2.0
// The highest rate of random arrivals at which the bound of the 99th percentile stays within a
// limit: doubled from well below what the device can do, then bisected. One thread.
#pragma once

#include <functional>

#include "steelyard/record/message.h"
#include "steelyard/run/open_loop.h"

namespace steelyard {

// Each trial lasts as `request` says, and longer where its percentile has no bound yet, up to the
// longest duration. `block` gets the queries of the best trial and its rate, 0 when none held.
// `closed_rate`: queries a second one after the other, to begin somewhere.
void search_peak(OpenLoop&, const PeakRate&, double closed_rate, const BlockRequest& request,
                 Clock&, Block& block, const std::function<void()>& folded);

}  // namespace steelyard

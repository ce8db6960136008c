// SPDX-License-Identifier: Apache-2.0
// What a user may change about a simulated device with --set simulated.KEY=VALUE: for planning
// ("what if it were 5 % slower?") and for proving the statistics on known truths. Plain data.
#pragma once

#include <string>
#include <vector>

#include "steelyard/record/record.h"

namespace steelyard::simulated {

struct Tuning {
  double slowdown = 1;  // slowdown=1.05: every query takes 5 % longer
  double drift = 0;     // drift=0.05: 5 % slower after every virtual minute, linearly
  double spread = 0;    // spread=0.02: each process is slower or faster by up to 2 %, evenly drawn
};

// Throws UsageError that names the key that is unknown or whose value is not a number in range.
Tuning tuning_of(const std::vector<Setting>&);

}  // namespace steelyard::simulated

// SPDX-License-Identifier: Apache-2.0
// Whether a case was measured for long enough to be sure. Pure.
#pragma once

#include "steelyard/record/record.h"

namespace steelyard {

// The measuring blocks of `so_far` disagree at their end, or the intervals of mean and median are
// wider than the effort aims at, and its longest time is not used up.
bool needs_longer(const Measurement& so_far, const Effort&);

}  // namespace steelyard

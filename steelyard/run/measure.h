// SPDX-License-Identifier: Apache-2.0
// One block: open, warm up, measure, close. One thread; between blocks nothing spins or polls.
#pragma once

#include <cstdint>
#include <vector>

#include "steelyard/backend/backend.h"
#include "steelyard/record/message.h"
#include "steelyard/run/feed.h"
#include "steelyard/run/instruments.h"

namespace steelyard {

struct Measured {
  Block block;
  nanoseconds warm_up{0};
  std::uint64_t warm_up_queries = 0;
};

// `outputs` (windows * width numbers) and `seen` (windows) gain what this block answered.
Measured measure_block(CompiledModel&, const Feed&, const Scenario&, const BlockRequest&,
                       Instruments&, std::vector<float>& outputs, std::vector<std::uint8_t>& seen);

// Sensors alone for `duration` of the clock.
Block observe_idle(Clock&, Instruments&, nanoseconds duration);

}  // namespace steelyard

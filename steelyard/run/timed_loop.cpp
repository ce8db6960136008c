// SPDX-License-Identifier: Apache-2.0
// What the timed loop needs before it begins.
#include "steelyard/run/timed_loop.h"

#include <numeric>

namespace steelyard {

StreamTurns::StreamTurns(int depth)
    : next(static_cast<std::size_t>(depth)),
      asked(static_cast<std::size_t>(depth)),
      submitted(static_cast<std::size_t>(depth)),
      idle(static_cast<std::size_t>(depth)) {
  std::iota(next.begin(), next.end(), std::size_t{0});
  std::iota(idle.rbegin(), idle.rend(), std::uint32_t{0});
}

void StreamTurns::begin_at(std::size_t slot, std::size_t slots) {
  const std::size_t depth = next.size();
  for (std::size_t k = 0; k < depth; ++k) {
    next[k] = (slot / depth * depth + k) % slots;
    asked[k] = 0;
  }
}

}  // namespace steelyard

// SPDX-License-Identifier: Apache-2.0
// Randomised complete blocks.
#include "steelyard/run/schedule.h"

#include <numeric>
#include <utility>

#include "steelyard/base/random.h"

namespace steelyard {

std::vector<Turn> make_schedule(std::size_t cases, std::uint32_t workers,
                                std::uint32_t blocks_per_worker, std::uint64_t seed) {
  Random random(seed);
  std::vector<Turn> turns;
  turns.reserve(cases * workers * blocks_per_worker);
  std::vector<std::size_t> order(cases);
  std::iota(order.begin(), order.end(), std::size_t{0});
  for (std::uint32_t block = 0; block < workers * blocks_per_worker; ++block) {
    random.shuffle(order);
    if (cases > 1 && !turns.empty() && order.front() == turns.back().index)
      std::swap(order.front(), order[1 + random.below(cases - 1)]);
    for (const std::size_t index : order)
      turns.push_back({index, block / blocks_per_worker, block});
  }
  return turns;
}

}  // namespace steelyard

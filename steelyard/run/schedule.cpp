// SPDX-License-Identifier: Apache-2.0
// Randomised complete blocks.
#include "steelyard/run/schedule.h"

#include <algorithm>
#include <numeric>
#include <utility>
#include <variant>

#include "steelyard/base/random.h"

namespace steelyard {
namespace {

std::uint64_t divided_up(std::uint64_t a, std::uint64_t b) { return (a + b - 1) / b; }

}  // namespace

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

BlockShare share_of(const Effort& effort, const Scenario& scenario, std::uint64_t windows,
                    std::uint32_t block) {
  const auto batch = static_cast<std::uint64_t>(batch_of(scenario));
  const auto in_flight = static_cast<std::uint64_t>(in_flight_of(scenario));
  const std::uint64_t blocks = std::uint64_t{effort.blocks} * effort.workers;
  // Queries of this block's part of one pass over the windows; several in flight begin together.
  std::uint64_t part = divided_up(divided_up(windows, batch), blocks);
  if (in_flight > 1) part = divided_up(part, in_flight) * in_flight + in_flight;
  return {part * batch * block % std::max<std::uint64_t>(windows, 1),
          std::max(divided_up(effort.min_queries, blocks), part)};
}

}  // namespace steelyard

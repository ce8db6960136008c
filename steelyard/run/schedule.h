// SPDX-License-Identifier: Apache-2.0
// In which order the blocks of a campaign are measured, and what each of them does. Pure; the order
// depends on the seed alone.
#pragma once

#include <cstdint>
#include <vector>

#include "steelyard/record/record.h"

namespace steelyard {

struct Turn {
  std::size_t index = 0;     // into Plan::cases
  std::uint32_t worker = 0;  // which fresh process of the case
  std::uint32_t block = 0;   // of the case, counted over all its workers
};

// Rounds in which every case has one turn, each round in an order of its own, so that a drift of
// the host hits all cases alike; a case never has two turns running when there is another.
std::vector<Turn> make_schedule(std::size_t cases, std::uint32_t workers,
                                std::uint32_t blocks_per_worker, std::uint64_t seed);

// What one of the `blocks` blocks of a case asks for; `block` counts from 0.
struct BlockShare {
  std::uint64_t first_window = 0;
  std::uint64_t min_queries = 0;
};
BlockShare share_of(const Effort&, const Scenario&, std::uint64_t windows, std::uint32_t block);

}  // namespace steelyard

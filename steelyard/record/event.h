// SPDX-License-Identifier: Apache-2.0
// What a campaign tells as it goes, and what it must know to go on after an interruption. Plain
// data.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "steelyard/record/record.h"

namespace steelyard {

// What happens during a campaign, in order. A case's Begin precedes its blocks, its End follows
// them.
struct CaseBegin {
  std::size_t index = 0;  // into Plan::cases
  std::vector<Channel> channels;
  Startup startup;
  Device device;
  Precision obtained = Precision::fp32;
  std::uint32_t output_width = 0;
  std::uint64_t windows = 0;
  std::vector<Reason> remarks = {};  // how the runtime took the model
  std::vector<TimePart> parts = {};
  std::optional<Reported> reported;  // imported cases only
};
struct BlockEnd {
  std::size_t index = 0;
  Block block;                 // with queries and readings
  std::vector<float> outputs;  // all kept so far by this worker
  std::vector<std::uint8_t> seen;
  std::uint64_t memory_bytes = 0;
  std::uint64_t done = 0, total = 0;  // blocks of the campaign, for progress
  nanoseconds remaining{0};           // estimate
};
struct CaseEnd {
  std::size_t index = 0;
  Outcome outcome;
};
using Event = std::variant<CaseBegin, BlockEnd, CaseEnd>;

// Blocks that are already stored, by case id: (worker, block number) pairs are not run again.
struct Resume {
  std::vector<std::pair<std::string, std::uint32_t>>
      finished_blocks;                   // case id, count of measuring blocks stored
  std::set<std::string> finished_cases;  // case ids that have an outcome
  // The figures of those blocks, without queries and readings: how sure a case is by now.
  std::map<std::string, std::vector<Block>> figures;
};

}  // namespace steelyard

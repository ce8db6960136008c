// SPDX-License-Identifier: Apache-2.0
// What a campaign knows of one of its cases while it measures. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "steelyard/record/event.h"
#include "steelyard/record/message.h"
#include "steelyard/run/worker_process.h"

namespace steelyard {

struct CaseState {
  bool ended = false;
  bool begun = false;  // CaseBegin was sent
  std::uint32_t blocks_done = 0;
  std::uint32_t processes = 0;  // started so far; the next one's number
  nanoseconds spent{0};         // on the blocks of this campaign run
  std::uint32_t blocks_timed = 0;

  std::unique_ptr<WorkerProcess> process;
  std::uint32_t planned_worker = 0;  // Turn::worker that `process` serves
  std::uint64_t last_used = 0;
  std::string physical_id;
  PrepareAnswer prepared;

  std::vector<float> outputs;
  std::vector<std::uint8_t> seen;
  Measurement precise;  // blocks without their queries: how sure the figures are by now

  // What was measured before the campaign was interrupted.
  void resume(const Resume&, const std::string& case_id);
  // A case may have had several workers; what one of them answered stays.
  void merge(const FetchAnswer&);
  // For wants_more(): the block's figures.
  void remember(const Block&);
  // Not all planned blocks are there, or they are not alike enough for what the effort aims at.
  bool wants_more(const Effort&) const;
  // Lets the worker go.
  void finish();
};

inline std::uint32_t blocks_per_case(const Effort& effort) {
  return effort.blocks * effort.workers;
}

}  // namespace steelyard

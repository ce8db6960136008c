// SPDX-License-Identifier: Apache-2.0
// run() with its surroundings given: what to start as a worker, and how long to wait for it.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "steelyard/record/event.h"
#include "steelyard/record/record.h"

namespace steelyard {

struct CampaignSetup {
  std::vector<std::string> worker_command;  // program and arguments
  // Beyond what the request itself takes.
  nanoseconds patience = std::chrono::seconds(120);
  nanoseconds prepare_limit = std::chrono::minutes(10);  // TensorRT searches kernels for minutes
  // Prepared workers at a time; beyond it the one used longest ago is prepared again later.
  std::size_t most_workers = 24;
};

// One thread.
void run_campaign(const Plan&, const std::function<void(const Event&)>& sink, const Resume&,
                  const std::atomic<bool>* stop, const CampaignSetup&);

}  // namespace steelyard

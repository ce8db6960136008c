// SPDX-License-Identifier: Apache-2.0
// Measuring. make_plan() checks everything before anything is timed; run() measures the cases of a
// plan in worker processes and reports each block as it ends; serve() is the worker's side. The
// library never prints: callers get Events.
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "steelyard/record/event.h"
#include "steelyard/record/record.h"

namespace steelyard {

struct RunOptions {
  struct NamedModel {
    std::string name;  // empty: from the file
    std::filesystem::path path;
  };
  std::vector<NamedModel> models;
  std::filesystem::path data;
  std::string ticker;
  std::vector<std::string> specs;  // SPECs as typed; `all` = every ready device
  struct NamedSetting {
    std::string backend;
    std::string key;
    std::vector<std::string> values;  // several sweep
  };
  std::vector<NamedSetting> settings;
  std::vector<GivenInput> inputs;  // of models without a recipe: name, shape, file as typed
  std::vector<Scenario> scenarios{SingleStream{}};
  Effort effort;
  std::uint64_t seed = 1;
  std::uint64_t memory_limit = 0;  // bytes a worker may have resident; 0 = no limit
  EnergyPlan energy;
  std::string command;  // as typed, for the manifest
};

// Models loaded, data read, devices resolved, truths computed. Throws UsageError or Error; nothing
// has been timed yet. A device that is not ready becomes a case whose measurement is Skipped with
// the reason.
Plan make_plan(const RunOptions&);

// "quick", "standard", "publishable": at least 2, 60, 600 s a case in 1, 5, 10 workers. Throws
// UsageError that lists the names there are.
Effort effort_named(std::string_view name);

// Measures. Blocks of all cases are interleaved in an order drawn from Plan::seed, one at a time.
// `stop` (set by a signal handler) ends the campaign after the running block; cases not complete
// then have no CaseEnd. Exceptions thrown by `sink` (a full disk) end the campaign. Worker binaries
// are this program itself ("/proc/self/exe worker").
void run(const Plan&, const std::function<void(const Event&)>& sink, const Resume& = {},
         const std::atomic<bool>* stop = nullptr);

// The worker: answers requests on `in` with answers on `out` until Finish or end of file. Returns
// the exit code.
int serve(int in, int out);

// The host and build as they are now; `command` is what the user typed.
Manifest manifest_of_this_host(std::string command);
HostState host_state();
// Times since boot that processors of this host have slowed down for heat; 0 where it is not told.
std::uint64_t throttle_events();

}  // namespace steelyard

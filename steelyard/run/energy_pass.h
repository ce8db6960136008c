// SPDX-License-Identifier: Apache-2.0
// The energy of one case, watched while nothing else runs: cold idle, context idle, one load with
// its own queries, context idle again. One thread; the worker is a process of its own.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <vector>

#include "steelyard/record/event.h"
#include "steelyard/record/message.h"
#include "steelyard/run/campaign.h"

namespace steelyard {

// How long each part takes at least; the load goes on until the instrument has changed often
// enough.
struct PassDurations {
  nanoseconds idle, context, load, rest;
  nanoseconds all() const { return idle + context + load + rest; }
};
PassDurations pass_durations(const Case&, const EnergyPlan&);

// Whether an instrument among these, or an outside one, sees the power of the device.
bool sees_power(const std::vector<Channel>&, const EnergyPlan&);

// Blocks of the phases idle, context, load and rest, in this order; none where nothing sees the
// power. What goes wrong on the way is the reason of a gap in a load block without queries: the
// case was measured all the same.
std::vector<Block> run_energy_pass(const PrepareRequest&, const EnergyPlan&, const CampaignSetup&);

// Three pulses of 3 s on all cores with pauses of 3 s between them and around them, by which a
// meter's file is laid over the run. `core_count` 0: all.
std::vector<Block> run_marks(unsigned core_count = 0, nanoseconds pulse = std::chrono::seconds(3));

// Stands between a campaign and its listener: what is Completed is held back until its energy was
// weighed, which run() does when the campaign and with it all its workers have ended.
class EnergyPasses {
 public:
  EnergyPasses(const Plan&, const std::function<void(const Event&)>& sink, const CampaignSetup&);
  // For the campaign.
  void hear(const Event&);
  // Interrupted by `stop`, cases keep waiting: they have no CaseEnd then.
  void run(const std::atomic<bool>* stop);

 private:
  bool is_wanted(std::size_t index) const;
  void weigh(std::size_t index, std::vector<Block> blocks);
  bool is_real(std::size_t index) const;
  void send(std::size_t index, Block block) const;

  const Plan& plan_;
  const std::function<void(const Event&)>& sink_;
  const CampaignSetup& setup_;
  std::map<std::size_t, std::vector<Channel>> channels_;  // by case, of those that began
  std::map<std::size_t, CaseEnd> waiting_;
  std::uint64_t done_ = 0, total_ = 0;
};

}  // namespace steelyard

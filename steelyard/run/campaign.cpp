// SPDX-License-Identifier: Apache-2.0
// All cases of a plan, one block at a time. A worker that is lost ends its case, not the campaign.
#include "steelyard/run/campaign.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "steelyard/backend/registry.h"
#include "steelyard/base/clock.h"
#include "steelyard/base/hash.h"
#include "steelyard/base/random.h"
#include "steelyard/run/case_state.h"
#include "steelyard/run/energy_pass.h"
#include "steelyard/run/host_lock.h"
#include "steelyard/run/outcome.h"
#include "steelyard/run/run.h"
#include "steelyard/run/schedule.h"

namespace steelyard {
namespace {

// Raw queries kept of a case over all its blocks; all others are in histogram and moments.
constexpr std::uint64_t kKeepQueries = 1'000'000;
bool is_accelerator(const std::string& physical_id) {
  return !physical_id.empty() && !physical_id.starts_with("cpu") && physical_id != "simulated";
}

// The case cannot go on.
struct CaseOver {
  Outcome outcome;
};

template <class A>
A expect(Answer answer) {
  if (const auto* error = std::get_if<ErrorAnswer>(&answer)) throw CaseOver{outcome_of(*error)};
  if (auto* wanted = std::get_if<A>(&answer)) return std::move(*wanted);
  throw CaseOver{outcome_of(ErrorAnswer{"the worker answered something that was not asked", ""})};
}

// A search holds many trials.
nanoseconds limit_of(const Scenario& scenario, const BlockRequest& request) {
  constexpr int kTrials = 40, kWarmUps = 5;
  const int longest = std::holds_alternative<PeakRate>(scenario) ? kTrials : 1;
  const int cooling = request.celsius ? 1 : 0;
  return request.max_duration * (longest + cooling) + request.warm_up * kWarmUps;
}

class Campaign {
 public:
  Campaign(const Plan& plan, const std::function<void(const Event&)>& sink, const Resume& resume,
           const CampaignSetup& setup)
      : plan_(plan), sink_(sink), setup_(setup), states_(plan.cases.size()) {
    turns_ = make_schedule(plan.cases.size(), plan.effort.workers, plan.effort.blocks, plan.seed);
    for (std::size_t i = 0; i < plan.cases.size(); ++i) states_[i].resume(resume, plan.cases[i].id);
  }

  void run(const std::atomic<bool>* stop) {
    check_devices();
    for (turn_ = 0; turn_ < turns_.size() || add_round(); ++turn_) {
      if (stop != nullptr && stop->load()) return;
      const Turn turn = turns_[turn_];
      if (!is_due(turn)) continue;
      try {
        measure(turn);
      } catch (const CaseOver& over) {
        end(turn.index, over.outcome);
      } catch (const WorkerLost& lost) {
        end(turn.index, lost.outcome);
      }
    }
  }

 private:
  std::uint32_t planned_blocks() const { return blocks_per_case(plan_.effort); }
  bool is_due(const Turn& turn) const {
    const CaseState& state = states_[turn.index];
    return !state.ended && turn.block >= state.blocks_done;
  }

  // One more block, in a fresh process, for each case that is not sure enough yet.
  bool add_round() {
    std::vector<std::size_t> open;
    for (std::size_t i = 0; i < states_.size(); ++i)
      if (!states_[i].ended) open.push_back(i);
    Random random(plan_.seed + turns_.size());
    random.shuffle(open);
    for (const std::size_t i : open)
      turns_.push_back({i, plan_.effort.workers + ++rounds_, states_[i].blocks_done});
    return !open.empty();
  }

  // Before anything is timed: what cannot be measured here ends now.
  void check_devices() {
    for (std::size_t i = 0; i < states_.size(); ++i) {
      if (states_[i].ended) continue;
      try {
        states_[i].physical_id =
            Registry::instance().resolve(plan_.cases[i].spec).device.physical_id;
        if (!states_[i].wants_more(plan_.effort)) end(i, Outcome{});
      } catch (const NotReady& e) {
        end(i, outcome_of(e.availability));
      } catch (const Error& e) {
        end(i, outcome_of(ErrorAnswer{e.what(), e.hint()}));
      }
    }
  }

  void end(std::size_t index, const Outcome& outcome) {
    CaseState& state = states_[index];
    state.finish();
    state.ended = true;
    sink_(CaseEnd{index, outcome});
  }

  void measure(const Turn& turn) {
    CaseState& state = states_[turn.index];
    if (state.process && state.planned_worker != turn.worker) state.finish();
    if (!state.process) start(turn);
    state.last_used = ++uses_;
    const nanoseconds begin = MonotonicClock::read();
    const BlockRequest request = block_request(turn);
    expect<BlockAnswer>(state.process->ask(
        request, limit_of(plan_.cases[turn.index].scenario, request) + setup_.patience));
    auto fetched = expect<FetchAnswer>(state.process->ask(FetchRequest{}, setup_.patience));
    state.spent += MonotonicClock::read() - begin;
    ++state.blocks_timed;
    ++state.blocks_done;
    state.prepared.startup = fetched.startup;
    announce(turn);
    state.merge(fetched);
    if (plan_.effort.target_error > 0) state.remember(fetched.block);
    send_block(turn, std::move(fetched.block), fetched.memory_bytes);
    if (!state.wants_more(plan_.effort)) end(turn.index, Outcome{});
  }

  void start(const Turn& turn) {
    CaseState& state = states_[turn.index];
    make_room(state);
    const Case& what = plan_.cases[turn.index];
    state.process = std::make_unique<WorkerProcess>(setup_.worker_command, plan_.memory_limit);
    state.planned_worker = turn.worker;
    ++state.processes;
    const auto hello = expect<HelloAnswer>(state.process->ask(HelloRequest{}, setup_.patience));
    if (hello.protocol != HelloRequest{}.protocol)
      throw CaseOver{outcome_of(
          ErrorAnswer{fmt::format("the worker speaks version {} of the protocol", hello.protocol),
                      "install the same Steelyard on both sides"})};
    // Each fresh process draws its own times; the first draws what the seed alone says.
    const std::uint64_t case_seed =
        (plan_.seed ^ std::stoull(sha256(what.id).substr(0, 16), nullptr, 16)) +
        0x9e3779b97f4a7c15u * (state.processes - 1);
    state.prepared = expect<PrepareAnswer>(state.process->ask(
        PrepareRequest{what, plan_.effort, plan_.data_path, plan_.ticker, case_seed},
        setup_.prepare_limit));
    if (const auto now = state.prepared.celsius) coolness_.try_emplace(state.physical_id, *now);
  }

  // An accelerator has one prepared worker at most, the host a bounded number.
  void make_room(const CaseState& state) {
    CaseState* oldest = nullptr;
    std::size_t alive = 0;
    for (CaseState& other : states_) {
      if (!other.process) continue;
      if (is_accelerator(state.physical_id) && other.physical_id == state.physical_id) {
        other.finish();
        continue;
      }
      ++alive;
      if (oldest == nullptr || other.last_used < oldest->last_used) oldest = &other;
    }
    if (alive >= setup_.most_workers && oldest != nullptr) oldest->finish();
  }

  BlockRequest block_request(const Turn& turn) const {
    const CaseState& state = states_[turn.index];
    const Effort& effort = plan_.effort;
    const auto share =
        share_of(effort, plan_.cases[turn.index].scenario, state.prepared.windows, turn.block);
    const std::uint32_t n = planned_blocks();
    BlockRequest request;
    request.worker = state.processes - 1;
    request.order = static_cast<std::uint32_t>(turn_);
    request.first_window = share.first_window;
    request.min_queries = share.min_queries;
    request.min_duration = effort.min_duration / n;
    request.max_duration = effort.max_duration / n;
    request.warm_up = effort.warm_up;
    request.warm_up_queries = effort.warm_up_queries;
    request.keep_queries = (kKeepQueries + n - 1) / n;
    request.seed = plan_.seed + turn_;
    if (const auto cool = coolness_.find(state.physical_id); cool != coolness_.end())
      request.celsius = cool->second;
    return request;
  }

  void announce(const Turn& turn) {
    CaseState& state = states_[turn.index];
    if (state.begun) return;
    state.begun = true;
    const PrepareAnswer& p = state.prepared;
    sink_(CaseBegin{turn.index, p.channels, p.startup, p.device, p.obtained, p.output_width,
                    p.windows, p.remarks, p.parts});
  }

  void send_block(const Turn& turn, Block block, std::uint64_t memory) {
    const CaseState& state = states_[turn.index];
    BlockEnd event;
    event.index = turn.index;
    event.block = std::move(block);
    event.outputs = state.outputs;
    event.seen = state.seen;
    event.memory_bytes = memory;
    event.total = states_.size() * planned_blocks();
    for (const CaseState& other : states_)
      event.done += other.ended ? planned_blocks() : std::min(other.blocks_done, planned_blocks());
    event.remaining = remaining();
    sink_(event);
  }

  // What each outstanding block took before, or what it is meant to take.
  nanoseconds remaining() const {
    nanoseconds all{0};
    const nanoseconds meant = plan_.effort.min_duration / planned_blocks() + plan_.effort.warm_up;
    for (std::size_t i = 0; i < states_.size(); ++i) {
      const CaseState& state = states_[i];
      if (state.ended) continue;
      const bool simulated = plan_.cases[i].device.provenance == Provenance::simulated;
      const nanoseconds each = state.blocks_timed > 0 ? state.spent / state.blocks_timed
                               : simulated            ? nanoseconds(std::chrono::milliseconds(50))
                                                      : meant;
      all += each * (planned_blocks() - std::min(planned_blocks(), state.blocks_done));
    }
    return all;
  }

  const Plan& plan_;
  const std::function<void(const Event&)>& sink_;
  const CampaignSetup& setup_;
  std::vector<CaseState> states_;
  std::vector<Turn> turns_;
  std::size_t turn_ = 0;
  std::uint32_t rounds_ = 0;  // of added blocks
  std::uint64_t uses_ = 0;
  std::map<std::string, double> coolness_;  // °C of each device at its beginning, by physical id
};

}  // namespace

void run_campaign(const Plan& plan, const std::function<void(const Event&)>& sink,
                  const Resume& resume, const std::atomic<bool>* stop, const CampaignSetup& setup) {
  EnergyPasses energy(plan, sink, setup);
  const std::function<void(const Event&)> heard = [&](const Event& event) { energy.hear(event); };
  Campaign(plan, heard, resume, setup).run(stop);
  energy.run(stop);
}

void run(const Plan& plan, const std::function<void(const Event&)>& sink, const Resume& resume,
         const std::atomic<bool>* stop) {
  const bool real = std::any_of(plan.cases.begin(), plan.cases.end(), [](const Case& what) {
    return what.device.provenance != Provenance::simulated;
  });
  std::optional<HostLock> lock;
  if (real) lock.emplace(host_lock_file());
  CampaignSetup setup;
  setup.worker_command = {"/proc/self/exe", "worker"};
  run_campaign(plan, sink, resume, stop, setup);
}

}  // namespace steelyard

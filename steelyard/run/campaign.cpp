// SPDX-License-Identifier: Apache-2.0
// All cases of a plan, one block at a time. A worker that is lost ends its case, not the campaign.
#include "steelyard/run/campaign.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "steelyard/backend/registry.h"
#include "steelyard/base/clock.h"
#include "steelyard/base/hash.h"
#include "steelyard/base/random.h"
#include "steelyard/run/energy_pass.h"
#include "steelyard/run/host_lock.h"
#include "steelyard/run/outcome.h"
#include "steelyard/run/run.h"
#include "steelyard/run/schedule.h"
#include "steelyard/run/stopping.h"
#include "steelyard/run/worker_process.h"

namespace steelyard {
namespace {

// Raw queries kept of a case over all its blocks; all others are in histogram and moments.
constexpr std::uint64_t kKeepQueries = 1'000'000;
// How long an instrument watches the idle device; on a virtual clock this costs nothing.
constexpr nanoseconds kIdle = std::chrono::seconds(5);

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

// Blocks at most, as times the planned ones.
constexpr std::uint32_t kMostBlocks = 3;

// A search holds many trials.
nanoseconds limit_of(const Scenario& scenario, const BlockRequest& request) {
  constexpr int kTrials = 40, kWarmUps = 5;
  return request.max_duration * (std::holds_alternative<PeakRate>(scenario) ? kTrials : 1) +
         request.warm_up * kWarmUps;
}

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
  std::optional<Block> idle;

  std::vector<float> outputs;
  std::vector<std::uint8_t> seen;
  Measurement precise;  // blocks without their queries: how sure the figures are by now
};

class Campaign {
 public:
  Campaign(const Plan& plan, const std::function<void(const Event&)>& sink, const Resume& resume,
           const CampaignSetup& setup)
      : plan_(plan), sink_(sink), setup_(setup), states_(plan.cases.size()) {
    turns_ = make_schedule(plan.cases.size(), plan.effort.workers, plan.effort.blocks, plan.seed);
    for (std::size_t i = 0; i < plan.cases.size(); ++i) {
      states_[i].ended = resume.finished_cases.contains(plan.cases[i].id);
      for (const auto& [id, count] : resume.finished_blocks)
        if (id == plan.cases[i].id) states_[i].blocks_done = states_[i].processes = count;
    }
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
  std::uint32_t blocks_per_case() const { return plan_.effort.blocks * plan_.effort.workers; }
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

  bool wants_more(const CaseState& state) const {
    return state.blocks_done < blocks_per_case() ||
           (state.blocks_done < kMostBlocks * blocks_per_case() &&
            needs_longer(state.precise, plan_.effort));
  }

  // Before anything is timed: what cannot be measured here ends now.
  void check_devices() {
    for (std::size_t i = 0; i < states_.size(); ++i) {
      if (states_[i].ended) continue;
      try {
        states_[i].physical_id =
            Registry::instance().resolve(plan_.cases[i].spec).device.physical_id;
        if (states_[i].blocks_done >= blocks_per_case()) end(i, Outcome{});
      } catch (const NotReady& e) {
        end(i, outcome_of(e.availability));
      } catch (const Error& e) {
        end(i, outcome_of(ErrorAnswer{e.what(), e.hint()}));
      }
    }
  }

  void end(std::size_t index, const Outcome& outcome) {
    CaseState& state = states_[index];
    finish(state);
    state.ended = true;
    sink_(CaseEnd{index, outcome});
  }

  void finish(CaseState& state) {
    const auto process = std::move(state.process);
    if (!process) return;
    try {
      process->ask(FinishRequest{}, std::chrono::seconds(10));
    } catch (const WorkerLost&) {
      // Everything that it measured is here already; a library that crashes at its end harms
      // nobody.
    }
  }

  void measure(const Turn& turn) {
    CaseState& state = states_[turn.index];
    if (state.process && state.planned_worker != turn.worker) finish(state);
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
    merge(state, fetched);
    if (plan_.effort.target_error > 0) {
      Block figures = fetched.block;
      figures.queries.clear();
      figures.readings.clear();
      state.precise.blocks.push_back(std::move(figures));
    }
    send_block(turn, std::move(fetched.block), fetched.memory_bytes);
    if (!wants_more(state)) end(turn.index, Outcome{});
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
    if (what.device.provenance == Provenance::simulated && !state.begun)
      state.idle =
          expect<ObserveAnswer>(state.process->ask(ObserveRequest{what, kIdle}, setup_.patience))
              .idle;
    // Each fresh process draws its own times; the first draws what the seed alone says.
    const std::uint64_t case_seed =
        (plan_.seed ^ std::stoull(sha256(what.id).substr(0, 16), nullptr, 16)) +
        0x9e3779b97f4a7c15u * (state.processes - 1);
    state.prepared = expect<PrepareAnswer>(state.process->ask(
        PrepareRequest{what, plan_.effort, plan_.data_path, plan_.ticker, case_seed},
        setup_.prepare_limit));
  }

  // An accelerator has one prepared worker at most, the host a bounded number.
  void make_room(const CaseState& state) {
    CaseState* oldest = nullptr;
    std::size_t alive = 0;
    for (CaseState& other : states_) {
      if (!other.process) continue;
      if (is_accelerator(state.physical_id) && other.physical_id == state.physical_id) {
        finish(other);
        continue;
      }
      ++alive;
      if (oldest == nullptr || other.last_used < oldest->last_used) oldest = &other;
    }
    if (alive >= setup_.most_workers && oldest != nullptr) finish(*oldest);
  }

  BlockRequest block_request(const Turn& turn) const {
    const CaseState& state = states_[turn.index];
    const Effort& effort = plan_.effort;
    const auto share =
        share_of(effort, plan_.cases[turn.index].scenario, state.prepared.windows, turn.block);
    const std::uint32_t n = blocks_per_case();
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
    return request;
  }

  void announce(const Turn& turn) {
    CaseState& state = states_[turn.index];
    if (state.begun) return;
    state.begun = true;
    const PrepareAnswer& p = state.prepared;
    sink_(CaseBegin{turn.index, p.channels, p.startup, p.device, p.obtained, p.output_width,
                    p.windows, p.remarks, p.parts});
    if (state.idle && !state.idle->readings.empty()) {
      state.idle->worker = state.processes - 1;
      state.idle->order = static_cast<std::uint32_t>(turn_);
      send_block(turn, std::move(*state.idle), 0);
    }
    state.idle.reset();
  }

  // A case may have had several workers; what one of them answered stays.
  static void merge(CaseState& state, const FetchAnswer& fetched) {
    const std::size_t windows = fetched.seen.size();
    if (windows == 0) return;
    const std::size_t width = fetched.outputs.size() / windows;
    state.outputs.resize(fetched.outputs.size());
    state.seen.resize(windows);
    for (std::size_t i = 0; i < windows; ++i) {
      if (fetched.seen[i] == 0) continue;
      state.seen[i] = 1;
      std::copy_n(fetched.outputs.begin() + static_cast<std::ptrdiff_t>(i * width), width,
                  state.outputs.begin() + static_cast<std::ptrdiff_t>(i * width));
    }
  }

  void send_block(const Turn& turn, Block block, std::uint64_t memory) {
    const CaseState& state = states_[turn.index];
    BlockEnd event;
    event.index = turn.index;
    event.block = std::move(block);
    event.outputs = state.outputs;
    event.seen = state.seen;
    event.memory_bytes = memory;
    event.total = states_.size() * blocks_per_case();
    for (const CaseState& other : states_)
      event.done +=
          other.ended ? blocks_per_case() : std::min(other.blocks_done, blocks_per_case());
    event.remaining = remaining();
    sink_(event);
  }

  // What each outstanding block took before, or what it is meant to take.
  nanoseconds remaining() const {
    nanoseconds all{0};
    const nanoseconds meant = plan_.effort.min_duration / blocks_per_case() + plan_.effort.warm_up;
    for (std::size_t i = 0; i < states_.size(); ++i) {
      const CaseState& state = states_[i];
      if (state.ended) continue;
      const bool simulated = plan_.cases[i].device.provenance == Provenance::simulated;
      const nanoseconds each = state.blocks_timed > 0 ? state.spent / state.blocks_timed
                               : simulated            ? nanoseconds(std::chrono::milliseconds(50))
                                                      : meant;
      all += each * (blocks_per_case() - std::min(blocks_per_case(), state.blocks_done));
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

// SPDX-License-Identifier: Apache-2.0
// The energy pass, from the campaign's side.
#include "steelyard/run/energy_pass.h"

#include <algorithm>
#include <string>
#include <thread>
#include <utility>

#include "steelyard/base/clock.h"
#include "steelyard/base/error.h"
#include "steelyard/run/outcome.h"
#include "steelyard/run/worker_process.h"
#include "steelyard/stats/stats.h"

namespace steelyard {
namespace {

using std::chrono::seconds;

// Updates of the instrument that the load shall see; stats asks for 20.
constexpr int kUpdates = 23;
// No worker of the campaign has this number, so nothing that one of them left is replaced.
constexpr std::uint32_t kEnergyWorker = 1u << 31;
// Queries kept raw: enough to see whether a part-time instrument fell into step with them.
constexpr std::uint64_t kKeepQueries = 100'000;

bool is_simulated(const Case& what) { return what.device.provenance == Provenance::simulated; }

bool is_of_the_device(const Channel& channel) {
  return channel.name == "power" || channel.name == "energy";
}

// What stopped the pass, in the campaign's terms.
struct Stopped {
  Reason reason;
};

template <class A>
A expect(Answer answer) {
  if (const auto* error = std::get_if<ErrorAnswer>(&answer))
    throw Stopped{outcome_of(*error).reason};
  if (auto* wanted = std::get_if<A>(&answer)) return std::move(*wanted);
  throw Stopped{{ReasonCode::error, {}, "the worker answered something that was not asked"}};
}

// Long enough for the slowest instrument that stands for the device.
nanoseconds load_of(const ObserveAnswer& seen, nanoseconds at_least) {
  nanoseconds load = at_least;
  for (std::size_t c = 0; c < seen.channels.size(); ++c) {
    if (!is_of_the_device(seen.channels[c])) continue;
    std::vector<Reading> readings;
    for (const Reading& reading : seen.idle.readings)
      if (reading.channel == c) readings.push_back(reading);
    load = std::max(load, kUpdates * update_period(seen.channels[c], readings));
  }
  return load;
}

class Pass {
 public:
  Pass(const PrepareRequest& request, const EnergyPlan& plan, const CampaignSetup& setup)
      : request_(request),
        plan_(plan),
        setup_(setup),
        durations_(pass_durations(request.what, plan)),
        worker_(setup.worker_command) {}

  void run(std::vector<Block>& blocks) {
    expect<HelloAnswer>(worker_.ask(HelloRequest{}, setup_.patience));
    ObserveAnswer cold = observe(durations_.idle);
    if (!sees_power(cold.channels, plan_)) return;
    add(blocks, std::move(cold.idle), Phase::idle);
    expect<PrepareAnswer>(worker_.ask(request_, setup_.prepare_limit));
    ObserveAnswer waiting = observe(durations_.context);
    const nanoseconds load = load_of(waiting, durations_.load);
    add(blocks, std::move(waiting.idle), Phase::context);
    BlockRequest work;
    work.min_duration = load;
    // A query may take longer than the whole load; the next one is not begun.
    work.max_duration = load;
    work.min_queries = 1;
    work.keep_queries = kKeepQueries;
    work.seed = request_.seed;
    expect<BlockAnswer>(worker_.ask(work, load + setup_.patience));
    add(blocks, expect<FetchAnswer>(worker_.ask(FetchRequest{}, setup_.patience)).block,
        Phase::load);
    add(blocks, observe(durations_.rest).idle, Phase::rest);
    worker_.ask(FinishRequest{}, seconds(10));
  }

 private:
  ObserveAnswer observe(nanoseconds duration) {
    return expect<ObserveAnswer>(
        worker_.ask(ObserveRequest{request_.what, duration}, duration + setup_.patience));
  }
  static void add(std::vector<Block>& blocks, Block block, Phase phase) {
    block.phase = phase;
    blocks.push_back(std::move(block));
  }

  const PrepareRequest& request_;
  const EnergyPlan& plan_;
  const CampaignSetup& setup_;
  const PassDurations durations_;
  WorkerProcess worker_;
};

void note_failure(std::vector<Block>& blocks, Reason reason) {
  const bool loaded = std::any_of(blocks.begin(), blocks.end(),
                                  [](const Block& block) { return block.phase == Phase::load; });
  if (loaded) return;  // it failed while resting or leaving: the figures are there
  Block failed;
  failed.phase = Phase::load;
  failed.gaps.push_back({0, nanoseconds(0), nanoseconds(0), std::move(reason)});
  blocks.push_back(std::move(failed));
}

void spin(nanoseconds until) {
  while (MonotonicClock::read() < until) {
  }
}

}  // namespace

PassDurations pass_durations(const Case& what, const EnergyPlan& plan) {
  // Virtual time costs nothing; a meter at the wall may show one value a second.
  if (is_simulated(what)) return {seconds(10), seconds(10), seconds(10), seconds(10)};
  if (plan.meter || plan.marks) return {seconds(15), seconds(12), seconds(30), seconds(12)};
  return {seconds(5), seconds(4), seconds(10), seconds(4)};
}

bool sees_power(const std::vector<Channel>& channels, const EnergyPlan& plan) {
  return plan.meter || plan.marks ||
         std::any_of(channels.begin(), channels.end(), is_of_the_device);
}

std::vector<Block> run_energy_pass(const PrepareRequest& request, const EnergyPlan& plan,
                                   const CampaignSetup& setup) {
  std::vector<Block> blocks;
  try {
    Pass(request, plan, setup).run(blocks);
  } catch (const Stopped& stopped) {
    note_failure(blocks, stopped.reason);
  } catch (const WorkerLost& lost) {
    note_failure(blocks, lost.outcome.reason);
  }
  return blocks;
}

std::vector<Block> run_marks(unsigned core_count, nanoseconds pulse) {
  constexpr int kPulses = 3;
  if (core_count == 0) core_count = std::max(1u, std::thread::hardware_concurrency());
  MonotonicClock clock;
  std::vector<Block> marks;
  clock.sleep_until(clock.now() + pulse);
  for (int i = 0; i < kPulses; ++i) {
    Block mark;
    mark.phase = Phase::mark;
    mark.begin = clock.now();
    mark.end = mark.begin + pulse;
    std::vector<std::thread> threads;
    for (unsigned k = 1; k < core_count; ++k) threads.emplace_back(spin, mark.end);
    spin(mark.end);
    for (std::thread& thread : threads) thread.join();
    marks.push_back(std::move(mark));
    clock.sleep_until(clock.now() + pulse);
  }
  return marks;
}

EnergyPasses::EnergyPasses(const Plan& plan, const std::function<void(const Event&)>& sink,
                           const CampaignSetup& setup)
    : plan_(plan), sink_(sink), setup_(setup) {}

bool EnergyPasses::is_real(std::size_t index) const { return !is_simulated(plan_.cases[index]); }

// A case that was measured before it was interrupted has told nothing of its instruments here: the
// pass itself finds out.
bool EnergyPasses::is_wanted(std::size_t index) const {
  if (plan_.cases[index].spec.backend == "null") return false;
  const auto known = channels_.find(index);
  return known == channels_.end() || is_simulated(plan_.cases[index]) ||
         sees_power(known->second, plan_.energy);
}

void EnergyPasses::hear(const Event& event) {
  if (const auto* begin = std::get_if<CaseBegin>(&event)) {
    channels_[begin->index] = begin->channels;
  } else if (const auto* block = std::get_if<BlockEnd>(&event)) {
    done_ = block->done;
    total_ = block->total;
  } else {
    const auto& end = std::get<CaseEnd>(event);
    if (end.outcome.kind == Outcome::Completed && is_wanted(end.index)) {
      waiting_[end.index] = end;
      return;
    }
  }
  sink_(event);
}

void EnergyPasses::send(std::size_t index, Block block) const {
  block.worker = kEnergyWorker;
  block.order = static_cast<std::uint32_t>(total_);
  BlockEnd event;
  event.index = index;
  event.block = std::move(block);
  event.done = done_;
  event.total = total_;
  for (const auto& [other, end] : waiting_)
    if (other > index && is_real(other))
      event.remaining += pass_durations(plan_.cases[other], plan_.energy).all();
  sink_(event);
}

void EnergyPasses::weigh(std::size_t index, std::vector<Block> marks) {
  const Case& what = plan_.cases[index];
  for (Block& mark : marks) send(index, std::move(mark));
  const PrepareRequest request{what, plan_.effort, plan_.data_path, plan_.ticker,
                               plan_.seed + std::hash<std::string>()(what.id)};
  for (Block& block : run_energy_pass(request, plan_.energy, setup_)) send(index, std::move(block));
}

void EnergyPasses::run(const std::atomic<bool>* stop) {
  std::vector<std::size_t> order;
  bool real = false;
  for (const auto& [index, end] : waiting_) {
    order.push_back(index);
    real = real || is_real(index);
  }
  const bool marks = real && plan_.energy.marks;
  for (std::size_t k = 0; k < order.size(); ++k) {
    if (stop != nullptr && stop->load()) return;
    weigh(order[k], marks && k == 0 ? run_marks() : std::vector<Block>{});
    if (marks && k + 1 == order.size())
      for (Block& mark : run_marks()) send(order[k], std::move(mark));
    sink_(waiting_.at(order[k]));
  }
}

}  // namespace steelyard

// SPDX-License-Identifier: Apache-2.0
// The block around the timed loops.
#include "steelyard/run/measure.h"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <utility>

#include "steelyard/run/open_loop.h"
#include "steelyard/run/peak_rate.h"
#include "steelyard/run/run.h"
#include "steelyard/run/steps.h"
#include "steelyard/run/tally.h"
#include "steelyard/run/timed_loop.h"

namespace steelyard {
namespace {

// Stamps between two folds: 384 KiB, so that a fold finds them in the second-level cache.
constexpr std::size_t kChunk = 1 << 14;
// The warm-up has settled when its last three parts are this much alike, or after some times as
// long as it was asked to last.
constexpr double kSettled = 1.10;
constexpr int kLongestWarmUp = 5;
constexpr std::uint64_t kParts = 4;

// A session or a stream behind one call: closed loops.
class Asker {
 public:
  Asker(CompiledModel& model, const Feed& feed, int batch, int in_flight)
      : session_(in_flight == 1 ? model.open(batch) : nullptr),
        stream_(in_flight == 1 ? nullptr : model.stream(in_flight, batch)),
        ring_(feed, session_ ? session_->signature() : stream_->signature(), batch, in_flight),
        turns_(in_flight),
        width_(output_width(session_ ? session_->signature() : stream_->signature(), batch)) {}

  void begin_at(std::uint64_t window) {
    slot_ = first_ = ring_.slot_of(window);
    asked_ = 0;
    turns_.begin_at(slot_, ring_.ring().slots);
  }

  template <class Read>
  std::size_t ask(std::span<Stamp> stamps, std::uint64_t count, const Enough& enough, Read read) {
    const std::size_t n =
        session_ ? time_queries(*session_, ring_.ring(), slot_, stamps, count, enough, read)
                 : time_stream(*stream_, ring_.ring(), turns_, stamps, count, enough, read);
    asked_ += n;
    return n;
  }

  // What was answered since begin_at().
  void collect(std::vector<float>& outputs, std::vector<std::uint8_t>& seen) const {
    if (width_ == 0) return;
    const std::size_t slots = ring_.ring().slots;
    if (session_)
      return collect_lane(first_, 1, std::min<std::uint64_t>(asked_, slots), outputs, seen);
    const std::size_t depth = turns_.asked.size();
    for (std::size_t k = 0; k < depth; ++k)
      collect_lane((first_ / depth * depth + k) % slots, depth,
                   std::min<std::uint64_t>(turns_.asked[k], slots / depth), outputs, seen);
  }

 private:
  void collect_lane(std::size_t first, std::size_t step, std::size_t visited,
                    std::vector<float>& outputs, std::vector<std::uint8_t>& seen) const {
    for (std::size_t i = 0; i < visited; ++i)
      ring_.collect((first + i * step) % ring_.ring().slots, outputs, seen);
  }

  std::unique_ptr<Session> session_;
  std::unique_ptr<Stream> stream_;
  FeedRing ring_;
  StreamTurns turns_;
  std::uint32_t width_;
  std::size_t slot_ = 0, first_ = 0;
  std::uint64_t asked_ = 0;
};

// What every kind of block has in common.
struct Stage {
  CompiledModel& model;
  const Feed& feed;
  const BlockRequest& request;
  Instruments& instruments;
  std::vector<float>& outputs;
  std::vector<std::uint8_t>& seen;
  std::vector<Stamp> stamps = std::vector<Stamp>(kChunk);
  Measured measured{};

  Clock& clock() const { return model.clock(); }
  bool real() const { return !clock().is_virtual(); }

  // `ask(stamps, count, enough)` answers some queries. Goes on until the queries take as long at
  // the end as before; what a load does to the device afterwards, the blocks themselves tell.
  template <class Ask>
  void warm_up(Ask ask) {
    const nanoseconds begin = clock().now();
    const nanoseconds latest = begin + std::max(request.max_duration, request.warm_up);
    std::uint64_t& count = measured.warm_up_queries;
    std::array<double, 3> means{};
    for (std::uint64_t part = 1; clock().now() < latest; ++part) {
      const nanoseconds from = clock().now();
      const std::uint64_t before = count;
      const Enough enough{(request.warm_up_queries * part + kParts - 1) / kParts,
                          begin + request.warm_up * part / kParts, latest};
      if (request.warm_up_queries == 0 && request.warm_up <= nanoseconds(0)) break;
      while (count == 0 || !enough.reached(count, clock().now()))
        count += ask(std::span<Stamp>(stamps), count, enough);
      if (count > before)
        means[part % means.size()] =
            seconds_of(clock().now() - from) / static_cast<double>(count - before);
      if (part < kParts) continue;
      const auto [least, most] = std::minmax_element(means.begin(), means.end());
      if (*most <= kSettled * *least || part >= kLongestWarmUp * kParts) break;
      if (clock().now() - begin >= request.warm_up * kLongestWarmUp) break;
    }
    measured.warm_up = clock().now() - begin;
  }

  void read_simulated() {
    if (!real()) instruments.read(clock().now(), measured.block.readings);
  }

  // `body` fills the block while sensors and the machine are watched.
  template <class Body>
  void watched(Body body) {
    Block& block = measured.block;
    if (!real()) {  // what a simulated instrument saw during the warm-up is not this block's
      instruments.read(clock().now(), block.readings);
      block.readings.clear();
    }
    std::optional<Watch> watch;
    if (real()) watch.emplace(instruments, clock());
    const std::uint64_t throttles = real() ? throttle_events() : 0;
    const nanoseconds cpu = process_cpu_time(), others = other_cpu_time();
    const nanoseconds begin = block.begin = block.end = clock().now();
    body(block);
    if (!real()) return read_simulated();
    const nanoseconds took = clock().now() - begin;
    if (block.cpu_time == nanoseconds(0)) block.cpu_time = process_cpu_time() - cpu;
    const nanoseconds load_of_others = other_cpu_time() - others;
    if (took > nanoseconds(0))
      block.other_load = std::max(0.0, seconds_of(load_of_others) / seconds_of(took));
    block.readings = watch->finish();
    block.throttled = throttle_events() - throttles;
    block.host = host_state();
  }

  Enough enough(const Block& block) const {
    return {request.min_queries, block.begin + request.min_duration,
            block.begin + request.max_duration};
  }

  // Asks until it was enough. The clock is read without a virtual call where it is the machine's.
  template <class Ask>
  void closed_loop(Block& block, Tally& tally, const Enough& until, Ask ask) {
    std::uint64_t count = 0;
    do {
      const std::size_t n = ask(std::span<Stamp>(stamps), count, until);
      const auto chunk = std::span<const Stamp>(stamps).first(n);
      count += n;
      for (const Stamp& stamp : chunk) block.end = std::max(block.end, stamp.finished);
      tally.add(chunk);
      read_simulated();
    } while (!until.reached(count, block.end));
  }
};

void closed_block(Stage& stage, int batch, int in_flight) {
  Asker asker(stage.model, stage.feed, batch, in_flight);
  const auto ask = [&](std::span<Stamp> stamps, std::uint64_t count, const Enough& enough) {
    if (stage.real()) return asker.ask(stamps, count, enough, ReadMonotonic{});
    return asker.ask(stamps, count, enough, ReadClock{stage.clock()});
  };
  asker.begin_at(stage.request.first_window);
  stage.warm_up(ask);
  asker.begin_at(stage.request.first_window);
  Tally tally(stage.request.keep_queries);
  stage.watched([&](Block& block) { stage.closed_loop(block, tally, stage.enough(block), ask); });
  tally.move_into(stage.measured.block);
  stage.measured.block.items = stage.measured.block.count * static_cast<std::uint64_t>(batch);
  asker.collect(stage.outputs, stage.seen);
}

void streaming_block(Stage& stage) {
  StepLoop steps(stage.model, stage.feed);
  Moments prepare;
  const auto ask = [&](std::span<Stamp> stamps, std::uint64_t count, const Enough& enough) {
    return steps.ask(stamps, count, enough, prepare);
  };
  steps.begin_at(stage.request.first_window);
  stage.warm_up(ask);
  prepare = {};
  steps.begin_at(stage.request.first_window);
  Tally tally(stage.request.keep_queries);
  stage.watched([&](Block& block) {
    Enough enough = stage.enough(block);  // a pass over the windows is one over all their rows
    enough.queries *= static_cast<std::uint64_t>(steps.steps_a_window());
    stage.closed_loop(block, tally, enough, ask);
  });
  tally.move_into(stage.measured.block);
  stage.measured.block.items = stage.measured.block.count;
  stage.measured.block.prepare = prepare;
  steps.collect(stage.outputs, stage.seen);
}

void open_block(Stage& stage, const Scenario& scenario) {
  OpenLoop loop(stage.model, stage.feed, in_flight_of(scenario));
  loop.begin_at(stage.request.first_window);
  double closed_rate = 0;
  stage.warm_up([&](std::span<Stamp> stamps, std::uint64_t count, const Enough& enough) {
    const std::size_t n = loop.closed(stamps, count, enough);
    const nanoseconds took = stamps[n - 1].finished - stamps[0].started;
    if (took > nanoseconds(0)) closed_rate = static_cast<double>(n) / seconds_of(took);
    return n;
  });
  loop.begin_at(stage.request.first_window);
  stage.watched([&](Block& block) {
    if (const auto* peak = std::get_if<PeakRate>(&scenario))
      return search_peak(loop, *peak, closed_rate, stage.request, stage.clock(), block,
                         [&] { stage.read_simulated(); });
    Tally tally(stage.request.keep_queries);
    const OpenBlock what{rate_of(scenario), std::holds_alternative<Server>(scenario),
                         stage.request.seed, stage.request.keep_queries, stage.enough(block)};
    loop.run(what, tally, block, [&] { stage.read_simulated(); });
    tally.move_into(block);
    block.end = stage.clock().now();
    block.rate_per_second = rate_of(scenario);
  });
  stage.measured.block.items = stage.measured.block.count;
  loop.collect(stage.outputs, stage.seen);
}

}  // namespace

Measured measure_block(CompiledModel& model, const Feed& feed, const Scenario& scenario,
                       const BlockRequest& request, Instruments& instruments,
                       std::vector<float>& outputs, std::vector<std::uint8_t>& seen) {
  Stage stage{model, feed, request, instruments, outputs, seen};
  if (std::holds_alternative<Streaming>(scenario))
    streaming_block(stage);
  else if (std::holds_alternative<SingleStream>(scenario) ||
           std::holds_alternative<Offline>(scenario))
    closed_block(stage, batch_of(scenario), in_flight_of(scenario));
  else
    open_block(stage, scenario);
  Block& block = stage.measured.block;
  block.worker = request.worker;
  block.order = request.order;
  block.phase = Phase::measure;
  block.first_window = request.first_window;
  block.gaps = instruments.take_gaps();
  return std::move(stage.measured);
}

Block observe_idle(Clock& clock, Instruments& instruments, nanoseconds duration) {
  Block block;
  block.phase = Phase::idle;
  block.begin = clock.now();
  if (clock.is_virtual()) {
    clock.sleep_until(block.begin + duration);
    instruments.read(clock.now(), block.readings);
  } else {
    Watch watch(instruments, clock);
    clock.sleep_until(block.begin + duration);
    block.readings = watch.finish();
  }
  block.end = clock.now();
  block.gaps = instruments.take_gaps();
  return block;
}

}  // namespace steelyard

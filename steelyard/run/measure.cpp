// SPDX-License-Identifier: Apache-2.0
// The block around the timed loop.
#include "steelyard/run/measure.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "steelyard/run/tally.h"
#include "steelyard/run/timed_loop.h"

namespace steelyard {
namespace {

// Stamps between two folds: 256 KiB, so that a fold finds them in the second-level cache.
constexpr std::size_t kChunk = 1 << 14;

struct Load {
  int batch = 1;
  int in_flight = 1;
};
Load load_of(const Scenario& scenario) {
  if (const auto* offline = std::get_if<Offline>(&scenario))
    return {offline->batch, offline->in_flight};
  return {};
}

// A session or a stream behind one call.
class Asker {
 public:
  Asker(CompiledModel& model, const Feed& feed, const Load& load)
      : session_(load.in_flight == 1 ? model.open(load.batch) : nullptr),
        stream_(load.in_flight == 1 ? nullptr : model.stream(load.in_flight, load.batch)),
        ring_(feed, session_ ? session_->signature() : stream_->signature(), load.batch,
              load.in_flight),
        turns_(load.in_flight),
        width_(output_width(session_ ? session_->signature() : stream_->signature(), load.batch)) {}

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

// The clock once more for the loop: the machine's own is read without a virtual call.
template <class Body>
auto with_clock(const Clock& clock, Body body) {
  if (clock.is_virtual()) return body(ReadClock{clock});
  return body(ReadMonotonic{});
}

void warm_up(Asker& asker, const Clock& clock, const BlockRequest& request, std::span<Stamp> stamps,
             Measured& measured) {
  const nanoseconds begin = clock.now();
  const Enough enough{request.warm_up_queries, begin + request.warm_up,
                      begin + std::max(request.max_duration, request.warm_up)};
  const auto more = [&] {
    return measured.warm_up_queries == 0 || !enough.reached(measured.warm_up_queries, clock.now());
  };
  while ((request.warm_up_queries > 0 || request.warm_up > nanoseconds(0)) && more())
    measured.warm_up_queries += with_clock(clock, [&](auto read) {
      return asker.ask(stamps, measured.warm_up_queries, enough, read);
    });
  measured.warm_up = clock.now() - begin;
}

}  // namespace

Measured measure_block(CompiledModel& model, const Feed& feed, const Scenario& scenario,
                       const BlockRequest& request, Instruments& instruments,
                       std::vector<float>& outputs, std::vector<std::uint8_t>& seen) {
  const Load load = load_of(scenario);
  Clock& clock = model.clock();
  const bool real = !clock.is_virtual();
  Asker asker(model, feed, load);
  std::vector<Stamp> stamps(kChunk);
  Tally tally(request.keep_queries);
  Measured measured;
  asker.begin_at(request.first_window);
  warm_up(asker, clock, request, stamps, measured);
  asker.begin_at(request.first_window);

  Block& block = measured.block;
  if (!real) {  // what a simulated instrument saw during the warm-up is not this block's
    instruments.read(clock.now(), block.readings);
    block.readings.clear();
  }
  std::optional<Watch> watch;
  if (real) watch.emplace(instruments, clock);
  const nanoseconds cpu = process_cpu_time(), others = other_cpu_time();
  block.begin = clock.now();
  const Enough enough{request.min_queries, block.begin + request.min_duration,
                      block.begin + request.max_duration};
  std::uint64_t count = 0;
  do {
    const std::size_t n =
        with_clock(clock, [&](auto read) { return asker.ask(stamps, count, enough, read); });
    const auto chunk = std::span<const Stamp>(stamps).first(n);
    count += n;
    for (const Stamp& stamp : chunk) block.end = std::max(block.end, stamp.finished);
    tally.add(chunk);
    if (!real) instruments.read(clock.now(), block.readings);
  } while (!enough.reached(count, block.end));
  if (real) {
    const nanoseconds took = clock.now() - block.begin;
    block.cpu_time = process_cpu_time() - cpu;
    const nanoseconds load_of_others = other_cpu_time() - others;
    if (took > nanoseconds(0))
      block.other_load = std::max(0.0, seconds_of(load_of_others) / seconds_of(took));
    block.readings = watch->finish();
  }
  block.gaps = instruments.take_gaps();
  tally.move_into(block);
  block.items = block.count * static_cast<std::uint64_t>(load.batch);
  block.worker = request.worker;
  block.order = request.order;
  block.phase = Phase::measure;
  block.first_window = request.first_window;
  asker.collect(outputs, seen);
  return measured;
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

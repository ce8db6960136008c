// SPDX-License-Identifier: Apache-2.0
// The only place where queries are timed. Between two clock reads there is one infer(); the loop
// itself does not allocate, lock or log. One thread.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "steelyard/backend/backend.h"
#include "steelyard/base/clock.h"

namespace steelyard {

// Where queries find their inputs and leave their outputs: slots one after the other, used in turn.
struct Ring {
  const std::byte* inputs = nullptr;
  std::byte* outputs = nullptr;
  std::size_t input_bytes = 0, output_bytes = 0;    // of one query
  std::size_t input_stride = 0, output_stride = 0;  // from slot to slot
  std::size_t slots = 0;
  std::span<const std::byte> input(std::size_t slot) const {
    return {inputs + slot * input_stride, input_bytes};
  }
  std::span<std::byte> output(std::size_t slot) const {
    return {outputs + slot * output_stride, output_bytes};
  }
};

struct Stamp {
  nanoseconds due{0}, started{0}, finished{0};  // latency is from `due`; in closed loops == started
};

// When a block has been long enough: count and time, or the longest time alone. Times are points
// on the clock of the loop.
struct Enough {
  std::uint64_t queries = 0;
  nanoseconds earliest{0};
  nanoseconds latest{0};
  bool reached(std::uint64_t count, nanoseconds now) const {
    return now >= latest || (now >= earliest && count >= queries);
  }
};

// Reads the clock without a virtual call where the clock is the machine's own.
struct ReadMonotonic {
  nanoseconds operator()() const { return MonotonicClock::read(); }
};
struct ReadClock {
  const Clock& clock;
  nanoseconds operator()() const { return clock.now(); }
};

// Answers queries from `slot` on until `stamps` is full or it was enough; `count` queries came
// before. Returns how many, and leaves in `slot` the next one.
template <class Read>
std::size_t time_queries(Session& session, const Ring& ring, std::size_t& slot,
                         std::span<Stamp> stamps, std::uint64_t count, const Enough& enough,
                         Read read) {
  std::size_t i = 0;
  std::size_t s = slot;
  while (i < stamps.size()) {
    const auto in = ring.input(s);
    const auto out = ring.output(s);
    const nanoseconds started = read();
    session.infer(in, out);
    const nanoseconds finished = read();
    stamps[i++] = {started, started, finished};
    if (++s == ring.slots) s = 0;
    if (enough.reached(count + i, finished)) break;
  }
  slot = s;
  return i;
}

// Which ring slot each slot of a Stream uses next: k, k + depth, k + 2 depth, ..., so that no two
// queries in flight share an output. Ring::slots must be a multiple of the depth.
struct StreamTurns {
  std::vector<std::size_t> next;       // ring slot, by stream slot
  std::vector<std::uint64_t> asked;    // queries since begin_at(), by stream slot
  std::vector<nanoseconds> submitted;  // by stream slot
  std::vector<std::uint32_t> idle;     // those not in flight; has room for all
  explicit StreamTurns(int depth);
  // The next queries are those at and behind `slot`; nothing may be in flight.
  void begin_at(std::size_t slot, std::size_t slots);
};

// The same with as many queries in flight as the stream takes; none is in flight on return.
template <class Read>
std::size_t time_stream(Stream& stream, const Ring& ring, StreamTurns& turns,
                        std::span<Stamp> stamps, std::uint64_t count, const Enough& enough,
                        Read read) {
  const std::size_t depth = turns.next.size();
  std::size_t i = 0, submitted = 0;
  bool stop = false;
  while (true) {
    while (!turns.idle.empty() && submitted < stamps.size() && !stop) {
      const std::uint32_t k = turns.idle.back();
      turns.idle.pop_back();
      turns.submitted[k] = read();
      stream.submit(k, ring.input(turns.next[k]), ring.output(turns.next[k]));
      turns.next[k] += depth;
      if (turns.next[k] >= ring.slots) turns.next[k] = k;
      ++turns.asked[k];
      ++submitted;
    }
    if (i == submitted) break;
    const Completion done = stream.wait();
    stamps[i++] = {turns.submitted[done.slot], turns.submitted[done.slot], done.finished};
    turns.idle.push_back(done.slot);
    stop = stop || enough.reached(count + i, done.finished);
  }
  return i;
}

}  // namespace steelyard

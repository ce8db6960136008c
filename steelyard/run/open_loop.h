// SPDX-License-Identifier: Apache-2.0
// Queries that come when they come, whether or not the last was answered. Latency counts from the
// time at which a query was due, so a stall is charged to every query that it delayed. On a real
// clock each place on the device is a thread with its own Session; on a virtual clock everything is
// one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "steelyard/backend/backend.h"
#include "steelyard/base/random.h"
#include "steelyard/run/feed.h"
#include "steelyard/run/tally.h"
#include "steelyard/run/timed_loop.h"

namespace steelyard {

// When queries are due: at equal distances, or at random ones (Poisson). The same on every machine
// for a seed.
class Arrivals {
 public:
  Arrivals(double rate_per_second, bool poisson, std::uint64_t seed, nanoseconds begin);
  nanoseconds next();

 private:
  double gap_ns_;
  bool poisson_;
  Random random_;
  nanoseconds begin_;
  double since_begin_ns_ = 0;
};

// An exponential number with mean 1, by comparisons alone (von Neumann 1951).
double exponential(Random&);

struct OpenBlock {
  double rate_per_second = 0;
  bool poisson = true;
  std::uint64_t seed = 0;
  std::uint64_t keep_queries = 0;
  Enough enough;
};

// The sessions of an open loop and their windows, kept from trial to trial.
class OpenLoop {
 public:
  // Throws what opening a Session throws.
  OpenLoop(CompiledModel&, const Feed&, int in_flight);
  ~OpenLoop();
  void begin_at(std::uint64_t window);
  // One query after the other for the time of `enough`: to reach a steady state before a block.
  std::size_t closed(std::span<Stamp>, std::uint64_t count, const Enough&);
  // Answers what is due until it was enough, and adds it to `tally` and to `block`'s send_delay and
  // late. `folded` is called now and then on a virtual clock.
  void run(const OpenBlock&, Tally& tally, Block& block, const std::function<void()>& folded);
  void collect(std::vector<float>& outputs, std::vector<std::uint8_t>& seen) const;

 private:
  class Tickets;
  struct Lane;
  void serve(Lane&, Tickets&, Clock&, const std::function<void()>& folded);
  void serve_stream(Tickets&, Tally&, Block&, const std::function<void()>& folded);

  CompiledModel& model_;
  std::vector<std::unique_ptr<Session>> sessions_;
  std::unique_ptr<Stream> stream_;  // instead, on a virtual clock with several places
  std::unique_ptr<FeedRing> ring_;
  std::vector<std::size_t> next_;     // ring slot, by place
  std::vector<std::uint64_t> asked_;  // queries since begin_at(), by place
  std::uint32_t width_ = 0;
  std::size_t first_ = 0;
};

}  // namespace steelyard

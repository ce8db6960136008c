// SPDX-License-Identifier: Apache-2.0
// Latencies of a block in bounded memory: all of them in moments and histogram, the first ones raw.
// One thread.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "steelyard/record/record.h"
#include "steelyard/run/timed_loop.h"

namespace steelyard {

class Tally {
 public:
  // Keeps at most `keep` raw queries.
  explicit Tally(std::uint64_t keep);
  void add(std::span<const Stamp> stamps);
  // Takes in what another thread has counted; the kept queries stay in order of their due times.
  void merge(Tally&& other);
  // Hands everything over to `block`: count, latency, histogram, queries.
  void move_into(Block& block);

 private:
  std::uint64_t keep_;
  Moments moments_;
  // Counts of latencies below its size in ns, where a bucket is one value: a fast device answers in
  // less than a call of Histogram::add() takes.
  std::array<std::uint64_t, 1024> short_{};
  Histogram histogram_;
  std::vector<Query> queries_;
};

}  // namespace steelyard

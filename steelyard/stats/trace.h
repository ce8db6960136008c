// SPDX-License-Identifier: Apache-2.0
// One instrument's readings over the blocks of an energy pass: when it really changed, what it
// showed while the device waited, and the joules between two points in time. Pure, thread-safe.
// Private to `stats`.
#pragma once

#include <optional>
#include <vector>

#include "steelyard/record/record.h"

namespace steelyard::stats {

// What an integral is, and by how much the ends and the pauses of the instrument may have changed
// it.
struct Energy {
  double joules = 0, error = 0;
};

// Power while nothing changed, from the later part of a block.
struct SteadyPower {
  double watts = 0;
  double earlier = 0, later = 0;  // of its two halves
  double error = 0;               // standard error of the difference of the halves
};

class Trace {
 public:
  // Both must outlive it.
  Trace(const Channel&, std::size_t index, const std::vector<Block>&);

  const Channel& channel() const { return channel_; }
  std::size_t index() const { return index_; }
  bool is_counter() const { return channel_.unit == "J"; }
  // How often it really changes.
  nanoseconds period() const { return period_; }

  // New values that it gave within the block.
  double updates(const Block&) const;
  // It was silent for a part of the block that could hide an error.
  bool has_hole(const Block&) const;
  // Empty where it gave too little.
  std::optional<SteadyPower> steady(const Block&) const;
  // Within the block. `before`: the steady power that a reading just after its beginning still
  // averages; empty: that reading stands for itself.
  Energy energy(const Block&, std::optional<double> before) const;
  // Joules that it showed in `rest`, behind `load`, above what it settled at.
  double excess_after(const Block& load, const Block& rest) const;
  // An instrument that looks part of the time: by how large a share the queries, their halves or
  // the pauses between them can be seen too much or too little. 0 for one that looks all the time.
  double bias_of_phase(const Block& load) const;

 private:
  struct Step {
    nanoseconds time;
    double value;
    bool changed;
  };
  std::vector<Step> steps(const Block&, bool changed_only) const;
  // Times at which nothing but the instrument decides when a value changes.
  bool is_trusted() const;
  Energy by_counter(const Block&) const;
  Energy by_tiles(const Block&, std::optional<double> before) const;
  Energy by_looks(const Block&) const;

  const Channel& channel_;
  const std::size_t index_;
  nanoseconds period_;
};

}  // namespace steelyard::stats

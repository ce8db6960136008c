// SPDX-License-Identifier: Apache-2.0
// What a simulated device has been doing, and what its power was meanwhile. Queries tell when the
// device is busy; time without a query is a loaded but waiting device. From that a power filter
// runs in steps of 1 ms, and its means over the sensor's update period are kept as ticks. Memory is
// bounded whatever the run's length. One thread.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "steelyard/backend/simulated/profile.h"
#include "steelyard/base/units.h"

namespace steelyard::simulated {

class Activity {
 public:
  // The device is idle before time 0 and holds a model from then on.
  explicit Activity(const Profile&);

  // The device works from `begin` to `end`. Intervals come in order of their beginnings; where two
  // overlap, the overlap counts once.
  void busy(nanoseconds begin, nanoseconds end, double watts, double utilisation) {
    if (begin < busy_until_) begin = busy_until_;
    if (begin < now_) begin = now_;  // read beyond its own clock
    if (end <= begin) return;
    busy_until_ = end;
    if (!work_.empty()) {
      Work& last = work_.back();
      if (begin == last.end && watts == last.watts && utilisation == last.utilisation) {
        last.end = end;
        return;
      }
    }
    add({begin, end, watts, utilisation});
  }

  // A mean over one update period of the sensor, the period ending at `end`.
  struct Tick {
    nanoseconds end{0};
    double true_watts = 0;      // the model's, over this period
    double reported_watts = 0;  // what the device's instrument shows: averaged, scaled, shifted
    double utilisation = 0;     // 0 to 1
  };
  // Ticks are counted from 0; those before first() were dropped to bound the memory.
  void run_until(nanoseconds until);
  std::uint64_t first() const { return first_; }
  std::uint64_t count() const { return first_ + ticks_.size(); }
  const Tick& tick(std::uint64_t index) const { return ticks_[index - first_]; }

  // The sensor's update period, or that of the modelled readings where there is no sensor.
  static nanoseconds period_of(const PowerProfile&);
  // What the device's instrument shows where the true mean is `watts`.
  static double reported(const PowerProfile&, double watts);

 private:
  struct Work {
    nanoseconds begin, end;
    double watts, utilisation;
  };
  void add(const Work&);
  void step();
  void end_tick();

  const PowerProfile power_;
  const nanoseconds period_;
  const std::size_t averaged_;                  // ticks in the instrument's moving average
  std::deque<Work> work_;                       // not yet run through
  nanoseconds busy_until_{0};                   // end of the last work told
  nanoseconds now_{0};                          // the filter has come to here, whole milliseconds
  double watts_;                                // true power at now_
  double sum_watts_ = 0, sum_utilisation_ = 0;  // of the steps of the running tick
  std::int64_t steps_ = 0;
  std::deque<double> recent_;  // true means of the last averaged_ ticks
  std::deque<Tick> ticks_;
  std::uint64_t first_ = 0;
};

}  // namespace steelyard::simulated

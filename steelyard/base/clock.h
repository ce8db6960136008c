// SPDX-License-Identifier: Apache-2.0
// The one source of time. Everything that is stamped in a run (queries, readings, blocks) uses one
// Clock, so that they can be laid over each other. A Clock may be read from any thread; a
// VirtualClock belongs to one thread.
#pragma once

#include <time.h>

#include "steelyard/base/units.h"

namespace steelyard {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual nanoseconds now() const = 0;
  // Returns at `until` or a little later; at once if `until` has passed.
  virtual void sleep_until(nanoseconds until) = 0;
  // True where time passes only when somebody advances it: no thread may wait for it.
  virtual bool is_virtual() const { return false; }
};

// CLOCK_MONOTONIC, absolute since boot: comparable between processes of one host (see
// Manifest::boot_id).
class MonotonicClock final : public Clock {
 public:
  nanoseconds now() const override { return read(); }
  void sleep_until(nanoseconds until) override;
  // The same without a virtual call, for the timed loop.
  static nanoseconds read() {
    timespec t;
    ::clock_gettime(CLOCK_MONOTONIC, &t);
    return nanoseconds(t.tv_sec * 1'000'000'000LL + t.tv_nsec);
  }
};

// Time that passes only by advance() and sleep_until(): ten minutes on a simulated device take
// milliseconds.
class VirtualClock final : public Clock {
 public:
  explicit VirtualClock(nanoseconds start = nanoseconds(0)) : now_(start) {}
  nanoseconds now() const override { return now_; }
  void sleep_until(nanoseconds until) override {
    if (until > now_) now_ = until;
  }
  void advance(nanoseconds by) { now_ += by; }
  bool is_virtual() const override { return true; }

 private:
  nanoseconds now_;
};

}  // namespace steelyard

// SPDX-License-Identifier: Apache-2.0
// Streaming: the rows of a window one after the other, a query each, the state carried along and
// forgotten before the next window. What the model says after a window's last row is its answer to
// the window. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "steelyard/backend/backend.h"
#include "steelyard/run/feed.h"
#include "steelyard/run/timed_loop.h"

namespace steelyard {

// The rows of all windows, each as a window of one row.
Feed rows_of(const Feed&);

class StepLoop {
 public:
  // Throws Unsupported when the model cannot be run step by step.
  StepLoop(CompiledModel&, const Feed&);
  int steps_a_window() const { return rows_; }
  void begin_at(std::uint64_t window);
  // As time_queries(); the time of each prepare() is added to `prepare`, ns.
  std::size_t ask(std::span<Stamp>, std::uint64_t count, const Enough&, Moments& prepare);
  // The windows whose last row was answered since begin_at().
  void collect(std::vector<float>& outputs, std::vector<std::uint8_t>& seen) const;

 private:
  template <class Read>
  std::size_t ask(std::span<Stamp>, std::uint64_t count, const Enough&, Moments& prepare, Read);

  const Clock& clock_;
  std::unique_ptr<Session> session_;
  int rows_;
  FeedRing ring_;
  std::uint32_t width_;
  std::uint64_t windows_;
  std::size_t slot_ = 0, first_ = 0;
  std::uint64_t asked_ = 0;
};

}  // namespace steelyard

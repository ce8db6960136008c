// SPDX-License-Identifier: Apache-2.0
// Host memory that the device reads and writes by itself, between the caller's memory and the
// kernels; and knowing that results are there without asking the driver. One thread at a time.
#pragma once

#include <chrono>
#include <span>

#include "steelyard/engine/cuda/runtime.h"

namespace steelyard::cuda {

// Waits for the stream, but not longer than the deadline: then Error.
void await(const Stream&, std::chrono::nanoseconds deadline);

// Results that the host polls: before a launch they hold a pattern that no result has.
class Watched {
 public:
  Watched(float* results, std::size_t count) : results_(results), count_(count) {}
  void clear();
  // Throws what the stream throws, and Error after the deadline.
  void await(const Stream&, std::chrono::nanoseconds deadline) const;
  static constexpr std::size_t kMost = 1024;  // more results than that are not worth polling

 private:
  float* results_;
  std::size_t count_;
};

}  // namespace steelyard::cuda

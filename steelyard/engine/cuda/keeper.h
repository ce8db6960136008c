// SPDX-License-Identifier: Apache-2.0
// Puts idle things to sleep: one thread of the process, asleep itself nearly always.
#pragma once

#include <chrono>

namespace steelyard::cuda {

class Sleeper {
 public:
  // Called by the keeper's thread; must return soon.
  virtual void tick(std::chrono::steady_clock::time_point now) = 0;

 protected:
  ~Sleeper() = default;
};

// From now on tick() is called, at least four times in `idle`. leave() returns when no call runs.
void keep(Sleeper&, std::chrono::nanoseconds idle);
void leave(Sleeper&);

}  // namespace steelyard::cuda

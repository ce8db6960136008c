// SPDX-License-Identifier: Apache-2.0
// The keeper's thread: started with the first sleeper, waits without a timeout when there is none.
#include "steelyard/engine/cuda/keeper.h"

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

namespace steelyard::cuda {
namespace {

using namespace std::chrono_literals;

class Keeper {
 public:
  Keeper() : thread_([this] { run(); }) { thread_.detach(); }

  void add(Sleeper& sleeper, std::chrono::nanoseconds idle) {
    const std::lock_guard lock(mutex_);
    sleepers_[&sleeper] = std::clamp<std::chrono::nanoseconds>(idle / 4, 1ms, 1s);
    changed_.notify_one();
  }
  void remove(Sleeper& sleeper) {
    const std::lock_guard lock(mutex_);
    sleepers_.erase(&sleeper);
  }

 private:
  void run() {
    std::unique_lock lock(mutex_);
    for (;;) {
      if (sleepers_.empty()) {
        changed_.wait(lock);
        continue;
      }
      std::chrono::nanoseconds period = 1s;
      for (const auto& [sleeper, own] : sleepers_) period = std::min(period, own);
      changed_.wait_for(lock, period);
      const auto now = std::chrono::steady_clock::now();
      for (const auto& [sleeper, own] : sleepers_) sleeper->tick(now);
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<Sleeper*, std::chrono::nanoseconds> sleepers_;
  std::thread thread_;
};

// Never destroyed: its thread runs until the process ends.
Keeper& keeper() {
  static Keeper& keeper = *new Keeper;
  return keeper;
}

}  // namespace

void keep(Sleeper& sleeper, std::chrono::nanoseconds idle) { keeper().add(sleeper, idle); }
void leave(Sleeper& sleeper) { keeper().remove(sleeper); }

}  // namespace steelyard::cuda

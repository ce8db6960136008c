// SPDX-License-Identifier: Apache-2.0
// Runs the pieces of a batch at once: the first in the calling thread, every other in a thread of
// its own, which waits between calls. Belongs to one session; run() is called by one thread at a
// time.
#pragma once

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

namespace steelyard::cpu {

class Split {
 public:
  explicit Split(int pieces);
  ~Split();
  Split(const Split&) = delete;
  Split& operator=(const Split&) = delete;
  // Calls work(owner, piece) for every piece; `work` throws nothing.
  void run(void (*work)(void* owner, int piece), void* owner);

 private:
  void serve(int piece);

  std::atomic<std::uint32_t> turn_{0};
  std::atomic<int> left_{0};
  std::atomic<bool> stop_{false};
  void (*work_)(void*, int) = nullptr;
  void* owner_ = nullptr;
  std::vector<std::thread> threads_;
};

}  // namespace steelyard::cpu

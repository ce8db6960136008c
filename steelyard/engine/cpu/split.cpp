// SPDX-License-Identifier: Apache-2.0
// See split.h.
#include "steelyard/engine/cpu/split.h"

namespace steelyard::cpu {
namespace {

// How often one looks before one sleeps or lets others run: some microseconds.
constexpr int kLooks = 4000;

void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

}  // namespace

Split::Split(int pieces) {
  for (int piece = 1; piece < pieces; ++piece)
    threads_.emplace_back([this, piece] { serve(piece); });
}

Split::~Split() {
  stop_ = true;
  turn_.fetch_add(1);
  turn_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void Split::serve(int piece) {
  std::uint32_t seen = 0;
  while (true) {
    for (int i = 0; i < kLooks && turn_.load(std::memory_order_acquire) == seen; ++i) pause();
    turn_.wait(seen, std::memory_order_acquire);
    ++seen;
    if (stop_) return;
    work_(owner_, piece);
    left_.fetch_sub(1, std::memory_order_release);
  }
}

void Split::run(void (*work)(void* owner, int piece), void* owner) {
  work_ = work;
  owner_ = owner;
  left_.store(int(threads_.size()), std::memory_order_relaxed);
  turn_.fetch_add(1, std::memory_order_release);
  turn_.notify_all();
  work(owner, 0);
  for (int i = 0; left_.load(std::memory_order_acquire) > 0; ++i) {
    if (i < kLooks) {
      pause();
    } else {
      std::this_thread::yield();
    }
  }
}

}  // namespace steelyard::cpu

// SPDX-License-Identifier: Apache-2.0
// Slots of a Stream on their way back to its owner, in order of completion. Any thread hands slots
// over, the owner alone takes them; it sleeps in the kernel (futex) while there is none. Neither
// side allocates or locks.
#pragma once

#include <fmt/format.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "steelyard/base/error.h"

namespace steelyard {

class FinishedSlots {
 public:
  explicit FinishedSlots(std::size_t depth) : slots_(depth) {}

  void hand_over(std::uint32_t slot) {
    auto& entry = slots_[tail_.fetch_add(1) % slots_.size()];
    // Sequentially consistent: a weaker store could pass the check for waiters inside notify_one.
    entry.store(static_cast<int>(slot) + 1);
    entry.notify_one();
  }

  std::uint32_t take() {
    auto& entry = slots_[head_++ % slots_.size()];
    entry.wait(0);
    return static_cast<std::uint32_t>(entry.exchange(0) - 1);
  }

 private:
  // Slots plus one, 0 where there is none yet. One entry a slot is enough, because a slot is handed
  // out again only after its entry has been taken.
  std::vector<std::atomic<int>> slots_;
  std::atomic<std::uint64_t> tail_{0};
  std::uint64_t head_ = 0;
};

// For submit() of a Stream, whose Slot has a member `in_flight`: the slot, or an Error when there
// is none of that number or it is still at work.
template <class Slot>
Slot& free_slot(const std::vector<std::unique_ptr<Slot>>& slots, std::uint32_t index) {
  if (index >= slots.size())
    throw Error(fmt::format("there is no slot {} in a stream of depth {}", index, slots.size()));
  if (slots[index]->in_flight)
    throw Error(fmt::format("slot {} of the stream is still in flight", index));
  return *slots[index];
}

}  // namespace steelyard

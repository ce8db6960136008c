// SPDX-License-Identifier: Apache-2.0
// The default Stream: `depth` Sessions, each on a thread of its own. The owner hands a slot over
// through the slot's state; a thread hands it back through FinishedSlots. Both sides sleep in the
// kernel (futex) when there is nothing to do, and neither allocates or locks.
#include <fmt/format.h>

#include <atomic>
#include <exception>
#include <system_error>
#include <thread>
#include <utility>

#include "steelyard/backend/backend.h"
#include "steelyard/backend/finished.h"

namespace steelyard {
namespace {

class ThreadStream final : public Stream {
 public:
  ThreadStream(CompiledModel& model, int depth, int batch);
  ~ThreadStream() override;
  const Signature& signature() const override { return slots_.front()->session->signature(); }
  void submit(std::uint32_t slot, std::span<const std::byte> in, std::span<std::byte> out) override;
  Completion wait() override;

 private:
  enum State : int { kIdle, kWork, kStop };
  // A cache line apart, so that slots do not slow each other.
  struct alignas(64) Slot {
    std::atomic<int> state{kIdle};
    bool in_flight = false;  // the owner's view
    std::span<const std::byte> in;
    std::span<std::byte> out;
    nanoseconds finished{0};
    std::exception_ptr error;
    std::unique_ptr<Session> session;
    std::thread thread;
  };

  void serve(std::uint32_t index);
  void stop();

  const Clock& clock_;
  std::vector<std::unique_ptr<Slot>> slots_;
  FinishedSlots finished_;
  std::uint32_t in_flight_ = 0;
};

ThreadStream::ThreadStream(CompiledModel& model, int depth, int batch)
    : clock_(model.clock()), finished_(static_cast<std::size_t>(depth)) {
  for (int i = 0; i < depth; ++i) {
    slots_.push_back(std::make_unique<Slot>());
    slots_.back()->session = model.open(batch);
  }
  try {
    for (std::uint32_t i = 0; i < slots_.size(); ++i)
      slots_[i]->thread = std::thread([this, i] { serve(i); });
  } catch (...) {
    stop();
    throw;
  }
}

ThreadStream::~ThreadStream() {
  for (; in_flight_ > 0; --in_flight_) finished_.take();
  stop();
}

void ThreadStream::stop() {
  for (auto& slot : slots_) {
    if (!slot->thread.joinable()) continue;
    slot->state.store(kStop);
    slot->state.notify_one();
    slot->thread.join();
  }
}

void ThreadStream::serve(std::uint32_t index) {
  Slot& slot = *slots_[index];
  while (true) {
    slot.state.wait(kIdle);
    if (slot.state.load() == kStop) return;
    try {
      slot.session->infer(slot.in, slot.out);
      slot.finished = clock_.now();
    } catch (...) {
      slot.finished = clock_.now();
      slot.error = std::current_exception();
    }
    slot.state.store(kIdle);
    finished_.hand_over(index);
  }
}

void ThreadStream::submit(std::uint32_t slot, std::span<const std::byte> in,
                          std::span<std::byte> out) {
  Slot& chosen = free_slot(slots_, slot);
  chosen.in = in;
  chosen.out = out;
  chosen.in_flight = true;
  ++in_flight_;
  chosen.state.store(kWork);
  chosen.state.notify_one();
}

Completion ThreadStream::wait() {
  if (in_flight_ == 0) throw Error("nothing is in flight in the stream");
  const std::uint32_t index = finished_.take();
  Slot& slot = *slots_[index];
  slot.in_flight = false;
  --in_flight_;
  if (slot.error) std::rethrow_exception(std::exchange(slot.error, nullptr));
  return {index, slot.finished};
}

}  // namespace

std::unique_ptr<Stream> CompiledModel::stream(int depth, int batch) {
  if (depth < 1) throw Error(fmt::format("a stream cannot have {} queries in flight", depth));
  try {
    return std::make_unique<ThreadStream>(*this, depth, batch);
  } catch (const std::system_error& e) {
    throw Error(fmt::format("cannot start {} threads: {}", depth, e.what()),
                "ask for fewer queries in flight");
  }
}

}  // namespace steelyard

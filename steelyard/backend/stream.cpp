// SPDX-License-Identifier: Apache-2.0
// The default Stream: `depth` Sessions, each on a thread of its own. The owner hands a slot over
// through the slot's state; a thread hands it back through a ring of finished slots, in order of
// completion. Both sides sleep in the kernel (futex) when there is nothing to do, and neither
// allocates or locks.
#include <fmt/format.h>

#include <atomic>
#include <exception>
#include <system_error>
#include <thread>
#include <utility>

#include "steelyard/backend/backend.h"

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
  std::uint32_t next_finished();
  void stop();

  const Clock& clock_;
  std::vector<std::unique_ptr<Slot>> slots_;
  // Finished slots plus one, 0 where there is none yet. One entry a slot is enough, because a slot
  // is handed out again only after its entry has been taken.
  std::vector<std::atomic<int>> finished_;
  std::atomic<std::uint64_t> tail_{0};
  std::uint64_t head_ = 0;
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
  for (; in_flight_ > 0; --in_flight_) next_finished();
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
    auto& entry = finished_[tail_.fetch_add(1) % finished_.size()];
    // Sequentially consistent: a weaker store could pass the check for waiters inside notify_one.
    entry.store(static_cast<int>(index) + 1);
    entry.notify_one();
  }
}

std::uint32_t ThreadStream::next_finished() {
  auto& entry = finished_[head_++ % finished_.size()];
  entry.wait(0);
  return static_cast<std::uint32_t>(entry.exchange(0) - 1);
}

void ThreadStream::submit(std::uint32_t slot, std::span<const std::byte> in,
                          std::span<std::byte> out) {
  if (slot >= slots_.size())
    throw Error(fmt::format("there is no slot {} in a stream of depth {}", slot, slots_.size()));
  Slot& chosen = *slots_[slot];
  if (chosen.in_flight) throw Error(fmt::format("slot {} of the stream is still in flight", slot));
  chosen.in = in;
  chosen.out = out;
  chosen.in_flight = true;
  ++in_flight_;
  chosen.state.store(kWork);
  chosen.state.notify_one();
}

Completion ThreadStream::wait() {
  if (in_flight_ == 0) throw Error("nothing is in flight in the stream");
  const std::uint32_t index = next_finished();
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

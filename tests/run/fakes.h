// SPDX-License-Identifier: Apache-2.0
// A model on a virtual clock whose queries take what the test says, and remember what was asked.
#pragma once

#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#include "steelyard/backend/backend.h"
#include "steelyard/run/feed.h"

namespace steelyard {

// Input [batch][rows], output [batch][1]: the window's first number plus one half.
inline Signature fake_signature(int batch, int rows = 2) {
  Signature signature;
  signature.inputs = {{"input", ElementType::f32, {batch, rows}, 0}};
  signature.outputs = {{"output", ElementType::f32, {batch, 1}, 0}};
  return signature;
}

// Window i is {i, -i}.
inline Feed fake_feed(std::uint64_t windows) {
  Feed feed;
  feed.windows = windows;
  feed.window = 2;
  for (std::uint64_t i = 0; i < windows; ++i) {
    feed.inputs.push_back(static_cast<float>(i));
    feed.inputs.push_back(-static_cast<float>(i));
  }
  return feed;
}

class FakeModel : public CompiledModel {
 public:
  explicit FakeModel(std::vector<nanoseconds> latencies, bool batched = true)
      : latencies_(std::move(latencies)), batched_(batched) {}

  std::unique_ptr<Session> open(int batch) override {
    ++opened;
    return std::make_unique<FakeSession>(*this, batch);
  }
  std::unique_ptr<Stream> stream(int depth, int batch) override {
    return std::make_unique<FakeStream>(*this, depth, batch);
  }
  Clock& clock() override { return time; }

  VirtualClock time;
  std::vector<float> asked;  // the first number of each query's first window
  int opened = 0;

 private:
  nanoseconds next() { return latencies_[queries_++ % latencies_.size()]; }
  void answer(int batch, std::span<const std::byte> in, std::span<std::byte> out) {
    std::vector<float> numbers(in.size() / sizeof(float));
    std::memcpy(numbers.data(), in.data(), in.size());
    asked.push_back(numbers.front());
    for (int b = 0; b < batch; ++b) {
      const float result = numbers[static_cast<std::size_t>(b) * 2] + 0.5f;
      std::memcpy(out.data() + static_cast<std::size_t>(b) * sizeof(float), &result, sizeof result);
    }
  }

  class FakeSession : public Session {
   public:
    FakeSession(FakeModel& model, int batch)
        : model_(model), batch_(batch), signature_(fake_signature(batch)) {
      if (!model.batched_) signature_.outputs.front().batch_axis = -1;
    }
    const Signature& signature() const override { return signature_; }
    void infer(std::span<const std::byte> in, std::span<std::byte> out) override {
      model_.answer(batch_, in, out);
      model_.time.advance(model_.next());
    }

   private:
    FakeModel& model_;
    int batch_;
    Signature signature_;
  };

  // Queries run beside each other; the shortest completes first.
  class FakeStream : public Stream {
   public:
    FakeStream(FakeModel& model, int depth, int batch)
        : model_(model), depth_(depth), batch_(batch), signature_(fake_signature(batch)) {}
    const Signature& signature() const override { return signature_; }
    void submit(std::uint32_t slot, std::span<const std::byte> in,
                std::span<std::byte> out) override {
      if (static_cast<int>(pending_.size()) >= depth_) throw Error("too many in flight");
      for (const auto& other : pending_)
        if (other.out.data() == out.data()) throw Error("two queries share an output");
      pending_.push_back({slot, model_.time.now() + model_.next(), in, out});
    }
    Completion wait() override {
      const auto first =
          std::min_element(pending_.begin(), pending_.end(),
                           [](const auto& a, const auto& b) { return a.finished < b.finished; });
      const Pending done = *first;
      pending_.erase(first);
      model_.answer(batch_, done.in, done.out);
      model_.time.sleep_until(done.finished);
      return {done.slot, done.finished};
    }

   private:
    struct Pending {
      std::uint32_t slot;
      nanoseconds finished;
      std::span<const std::byte> in;
      std::span<std::byte> out;
    };
    FakeModel& model_;
    int depth_, batch_;
    Signature signature_;
    std::vector<Pending> pending_;
  };

  std::vector<nanoseconds> latencies_;
  bool batched_;
  std::uint64_t queries_ = 0;
};

}  // namespace steelyard

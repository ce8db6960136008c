// SPDX-License-Identifier: Apache-2.0
// The default Stream, over a model whose queries can be held back one by one.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstring>
#include <set>
#include <thread>

#include "steelyard/backend/backend.h"

namespace steelyard {
namespace {

// Answers input + 1; waits while `held` equals the input, throws at 13.
class AddOne final : public CompiledModel {
 public:
  std::atomic<int> held{-1};
  std::atomic<int> opened{0}, alive{0};

  std::unique_ptr<Session> open(int) override { return std::make_unique<Query>(*this); }

 private:
  class Query final : public Session {
   public:
    explicit Query(AddOne& model) : model_(model) {
      TensorInfo info;
      info.type = ElementType::i32;
      info.shape = {1};
      signature_ = {{info}, {info}};
      ++model_.opened;
      ++model_.alive;
    }
    ~Query() override { --model_.alive; }
    const Signature& signature() const override { return signature_; }
    void infer(std::span<const std::byte> in, std::span<std::byte> out) override {
      check_sizes(in.size(), out.size(), 4, 4);
      int value = 0;
      std::memcpy(&value, in.data(), 4);
      while (model_.held == value) std::this_thread::yield();
      if (value == 13) throw Error("13 is not answered");
      ++value;
      std::memcpy(out.data(), &value, 4);
    }

   private:
    AddOne& model_;
    Signature signature_;
  };
};

struct Buffers {
  explicit Buffers(std::size_t depth) : in(depth), out(depth, -1) {}
  void submit(Stream& stream, std::uint32_t slot, int value) {
    in[slot] = value;
    stream.submit(slot, std::as_bytes(std::span(&in[slot], 1)),
                  std::as_writable_bytes(std::span(&out[slot], 1)));
  }
  std::vector<int> in, out;
};

TEST(Stream, AnswersEverySlot) {
  AddOne model;
  const auto stream = model.stream(4, 1);
  Buffers buffers(4);
  std::uint64_t answered = 0;
  for (std::uint32_t slot = 0; slot < 4; ++slot) buffers.submit(*stream, slot, 100 + (int)slot);
  for (int i = 4; i < 2000; ++i) {
    const Completion done = stream->wait();
    EXPECT_EQ(buffers.out[done.slot], buffers.in[done.slot] + 1);
    ++answered;
    buffers.submit(*stream, done.slot, 100 + i);
  }
  std::set<std::uint32_t> last;
  for (int i = 0; i < 4; ++i) last.insert(stream->wait().slot);
  EXPECT_EQ(last.size(), 4u);
  EXPECT_EQ(answered, 1996u);
}

TEST(Stream, ASlowQueryHoldsUpNoOther) {
  AddOne model;
  model.held = 7;
  const auto stream = model.stream(2, 1);
  Buffers buffers(2);
  buffers.submit(*stream, 0, 7);
  for (int i = 0; i < 50; ++i) {
    buffers.submit(*stream, 1, i + 20);
    EXPECT_EQ(stream->wait().slot, 1u);
  }
  model.held = -1;
  EXPECT_EQ(stream->wait().slot, 0u);
  EXPECT_EQ(buffers.out[0], 8);
}

TEST(Stream, StampsWhenItCompletedNotWhenItWasAskedFor) {
  AddOne model;
  const auto stream = model.stream(1, 1);
  Buffers buffers(1);
  const nanoseconds before = MonotonicClock::read();
  buffers.submit(*stream, 0, 1);
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  const nanoseconds asked = MonotonicClock::read();
  const nanoseconds finished = stream->wait().finished;
  EXPECT_GE(finished, before);
  EXPECT_LT(finished, asked);
}

TEST(Stream, WhatAQueryThrowsIsThrownByWaitAndTheSlotIsFreeAgain) {
  AddOne model;
  const auto stream = model.stream(2, 1);
  Buffers buffers(2);
  buffers.submit(*stream, 1, 13);
  try {
    stream->wait();
    FAIL() << "swallowed";
  } catch (const Error& e) {
    EXPECT_STREQ(e.what(), "13 is not answered");
  }
  buffers.submit(*stream, 1, 14);
  EXPECT_EQ(stream->wait().slot, 1u);
  EXPECT_EQ(buffers.out[1], 15);
}

TEST(Stream, OpensASessionForEachSlotAndClosesThem) {
  AddOne model;
  { const auto stream = model.stream(3, 1); }
  EXPECT_EQ(model.opened, 3);
  EXPECT_EQ(model.alive, 0);
}

TEST(Stream, WaitsForWhatIsInFlightWhenItEnds) {
  AddOne model;
  Buffers buffers(2);
  {
    const auto stream = model.stream(2, 1);
    buffers.submit(*stream, 0, 1);
    buffers.submit(*stream, 1, 13);
  }
  EXPECT_EQ(buffers.out[0], 2);
}

TEST(Stream, RefusesASlotThatIsInFlightOrNotThere) {
  AddOne model;
  model.held = 5;
  const auto stream = model.stream(1, 1);
  Buffers buffers(2);
  buffers.submit(*stream, 0, 5);
  EXPECT_THROW(buffers.submit(*stream, 0, 6), Error);
  EXPECT_THROW(buffers.submit(*stream, 1, 6), Error);
  buffers.in[0] = 5;
  model.held = -1;
  EXPECT_EQ(stream->wait().slot, 0u);
}

TEST(Stream, RefusesToWaitForNothing) {
  AddOne model;
  EXPECT_THROW(model.stream(1, 1)->wait(), Error);
}

TEST(Stream, RefusesADepthBelowOne) {
  AddOne model;
  EXPECT_THROW(model.stream(0, 1), Error);
  EXPECT_THROW(model.stream(-2, 1), Error);
}

}  // namespace
}  // namespace steelyard

// SPDX-License-Identifier: Apache-2.0
#include "steelyard/run/steps.h"

#include <gtest/gtest.h>

#include "tests/run/fakes.h"

namespace steelyard {
namespace {

using std::chrono::microseconds;

// The sum of all steps since reset(); a step takes 3 us, a prepare() 5 us.
class SummingModel : public CompiledModel {
 public:
  std::unique_ptr<Session> open(int) override { throw Error("only steps here"); }
  std::unique_ptr<Session> open_steps(int) override {
    struct Summing : Session {
      explicit Summing(VirtualClock& clock) : clock_(clock) {
        signature_.inputs = {{"step", ElementType::f32, {1, 1, 1}, 0}};
        signature_.outputs = {{"output", ElementType::f32, {1, 1}, 0}};
      }
      const Signature& signature() const override { return signature_; }
      void infer(std::span<const std::byte> in, std::span<std::byte> out) override {
        float x;
        std::memcpy(&x, in.data(), sizeof x);
        sum_ += x;
        std::memcpy(out.data(), &sum_, sizeof sum_);
        clock_.advance(microseconds(3));
      }
      void prepare() override { clock_.advance(microseconds(5)); }
      void reset() override { sum_ = 0; }
      VirtualClock& clock_;
      Signature signature_;
      float sum_ = 0;
    };
    return std::make_unique<Summing>(time);
  }
  Clock& clock() override { return time; }
  VirtualClock time;
};

TEST(Steps, CarryTheStateThroughAWindowAndForgetItBeforeTheNext) {
  SummingModel model;
  Feed feed;
  feed.windows = 3;
  feed.window = 2;
  feed.inputs = {1, 10, 2, 20, 3, 30};
  StepLoop loop(model, feed);
  loop.begin_at(1);
  std::vector<Stamp> stamps(100);
  Moments prepare;
  const std::size_t n = loop.ask(stamps, 0, {3, nanoseconds(0), std::chrono::hours(1)}, prepare);
  EXPECT_EQ(n, 4u) << "a window that was begun is answered";
  for (std::size_t i = 0; i < n; ++i)
    EXPECT_EQ(stamps[i].finished - stamps[i].started, microseconds(3)) << "preparing is apart";
  EXPECT_EQ(prepare.count, 2u) << "between two steps of a window";
  EXPECT_EQ(prepare.mean, 5000);
  std::vector<float> outputs(3);
  std::vector<std::uint8_t> seen(3);
  loop.collect(outputs, seen);
  EXPECT_EQ(seen, (std::vector<std::uint8_t>{0, 1, 1}));
  EXPECT_EQ(outputs[1], 22);
  EXPECT_EQ(outputs[2], 33);
}

TEST(Steps, AreRefusedWhereTheStateCannotBeCarried) {
  FakeModel model({microseconds(1)});
  EXPECT_THROW(StepLoop(model, fake_feed(2)), Unsupported);
}

}  // namespace
}  // namespace steelyard

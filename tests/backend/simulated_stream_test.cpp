// SPDX-License-Identifier: Apache-2.0
// Several queries in flight on virtual time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/backend/simulated_rig.h"

namespace steelyard::simulated {
namespace {

// Windows a second with `depth` queries in flight.
double rate(Rig& rig, int depth, int count = 2000) {
  const auto stream = rig.model->stream(depth, 1);
  std::vector<float> outputs(depth);
  const nanoseconds begin = rig.model->clock().now();
  int submitted = 0;
  const auto submit = [&](std::uint32_t slot) {
    stream->submit(slot, rig.input(submitted++ % 100),
                   std::as_writable_bytes(std::span(&outputs[slot], 1)));
  };
  for (int k = 0; k < depth; ++k) submit(k);
  nanoseconds last = begin;
  for (int i = 0; i < count; ++i) {
    const Completion done = stream->wait();
    EXPECT_GE(done.finished, last);
    EXPECT_EQ(done.finished, rig.model->clock().now());
    last = done.finished;
    submit(done.slot);
  }
  return count / seconds_of(last - begin);
}

TEST(SimulatedStream, MoreInFlightHelpAsFarAsTheProfileSays) {
  Rig hailo(kHailo, network(Cell::gru));
  const double one = rate(hailo, 1), two = rate(hailo, 2), eight = rate(hailo, 8);
  EXPECT_NEAR(one, 753, 15);
  EXPECT_NEAR(two / one, 2, 0.05);  // its queue holds two
  EXPECT_NEAR(eight / two, 1, 0.02);
  Rig card(kTensorRt, network(Cell::gru));
  EXPECT_NEAR(rate(card, 4, 20'000) / rate(card, 1, 20'000), 1 / 0.89, 0.02);
  Rig synchronous(kOnnxRuntime, network(Cell::gru));
  EXPECT_NEAR(rate(synchronous, 4, 20'000) / rate(synchronous, 1, 20'000), 1, 0.02);
}

TEST(SimulatedStream, AStreamRefusesASlotThatIsTaken) {
  Rig rig(kHailo, network(Cell::gru));
  const auto stream = rig.model->stream(2, 1);
  float output = 0;
  const auto out = std::as_writable_bytes(std::span(&output, 1));
  EXPECT_THROW(stream->wait(), Error);
  stream->submit(1, rig.input(0), out);
  EXPECT_THROW(stream->submit(1, rig.input(0), out), Error);
  EXPECT_THROW(stream->submit(2, rig.input(0), out), Error);
  EXPECT_EQ(stream->wait().slot, 1u);
}

}  // namespace
}  // namespace steelyard::simulated

// SPDX-License-Identifier: Apache-2.0
// Streaming: step(), prepare() and reset() against whole windows.
#include <gtest/gtest.h>

#include "steelyard/base/error.h"
#include "steelyard/engine/engine.h"
#include "tests/engine/reference.h"

namespace steelyard {
namespace {

using reference::Shape;

std::vector<Shape> streaming_shapes() {
  std::vector<Shape> shapes;
  for (const Cell cell : {Cell::rnn, Cell::gru, Cell::lstm}) {
    for (const int hidden : {5, 16, 40, 96}) {
      for (const int layers : {1, 3}) {
        Shape s;
        s.cell = cell;
        s.hidden = hidden;
        s.layers = layers;
        shapes.push_back(s);
        s.linear_before_reset = false;
        if (cell == Cell::gru) shapes.push_back(s);
      }
    }
  }
  return shapes;
}

TEST(Stream, StepsReachTheSameOutputAsTheWholeWindow) {
  for (const Shape& shape : streaming_shapes()) {
    for (const int batch : {1, 5}) {
      for (const bool prepared : {false, true}) {
        Random random(shape.hidden);
        const Network network = reference::random_network(shape, random);
        const int window = 6;
        const auto input = reference::random_values(batch * window * 5, 2, random);
        const auto session = Engine::compile(network)->open(batch, window);
        for (int round = 0; round < 2; ++round) {
          std::vector<float> tick(batch * 5), output(batch);
          for (int t = 0; t < window; ++t) {
            for (int b = 0; b < batch; ++b) {
              std::copy_n(&input[(b * window + t) * 5], 5, &tick[b * 5]);
            }
            if (prepared) session->prepare();
            session->step(tick, output);
          }
          const auto expected = reference::infer(network, input, batch, window);
          for (int b = 0; b < batch; ++b) {
            ASSERT_NEAR(output[b], expected[b], 5e-6)
                << "cell " << int(shape.cell) << " H" << shape.hidden << " L" << shape.layers
                << " B" << batch << (prepared ? " prepared" : "") << " round " << round;
          }
          session->reset();
        }
      }
    }
  }
}

TEST(Stream, PreparingTwiceChangesNothing) {
  Random random(1);
  const auto engine = Engine::compile(reference::random_network({}, random));
  const auto a = engine->open(1, 1), b = engine->open(1, 1);
  const auto x = reference::random_values(10, 1, random);
  std::vector<float> from_a(1), from_b(1);
  for (int t = 0; t < 2; ++t) {
    a->prepare();
    a->prepare();
    a->step({x.data() + t * 5, 5}, from_a);
    b->step({x.data() + t * 5, 5}, from_b);
    EXPECT_NEAR(from_a[0], from_b[0], 1e-6);
  }
}

TEST(Stream, ResetAfterPrepareForgetsThePreparation) {
  Random random(2);
  const auto engine = Engine::compile(reference::random_network({}, random));
  const auto session = engine->open(1, 1);
  const auto x = reference::random_values(5, 1, random);
  std::vector<float> first(1), again(1);
  session->step(x, first);
  session->prepare();
  session->reset();
  session->step(x, again);
  EXPECT_EQ(first[0], again[0]);
}

TEST(Stream, InferBetweenStepsLeavesTheStateAlone) {
  Random random(6);
  const auto engine = Engine::compile(reference::random_network({}, random));
  const auto a = engine->open(1, 4), b = engine->open(1, 4);
  const auto x = reference::random_values(20, 1, random);
  std::vector<float> from_a(1), from_b(1), window(1);
  a->step({x.data(), 5}, from_a);
  b->step({x.data(), 5}, from_b);
  a->infer(x, window);
  a->step({x.data() + 5, 5}, from_a);
  b->step({x.data() + 5, 5}, from_b);
  EXPECT_EQ(from_a[0], from_b[0]);
}

TEST(Stream, RefusesNetworksThatReadTheFuture) {
  Random random(3);
  Shape shape;
  shape.directions = 2;
  const auto session = Engine::compile(reference::random_network(shape, random))->open(1, 4);
  std::vector<float> x(5), y(1);
  EXPECT_THROW(session->step(x, y), Error);
  EXPECT_THROW(session->prepare(), Error);
}

}  // namespace
}  // namespace steelyard

// SPDX-License-Identifier: Apache-2.0
// The engine against the reference: all cells, shapes, batches and instruction sets.
#include "steelyard/engine/engine.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "steelyard/base/error.h"
#include "tests/engine/reference.h"

namespace steelyard {
namespace {

using reference::Shape;

std::string describe(const Shape& s) {
  return "cell " + std::to_string(int(s.cell)) + " I" + std::to_string(s.features) + " H" +
         std::to_string(s.hidden) + " L" + std::to_string(s.layers) + " D" +
         std::to_string(s.directions) + (s.reverse ? " reverse" : "") +
         (s.linear_before_reset ? "" : " reset first") +
         (s.readout == Readout::final_state ? " final" : " last");
}

void expect_agreement(const Shape& shape, int batch, int window, const std::string& target = "",
                      bool batch_first = true) {
  SCOPED_TRACE(describe(shape) + " B" + std::to_string(batch) + " T" + std::to_string(window) +
               " " + target);
  Random random(shape.hidden * 1000 + batch * 10 + window);
  Network network = reference::random_network(shape, random);
  network.batch_first = batch_first;
  const auto input =
      reference::random_values(std::size_t(batch) * window * shape.features, 2, random);
  const auto engine = Engine::compile(network, {Precision::fp32, target});
  const auto session = engine->open(batch, window);
  std::vector<float> output(std::size_t(batch) * engine->outputs(), -9);
  session->infer(input, output);
  const auto expected = reference::infer(network, input, batch, window);
  ASSERT_EQ(output.size(), expected.size());
  for (std::size_t i = 0; i < output.size(); ++i) ASSERT_NEAR(output[i], expected[i], 5e-6) << i;
  session->infer(input, output);
  for (std::size_t i = 0; i < output.size(); ++i) ASSERT_NEAR(output[i], expected[i], 5e-6) << i;
}

std::vector<Shape> every_kind(int features, int hidden) {
  std::vector<Shape> shapes;
  for (const Cell cell : {Cell::rnn, Cell::gru, Cell::lstm}) {
    for (const int directions : {1, 2}) {
      for (const Readout readout : {Readout::last_step, Readout::final_state}) {
        Shape s;
        s.cell = cell;
        s.features = features;
        s.hidden = hidden;
        s.directions = directions;
        s.readout = readout;
        shapes.push_back(s);
      }
    }
  }
  Shape s;
  s.features = features;
  s.hidden = hidden;
  s.linear_before_reset = false;
  shapes.push_back(s);
  s.reverse = true;
  s.readout = Readout::final_state;
  shapes.push_back(s);
  s.cell = Cell::rnn;
  s.activation = Activation::relu;
  shapes.push_back(s);
  return shapes;
}

TEST(Engine, AgreesWithTheReferenceForEveryKindOfLayer) {
  for (const Shape& shape : every_kind(5, 5)) expect_agreement(shape, 1, 8);
  for (const Shape& shape : every_kind(3, 20)) expect_agreement(shape, 3, 7);
}

TEST(Engine, AgreesWithTheReferenceOnEveryInstructionSet) {
  for (const std::string& target : engine_targets()) {
    for (const int hidden : {1, 5, 9, 33}) {
      for (const Shape& shape : every_kind(4, hidden)) {
        expect_agreement(shape, 1, 5, target);
        expect_agreement(shape, 7, 3, target);
      }
    }
  }
}

TEST(Engine, AgreesWithTheReferenceForOddSizes) {
  for (const Cell cell : {Cell::rnn, Cell::gru, Cell::lstm}) {
    for (const int hidden : {2, 7, 8, 15, 16, 17, 31, 32, 48, 63, 64, 65, 96, 100, 129, 200}) {
      Shape s;
      s.cell = cell;
      s.hidden = hidden;
      s.features = 1 + hidden % 19;
      expect_agreement(s, 1, 1 + hidden % 11);
      expect_agreement(s, 1 + hidden % 13, 4);
    }
  }
}

TEST(Engine, AgreesWithTheReferenceForEveryBatch) {
  for (const Cell cell : {Cell::rnn, Cell::gru, Cell::lstm}) {
    Shape s;
    s.cell = cell;
    for (const int batch : {2, 3, 4, 5, 6, 8, 11, 16, 17, 31, 33, 64, 100, 257}) {
      s.hidden = 5;
      expect_agreement(s, batch, 3);
      s.hidden = 24;
      expect_agreement(s, batch, 2);
    }
  }
}

TEST(Engine, AgreesWithTheReferenceForStackedLayers) {
  for (Shape shape : every_kind(6, 12)) {
    for (const int layers : {2, 3, 8}) {
      shape.layers = layers;
      expect_agreement(shape, 1, 6);
      expect_agreement(shape, 9, 6);
    }
  }
  Shape wide;
  wide.cell = Cell::lstm;
  wide.features = 40;
  wide.hidden = 80;
  wide.layers = 2;
  wide.directions = 2;
  expect_agreement(wide, 1, 9);
}

TEST(Engine, AgreesWithTheReferenceForHeadsOfAnyWidth) {
  Shape s;
  s.directions = 2;
  s.readout = Readout::final_state;
  for (const std::vector<int>& head :
       std::vector<std::vector<int>>{{}, {1}, {3}, {20}, {20, 2}, {7, 40, 9}}) {
    s.head = head;
    expect_agreement(s, 1, 4);
    expect_agreement(s, 5, 4);
  }
}

TEST(Engine, AppliesTheActivationsOfDenseLayers) {
  Random random(5);
  for (const Activation a :
       {Activation::none, Activation::relu, Activation::sigmoid, Activation::tanh}) {
    for (const int outputs : {1, 30}) {
      Shape s;
      s.head = {outputs};
      Network network = reference::random_network(s, random);
      network.head[0].activation = a;
      const auto input = reference::random_values(40, 3, random);
      std::vector<float> output(outputs);
      Engine::compile(network)->open(1, 8)->infer(input, output);
      const auto expected = reference::infer(network, input, 1, 8);
      for (int i = 0; i < outputs; ++i) ASSERT_NEAR(output[i], expected[i], 2e-6);
    }
  }
}

TEST(Engine, ReadsInputsThatHaveTimeFirst) {
  Shape s;
  expect_agreement(s, 7, 8, "", false);
  s.directions = 2;
  s.hidden = 40;
  expect_agreement(s, 3, 5, "", false);
}

TEST(Engine, RunsLongWindowsAndLargeHiddenSizes) {
  Shape s;
  s.hidden = 16;
  expect_agreement(s, 1, 10000);
  s.cell = Cell::lstm;
  s.hidden = 700;
  expect_agreement(s, 1, 2);
}

TEST(Engine, RunsTheLargestSizes) {
  Shape s;
  s.cell = Cell::rnn;
  s.hidden = 4096;
  s.features = 1;
  expect_agreement(s, 1, 2);
  s.hidden = 3;
  expect_agreement(s, 1 << 16, 2);
  s.cell = Cell::gru;
  s.hidden = 1;
  expect_agreement(s, 1, 1);
}

TEST(Engine, InfersOneBatchedWindowAsItInfersItAlone) {
  Shape s;
  s.cell = Cell::lstm;
  s.hidden = 37;
  Random random(3);
  const Network network = reference::random_network(s, random);
  const auto input = reference::random_values(50 * 40, 1, random);
  const auto engine = Engine::compile(network);
  std::vector<float> together(50), alone(1);
  engine->open(50, 8)->infer(input, together);
  for (int i = 0; i < 50; ++i) {
    engine->open(1, 8)->infer({input.data() + i * 40, 40}, alone);
    EXPECT_NEAR(together[i], alone[0], 1e-6);
  }
}

TEST(Engine, KeepsSessionsApart) {
  Random random(4);
  const auto engine = Engine::compile(reference::random_network({}, random));
  const auto first = engine->open(1, 8), second = engine->open(1, 8);
  const auto a = reference::random_values(40, 1, random),
             b = reference::random_values(40, 1, random);
  std::vector<float> alone(1), output(1), other(1);
  first->infer(a, alone);
  second->infer(b, other);
  first->infer(a, output);
  EXPECT_EQ(output[0], alone[0]);
  EXPECT_NE(output[0], other[0]);
}

TEST(Engine, ThreadsShareABatchAndGiveTheSame) {
  Random random(31);
  for (const bool batch_first : {true, false}) {
    for (const int hidden : {5, 24}) {
      Shape shape;
      shape.cell = Cell::lstm;
      shape.hidden = hidden;
      Network network = reference::random_network(shape, random);
      network.batch_first = batch_first;
      constexpr int kBatch = 45, kWindow = 4;
      const auto input =
          reference::random_values(std::size_t(kBatch) * kWindow * network.features, 1, random);
      const std::size_t tick = std::size_t(kBatch) * network.features;
      for (const Precision precision : {Precision::fp32, Precision::bf16, Precision::int8}) {
        EngineOptions options;
        options.precision = precision;
        options.calibration = input;
        options.calibration_window = kWindow;
        const auto engine = Engine::compile(network, options);
        const auto one = engine->open(kBatch, kWindow), three = engine->open(kBatch, kWindow, 3);
        std::vector<float> alone(std::size_t(kBatch) * engine->outputs()), shared(alone.size());
        for (int round = 0; round < 6; ++round) {
          one->infer(input, alone);
          three->infer(input, shared);
          for (std::size_t i = 0; i < alone.size(); ++i)
            ASSERT_NEAR(alone[i], shared[i], 2e-6) << i;
          one->step({input.data(), tick}, alone);
          if (round % 2) three->prepare();
          three->step({input.data(), tick}, shared);
          for (std::size_t i = 0; i < alone.size(); ++i)
            ASSERT_NEAR(alone[i], shared[i], 2e-5) << i;
        }
      }
    }
  }
}

TEST(Engine, MoreThreadsThanSamplesAreLeftOut) {
  Random random(32);
  const Network network = reference::random_network(Shape(), random);
  const auto engine = Engine::compile(network);
  const std::vector<float> input(std::size_t(2) * 3 * network.features, 0.5f);
  std::vector<float> output(std::size_t(2) * engine->outputs());
  engine->open(2, 3, 8)->infer(input, output);
  EXPECT_THROW(engine->open(2, 3, 0), Error);
}

}  // namespace
}  // namespace steelyard

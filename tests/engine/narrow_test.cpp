// SPDX-License-Identifier: Apache-2.0
// Narrow weights: how far bf16 and int8 are from the reference, on the kernels of this CPU and on
// the plain ones, and what int8 asks for.
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "steelyard/base/error.h"
#include "steelyard/engine/cpu/narrow_plan.h"
#include "steelyard/engine/engine.h"
#include "tests/engine/reference.h"

namespace steelyard {
namespace {

using reference::Shape;

Shape shape_of(Cell cell, int hidden, int layers = 1, int directions = 1) {
  Shape s;
  s.cell = cell;
  s.features = 5;
  s.hidden = hidden;
  s.layers = layers;
  s.directions = directions;
  s.readout = Readout::final_state;
  return s;
}

std::vector<Shape> shapes() {
  std::vector<Shape> all;
  for (const Cell cell : {Cell::rnn, Cell::gru, Cell::lstm}) {
    for (const int hidden : {1, 5, 16, 33, 64}) all.push_back(shape_of(cell, hidden));
    all.push_back(shape_of(cell, 20, 2));
    all.push_back(shape_of(cell, 9, 2, 2));
  }
  Shape reversed = shape_of(Cell::gru, 12);
  reversed.reverse = true;
  all.push_back(reversed);
  // So many features are rounded like states.
  for (const Cell cell : {Cell::rnn, Cell::gru, Cell::lstm}) {
    all.push_back(shape_of(cell, 20));
    all.back().features = 21;
  }
  Shape last = shape_of(Cell::lstm, 12, 2, 2);
  last.readout = Readout::last_step;
  all.push_back(last);
  return all;
}

// "" = the best kernels of this CPU; those of AVX3 come in several kinds; SSE4 has none of its own.
std::vector<std::string> kernel_kinds() {
  std::vector<std::string> kinds{""};
  for (const std::string& name : engine_targets()) {
    if (name == "SSE4" || name.rfind("AVX3", 0) == 0) kinds.push_back(name);
  }
  return kinds;
}

EngineOptions options_for(Precision precision, const std::string& target,
                          std::span<const float> calibration, int window) {
  EngineOptions options;
  options.precision = precision;
  options.target = target;
  options.calibration = calibration;
  options.calibration_window = window;
  return options;
}

// The root mean square of the differences over that of the outputs' own spread.
double relative_error(const std::vector<float>& output, const std::vector<double>& expected) {
  double mean = 0, spread = 0, error = 0;
  for (const double y : expected) mean += y / double(expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    spread += (expected[i] - mean) * (expected[i] - mean);
    error += (output[i] - expected[i]) * (output[i] - expected[i]);
  }
  return std::sqrt(error / spread);
}

void expect_within(Precision precision, double bound) {
  constexpr int kBatch = 37, kWindow = 9;
  for (const std::string& target : kernel_kinds()) {
    for (const Shape& shape : shapes()) {
      Random random(std::uint64_t(shape.hidden) + 3);
      const Network network = reference::random_network(shape, random);
      const auto input =
          reference::random_values(std::size_t(kBatch) * kWindow * network.features, 1, random);
      const auto engine = Engine::compile(network, options_for(precision, target, input, kWindow));
      std::vector<float> output(std::size_t(kBatch) * engine->outputs());
      const auto session = engine->open(kBatch, kWindow);
      session->infer(input, output);
      session->infer(input, output);
      const auto expected = reference::infer(network, input, kBatch, kWindow);
      EXPECT_LT(relative_error(output, expected), bound)
          << target << " cell " << int(shape.cell) << " H" << shape.hidden << " L" << shape.layers
          << " D" << shape.directions;
    }
  }
}

TEST(Narrow, Bf16StaysNearTheReference) { expect_within(Precision::bf16, 0.008); }

TEST(Narrow, Int8StaysNearTheReference) { expect_within(Precision::int8, 0.03); }

TEST(Narrow, OneSampleGivesWhatItGivesInABatch) {
  Random random(5);
  const Network network = reference::random_network(shape_of(Cell::lstm, 40, 2), random);
  constexpr int kBatch = 11, kWindow = 6;
  const auto input =
      reference::random_values(std::size_t(kBatch) * kWindow * network.features, 1, random);
  for (const std::string& target : kernel_kinds()) {
    for (const Precision precision : {Precision::bf16, Precision::int8}) {
      const auto engine = Engine::compile(network, options_for(precision, target, input, kWindow));
      // A matrix unit takes batches, and rounds in its own way.
      const double bound = engine->target() == "AMX" && precision == Precision::bf16 ? 1e-3 : 2e-6;
      std::vector<float> together(std::size_t(kBatch) * engine->outputs()),
          alone(std::size_t(engine->outputs()));
      engine->open(kBatch, kWindow)->infer(input, together);
      const auto session = engine->open(1, kWindow);
      const std::size_t each = std::size_t(kWindow) * network.features;
      for (int s = 0; s < kBatch; ++s) {
        session->infer({input.data() + s * each, each}, alone);
        for (std::size_t o = 0; o < alone.size(); ++o) {
          EXPECT_NEAR(alone[o], together[s * alone.size() + o], bound) << s;
        }
      }
    }
  }
}

void expect_steps_reach_the_window(const Shape& shape) {
  Random random(6);
  const Network network = reference::random_network(shape, random);
  constexpr int kWindow = 7;
  const auto input = reference::random_values(std::size_t(kWindow) * network.features, 1, random);
  for (const Precision precision : {Precision::bf16, Precision::int8}) {
    const auto session =
        Engine::compile(network, options_for(precision, "", input, kWindow))->open(1, kWindow);
    std::vector<float> whole(std::size_t(network.outputs())), stepped(whole.size());
    session->infer(input, whole);
    for (int round = 0; round < 2; ++round) {
      session->reset();
      for (int t = 0; t < kWindow; ++t) {
        // In the second round no step is prepared, in the first all but one.
        if (round == 0 && t != 3) session->prepare();
        session->step({input.data() + t * network.features, std::size_t(network.features)},
                      stepped);
      }
      for (std::size_t o = 0; o < whole.size(); ++o) EXPECT_NEAR(whole[o], stepped[o], 2e-6);
    }
  }
}

TEST(Narrow, StepsReachTheSameOutputAsTheWholeWindow) {
  for (const Cell cell : {Cell::rnn, Cell::gru, Cell::lstm}) {
    Shape shape = shape_of(cell, 24, 2);
    expect_steps_reach_the_window(shape);
    shape.features = 19;
    expect_steps_reach_the_window(shape);
  }
}

TEST(Narrow, ManyInputsBeyondTheCalibratedRangeAreLimited) {
  Random random(7);
  Shape shape = shape_of(Cell::gru, 8);
  shape.features = 20;
  const Network network = reference::random_network(shape, random);
  constexpr int kWindow = 4;
  const std::size_t size = std::size_t(kWindow) * network.features;
  const std::vector<float> calibration(size, 1.0f), far(size, 1000.0f);
  const auto session =
      Engine::compile(network, options_for(Precision::int8, "", calibration, kWindow))
          ->open(1, kWindow);
  std::vector<float> inside(std::size_t(network.outputs())), outside(inside.size());
  session->infer(calibration, inside);
  session->infer(far, outside);
  EXPECT_EQ(inside, outside);
}

std::string error_of(const Network& network, const EngineOptions& options) {
  try {
    Engine::compile(network, options);
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

TEST(Narrow, Int8WithoutCalibrationIsRefusedInOneSentence) {
  Random random(8);
  const Network network = reference::random_network(shape_of(Cell::gru, 5), random);
  EXPECT_EQ(error_of(network, options_for(Precision::int8, "", {}, 8)),
            "int8 needs calibration windows, and there are none.");
  const std::vector<float> part(7);
  EXPECT_EQ(error_of(network, options_for(Precision::int8, "", part, 8)),
            "7 calibration values are no whole number of windows of 8 x 5.");
}

TEST(Narrow, RefusesAGruThatResetsFirstByNamingTheLayer) {
  Random random(9);
  Shape shape = shape_of(Cell::gru, 5);
  shape.linear_before_reset = false;
  Network network = reference::random_network(shape, random);
  network.layers[0].node = "gru_7";
  EXPECT_NE(error_of(network, options_for(Precision::bf16, "", {}, 8)).find("(gru_7)"),
            std::string::npos);
}

}  // namespace
}  // namespace steelyard

// SPDX-License-Identifier: Apache-2.0
// Layers with other activations than the standard ones, against the reference.
#include "steelyard/engine/cpu/stepwise.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "steelyard/base/error.h"
#include "steelyard/engine/engine.h"
#include "tests/engine/reference.h"
#include "tests/fakes/activations.h"

namespace steelyard {
namespace {

using reference::Shape;
using F = GateFunction;

// Of every kind the first direction has function `first`, others those that follow.
void set_functions(Network& network, std::size_t first) {
  for (Recurrent& layer : network.layers) {
    layer.functions.clear();
    for (int i = 0; i < functions_of(layer.cell) * layer.directions; ++i) {
      layer.functions.push_back(kEveryActivation[(first + i * 3) % kEveryActivation.size()]);
    }
    // Weights so small that nothing grows from step to step, whatever its function.
    for (float& w : layer.r) w *= 0.3f;
  }
}

struct Query {
  int batch = 1, window = 4, threads = 1;
  std::string target = "";
};

void expect_agreement(const Network& network, const Query& q) {
  SCOPED_TRACE("B" + std::to_string(q.batch) + " threads " + std::to_string(q.threads) + " " +
               q.target);
  Random random(q.batch);
  const auto input =
      reference::random_values(std::size_t(q.batch) * q.window * network.features, 2, random);
  const auto engine = Engine::compile(network, {Precision::fp32, q.target});
  const auto session = engine->open(q.batch, q.window, q.threads, true);
  std::vector<float> after(q.batch * engine->state_size()), output(q.batch * engine->outputs());
  for (const bool given : {false, true}) {
    reference::Along along;
    if (given) along.before = reference::random_values(after.size(), 1, random);
    for (int s = 0; network.ends_early() && s < q.batch; ++s) along.lengths.push_back(s % 5);
    const auto expected = reference::run(network, input, q.batch, q.window, along);
    session->infer(input, output, {along.before, after, along.lengths});
    for (std::size_t i = 0; i < output.size(); ++i) {
      ASSERT_NEAR(output[i], expected.answers[i], 1e-5 * std::max(1.0, std::abs(output[i] * 1.0)));
    }
    for (std::size_t i = 0; i < after.size(); ++i) {
      ASSERT_NEAR(after[i], expected.after[i], 1e-5 * std::max(1.0, std::abs(after[i] * 1.0)));
    }
  }
}

std::vector<Shape> shapes() {
  std::vector<Shape> all;
  for (const Cell cell : {Cell::rnn, Cell::gru, Cell::lstm}) {
    for (const int hidden : {5, 20, 40}) {
      for (const int directions : {1, 2}) {
        Shape s;
        s.cell = cell;
        s.hidden = hidden;
        s.directions = directions;
        s.layers = directions;
        s.features = 3 * hidden / 5;
        all.push_back(s);
        s.linear_before_reset = false;
        if (cell == Cell::gru) all.push_back(s);
      }
    }
  }
  return all;
}

TEST(Functions, OfEveryKindAgreeInEveryCell) {
  for (const Shape& shape : shapes()) {
    for (std::size_t first = 0; first < kEveryActivation.size(); ++first) {
      SCOPED_TRACE("cell " + std::to_string(int(shape.cell)) + " H" + std::to_string(shape.hidden) +
                   " D" + std::to_string(shape.directions) +
                   (shape.linear_before_reset ? "" : " reset first") + " functions from " +
                   std::to_string(first));
      Random random(first + 1);
      Network network = reference::random_network(shape, random);
      set_functions(network, first);
      for (const int batch : {1, 4, 33}) expect_agreement(network, {batch});
      expect_agreement(network, {.batch = 9, .threads = 2});
      for (Recurrent& layer : network.layers) layer.ends_early = true;
      expect_agreement(network, {.batch = 7});
    }
  }
}

TEST(Functions, AgreeOnEveryInstructionSet) {
  for (const std::string& target : engine_targets()) {
    for (std::size_t first = 0; first < kEveryActivation.size(); ++first) {
      for (const Shape& shape : shapes()) {
        if (shape.hidden != 20) continue;
        Random random(first + 1);
        Network network = reference::random_network(shape, random);
        set_functions(network, first);
        expect_agreement(network, {.batch = 3, .target = target});
      }
    }
  }
}

TEST(Functions, AgreeStepByStep) {
  for (Shape shape : shapes()) {
    if (shape.directions == 2) continue;
    shape.layers = 2;
    for (const int batch : {1, 6}) {
      Random random(batch);
      Network network = reference::random_network(shape, random);
      set_functions(network, 4);
      const int window = 4, features = network.features;
      const auto input =
          reference::random_values(std::size_t(batch) * window * features, 1, random);
      const auto session = Engine::compile(network)->open(batch, window);
      const auto expected = reference::infer(network, input, batch, window);
      for (const bool prepared : {false, true}) {
        session->reset();
        std::vector<float> tick(std::size_t(batch) * features), output(batch);
        for (int t = 0; t < window; ++t) {
          for (int s = 0; s < batch; ++s) {
            std::copy_n(&input[(std::size_t(s) * window + t) * features], features,
                        &tick[std::size_t(s) * features]);
          }
          if (prepared) session->prepare();
          session->step(tick, output);
        }
        for (int s = 0; s < batch; ++s) ASSERT_NEAR(output[s], expected[s], 1e-5) << s;
      }
    }
  }
}

// An RNN without weights that passes its one input on: the function itself.
Network function_alone(const F& f) {
  Network network;
  network.features = 1;
  Recurrent layer;
  layer.cell = Cell::rnn;
  layer.input = layer.hidden = 1;
  layer.w = {1};
  layer.r = {0};
  layer.b = {0, 0};
  layer.functions = {f};
  network.layers = {layer};
  return network;
}

TEST(Functions, AgreeFarFromZeroAndKeepNan) {
  for (const std::string& target : engine_targets()) {
    for (const F& f : kEveryActivation) {
      const auto session =
          Engine::compile(function_alone(f), {Precision::fp32, target})->open(1, 1);
      std::vector<float> x(1), y(1);
      for (const float at : {-1e30f, -200.0f, -90.0f, -20.0f, -1e-3f, -1e-30f, 0.0f, 1e-30f, 1e-3f,
                             0.29f, 0.31f, 20.0f, 90.0f, 200.0f, 1e30f}) {
        x[0] = at;
        session->infer(x, y);
        const double expected = reference::apply(f, at);
        ASSERT_NEAR(y[0], expected, 2e-6 * std::max(1.0, std::abs(expected)))
            << target << " kind " << f.kind << " at " << at;
      }
      x[0] = std::numeric_limits<float>::quiet_NaN();
      session->infer(x, y);
      EXPECT_TRUE(std::isnan(y[0])) << target << " kind " << f.kind;
    }
  }
}

TEST(Functions, OtherThanTheStandardOnesAreRefusedByNarrowWeightsByName) {
  Shape shape;
  shape.cell = Cell::lstm;
  Random random(1);
  Network network = reference::random_network(shape, random);
  set_functions(network, 0);
  network.layers[0].node = "lstm_3";
  const std::vector<float> calibration(40);
  for (const Precision precision : {Precision::bf16, Precision::int8}) {
    EngineOptions options;
    options.precision = precision;
    options.calibration = calibration;
    options.calibration_window = 8;
    try {
      Engine::compile(network, options);
      FAIL() << "compiled";
    } catch (const Error& e) {
      EXPECT_STREQ(e.what(),
                   "recurrent layer 1 (lstm_3) has other activations than sigmoid and tanh, which "
                   "the engine has in fp32 only.");
      EXPECT_NE(e.hint(), "");
    }
  }
}

TEST(Functions, OfWrongNumberAreRefused) {
  Random random(1);
  Network network = reference::random_network({}, random);
  network.layers[0].functions = {{F::relu}};
  EXPECT_THROW(Engine::compile(network), Error);
}

}  // namespace
}  // namespace steelyard

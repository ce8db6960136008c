// SPDX-License-Identifier: Apache-2.0
// States that go in and come out, whole sequences and windows that end early, against the
// reference: every cell, direction, depth, batch and precision, whole windows and step by step.
#include "steelyard/engine/cpu/states.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <string>

#include "steelyard/base/error.h"
#include "steelyard/engine/cpu/abreast.h"
#include "tests/engine/reference.h"

namespace steelyard {
namespace {

using reference::Along;
using reference::Shape;

std::vector<Shape> shapes(int hidden) {
  std::vector<Shape> all;
  for (const Cell cell : {Cell::rnn, Cell::gru, Cell::lstm}) {
    for (const int directions : {1, 2}) {
      for (const int layers : {1, 3}) {
        for (const Readout readout :
             {Readout::last_step, Readout::final_state, Readout::every_step}) {
          Shape s;
          s.cell = cell;
          s.hidden = hidden;
          s.directions = directions;
          s.layers = layers;
          s.readout = readout;
          all.push_back(s);
        }
      }
    }
    Shape reversed;
    reversed.cell = cell;
    reversed.hidden = hidden;
    reversed.reverse = true;
    all.push_back(reversed);
  }
  Shape reset_first;
  reset_first.hidden = hidden;
  reset_first.layers = 2;
  reset_first.directions = 2;
  reset_first.linear_before_reset = false;
  all.push_back(reset_first);
  return all;
}

std::string name_of(const Shape& s) {
  return "cell " + std::to_string(int(s.cell)) + " H" + std::to_string(s.hidden) + " L" +
         std::to_string(s.layers) + " D" + std::to_string(s.directions) +
         (s.reverse ? " reverse" : "") + " readout " + std::to_string(int(s.readout));
}

EngineOptions options_for(Precision precision, std::span<const float> calibration, int window) {
  EngineOptions options;
  options.precision = precision;
  options.calibration = calibration;
  options.calibration_window = window;
  return options;
}

void expect_near(const std::vector<float>& got, const std::vector<double>& expected,
                 double tolerance, const char* what) {
  ASSERT_EQ(got.size(), expected.size()) << what;
  for (std::size_t i = 0; i < got.size(); ++i) {
    ASSERT_NEAR(got[i], expected[i], tolerance * std::max(1.0, std::abs(expected[i])))
        << what << " " << i;
  }
}

double tolerance_of(Precision precision) {
  return precision == Precision::fp32 ? 5e-6 : precision == Precision::bf16 ? 2e-2 : 1e-1;
}

struct Query {
  int batch = 1, window = 6, threads = 1;
  bool given = true, lengths = false;
  Precision precision = Precision::fp32;
  std::string target = "";
};

std::vector<int> some_lengths(int batch, int window, Random& random) {
  std::vector<int> lengths;
  for (int s = 0; s < batch; ++s) lengths.push_back(int(random.below(window + 1)));
  return lengths;
}

// Twice, so that nothing of the first query is left in the second.
void expect_agreement(const Network& network, const Query& q) {
  SCOPED_TRACE("B" + std::to_string(q.batch) + " T" + std::to_string(q.window) + " threads " +
               std::to_string(q.threads) + (q.given ? " given" : " own") +
               (q.lengths ? " lengths" : "") + " precision " + std::to_string(int(q.precision)) +
               " " + q.target);
  Random random(q.batch * 100 + q.window);
  const auto input =
      reference::random_values(std::size_t(q.batch) * q.window * network.features, 1, random);
  EngineOptions options = options_for(q.precision, input, q.window);
  options.target = q.target;
  const auto engine = Engine::compile(network, options);
  const auto session = engine->open(q.batch, q.window, q.threads, true);
  const double tolerance = tolerance_of(q.precision);
  std::vector<float> output(std::size_t(q.batch) * engine->outputs() * network.answers(q.window));
  std::vector<float> after(q.batch * engine->state_size());
  for (int round = 0; round < 2; ++round) {
    Along along;
    if (q.given) along.before = reference::random_values(after.size(), 0.9, random);
    // Bytes are made for states that windows leave.
    if (q.given && q.precision == Precision::int8) along.before = after;
    if (q.lengths) along.lengths = some_lengths(q.batch, q.window, random);
    const auto expected = reference::run(network, input, q.batch, q.window, along);
    session->infer(input, output, {along.before, after, along.lengths});
    expect_near(output, expected.answers, tolerance, "answer");
    expect_near(after, expected.after, tolerance, "state");
  }
}

Network network_of(const Shape& shape, bool states = true) {
  Random random(shape.hidden + shape.layers);
  Network network = reference::random_network(shape, random);
  // What int8 takes its ranges for.
  if (states) network.states_in.emplace_back();
  return network;
}

TEST(States, GoInAndComeOutOfEveryKindOfLayer) {
  for (const int hidden : {5, 20}) {
    for (const Shape& shape : shapes(hidden)) {
      SCOPED_TRACE(name_of(shape));
      const Network network = network_of(shape);
      for (const int batch : {1, 3, 40}) {
        expect_agreement(network, {batch});
        expect_agreement(network, {.batch = batch, .given = false});
      }
    }
  }
}

TEST(States, GoInAndComeOutOnEveryInstructionSet) {
  for (const std::string& target : engine_targets()) {
    for (const Shape& shape : shapes(7)) {
      SCOPED_TRACE(name_of(shape));
      const int group = cpu::choose_kernels(target).lanes * 4;
      for (const int batch : {1, 5, group + 1}) {
        expect_agreement(network_of(shape), {.batch = batch, .window = 3, .target = target});
      }
    }
  }
}

TEST(States, GoInAndComeOutOfEveryShareOfABatch) {
  for (Shape shape : shapes(6)) {
    SCOPED_TRACE(name_of(shape));
    for (const bool batch_first : {true, false}) {
      Network network = network_of(shape);
      network.batch_first = batch_first;
      network.answer_batch_first = !batch_first;
      expect_agreement(network, {.batch = 45, .window = 4, .threads = 3});
    }
  }
}

TEST(States, SurviveManyInputsAndLongSequences) {
  Shape shape;
  shape.cell = Cell::lstm;
  shape.features = 30;  // projected for all steps at once
  shape.hidden = 24;
  shape.directions = 2;
  shape.readout = Readout::every_step;
  shape.head = {20, 3};
  expect_agreement(network_of(shape), {.batch = 1, .window = 40});
  expect_agreement(network_of(shape), {.batch = 300, .window = 9});
}

// As fp16, as bf16 by vectors, and by plain kernels.
std::vector<std::string> narrow_targets() {
  std::vector<std::string> targets{""};
  for (const std::string& target : engine_targets()) {
    if (target == "AVX3" || target == "SSE4") targets.push_back(target);
  }
  return targets;
}

TEST(States, GoThroughNarrowWeights) {
  for (const std::string& target : narrow_targets()) {
    for (const Precision precision : {Precision::bf16, Precision::int8}) {
      for (const Shape& shape : shapes(12)) {
        if (!shape.linear_before_reset) continue;
        SCOPED_TRACE(name_of(shape));
        const Network network = network_of(shape);
        Query q{.precision = precision, .target = target};
        for (const int batch : {1, 50}) {
          q.batch = batch;
          for (const bool given : {true, false}) {
            q.given = given;
            expect_agreement(network, q);
          }
        }
        q.batch = 7;
        q.threads = 2;
        expect_agreement(network, q);
      }
    }
  }
}

// Layers' own states, the same for all windows or one each.
Network with_own_states(Network network, int rows) {
  Random random(rows);
  for (Recurrent& layer : network.layers) {
    const std::size_t count = std::size_t(layer.output()) * rows;
    layer.initial_h = reference::random_values(count, 0.9, random);
    if (layer.cell == Cell::lstm) layer.initial_c = reference::random_values(count, 2, random);
  }
  return network;
}

TEST(States, OfTheNetworkItselfAreWhatWindowsBeginWith) {
  for (const Shape& shape : shapes(9)) {
    SCOPED_TRACE(name_of(shape));
    for (const int rows : {1, 5}) {
      const Network network = with_own_states(network_of(shape, false), rows);
      expect_agreement(network, {.batch = 5, .given = false});
      expect_agreement(network, {.batch = 5, .threads = 2, .given = false});
      expect_agreement(network, {.batch = 5, .given = true});
      if (!shape.linear_before_reset) continue;
      for (const Precision precision : {Precision::bf16, Precision::int8}) {
        expect_agreement(network, {.batch = 5, .given = false, .precision = precision});
      }
    }
  }
}

TEST(States, OfTheNetworkItselfNeedNoSessionForStates) {
  Shape shape;
  shape.cell = Cell::lstm;
  const Network network = with_own_states(network_of(shape, false), 1);
  Random random(1);
  const auto input = reference::random_values(2 * 4 * 5, 1, random);
  std::vector<float> output(2);
  Engine::compile(network)->open(2, 4)->infer(input, output);
  expect_near(output, reference::infer(network, input, 2, 4), 5e-6, "answer");
}

TEST(States, OfAnotherBatchAreRefusedInOneSentence) {
  const Network network = with_own_states(network_of({}, false), 3);
  try {
    Engine::compile(network)->open(2, 4);
    FAIL() << "opened";
  } catch (const Error& e) {
    EXPECT_STREQ(e.what(), "the model's own initial states are those of 3 windows, not 2");
  }
}

// Every window's steps one by one, with states that are given, taken over and taken out.
void expect_steps_agree(const Network& network, int batch, int threads, Precision precision) {
  const int window = 5, features = network.features;
  Random random(batch);
  const auto input = reference::random_values(std::size_t(batch) * window * features, 1, random);
  const auto engine = Engine::compile(network, options_for(precision, input, window));
  const auto session = engine->open(batch, window, threads, true);
  std::vector<float> after(batch * engine->state_size()), output(batch * engine->outputs());
  std::vector<float> tick(std::size_t(batch) * features);
  for (int round = 0; round < 3; ++round) {
    Along along;
    if (round != 1) along.before = reference::random_values(after.size(), 0.9, random);
    if (round != 1 && precision == Precision::int8) along.before = after;
    if (round == 2) session->prepare();  // of what reset() makes worthless
    session->reset(along.before);
    for (int t = 0; t < window; ++t) {
      for (int s = 0; s < batch; ++s) {
        std::copy_n(&input[(std::size_t(s) * window + t) * features], features,
                    &tick[std::size_t(s) * features]);
      }
      if (t % 2 == round % 2) session->prepare();
      session->step(tick, output, after);
    }
    Network last = network;
    last.readout = Readout::last_step;
    const auto expected = reference::run(last, input, batch, window, along);
    expect_near(output, expected.answers, tolerance_of(precision), "answer");
    expect_near(after, expected.after, tolerance_of(precision), "state");
  }
}

TEST(States, AreTakenOverFromStepToStep) {
  for (const Shape& shape : shapes(11)) {
    if (shape.directions == 2 || shape.reverse) continue;
    SCOPED_TRACE(name_of(shape));
    for (const bool own : {false, true}) {
      const Network network = own ? with_own_states(network_of(shape), 1) : network_of(shape);
      for (const Precision precision : {Precision::fp32, Precision::bf16, Precision::int8}) {
        expect_steps_agree(network, 1, 1, precision);
        expect_steps_agree(network, 9, 2, precision);
      }
    }
  }
}

// Bytes and halves have steps as coarse as the largest state needs, in the first step.
TEST(States, BeyondTheirRangeHaveCoarserStepsInTheFirstStep) {
  for (const Cell cell : {Cell::rnn, Cell::lstm}) {
    for (const double size : {3.0, 100.0, 5000.0}) {
      Shape shape;
      shape.cell = cell;
      shape.hidden = 24;
      const Network network = network_of(shape);
      for (const Precision precision : {Precision::bf16, Precision::int8}) {
        Random random(4);
        const int batch = 9, window = 1;
        const auto input =
            reference::random_values(std::size_t(batch) * network.features, 1, random);
        const auto engine = Engine::compile(network, options_for(precision, input, window));
        const auto session = engine->open(batch, window, 1, true);
        Along along{reference::random_values(batch * engine->state_size(), 0.5, random), {}};
        // One sample's only, and no c: what gates make of it says nothing of h.
        for (int u = 0; u < shape.hidden; ++u) along.before[shape.hidden + u] *= float(2 * size);
        std::vector<float> output(batch), after(along.before.size());
        session->infer(input, output, {along.before, after, {}});
        const auto expected = reference::run(network, input, batch, window, along);
        // Weights are rounded, and of sums of thousands a few come close to zero all the same.
        int far = 0;
        for (std::size_t i = 0; i < after.size(); ++i) {
          far += !(std::abs(after[i] - expected.after[i]) < tolerance_of(precision));
        }
        EXPECT_LE(far, size > 10 ? int(after.size()) / 50 : 0) << size << " " << int(precision);
      }
    }
  }
}

// A GRU whose gates keep what it is given has large states in every step, not in the first alone.
TEST(States, ThatGatesKeepLargeStayNumbers) {
  Shape shape;
  shape.hidden = 40;
  Network network = network_of(shape);
  Recurrent& layer = network.layers[0];
  ASSERT_EQ(layer.cell, Cell::gru);
  std::fill_n(layer.b.begin(), shape.hidden, 20.0f);  // z = 1
  Random random(4);
  const int batch = 3, window = 6;
  const auto input =
      reference::random_values(std::size_t(batch) * window * network.features, 1, random);
  const auto engine = Engine::compile(network, options_for(Precision::bf16, input, window));
  const auto session = engine->open(batch, window, 1, true);
  const std::vector<float> before(batch * engine->state_size(), 1e6f);
  std::vector<float> output(batch), after(before.size());
  session->infer(input, output, {before, after, {}});
  for (const float h : after) EXPECT_TRUE(std::isfinite(h)) << h;
}

TEST(States, BeyondTheirRangeAreLimitedWhereWindowsEndEarly) {
  Shape shape;
  shape.cell = Cell::rnn;
  Network network = network_of(shape);
  network.layers[0].ends_early = true;
  Random random(4);
  const auto input = reference::random_values(4 * 5, 1, random);
  const auto engine = Engine::compile(network, options_for(Precision::int8, input, 4));
  const auto session = engine->open(1, 4, 1, true);
  const std::vector<float> large(engine->state_size(), 100.0f), larger(large.size(), 1000.0f);
  const std::vector<std::int32_t> lengths{3};
  std::vector<float> of_large(1), of_larger(1);
  session->infer(input, of_large, {.before = large, .lengths = lengths});
  session->infer(input, of_larger, {.before = larger, .lengths = lengths});
  EXPECT_EQ(of_large, of_larger);
}

std::string refusal(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

TEST(States, ThatDoNotFitAreRefusedInOneSentence) {
  const auto engine = Engine::compile(network_of({}));
  const auto without = engine->open(2, 4), with = engine->open(2, 4, 1, true);
  std::vector<float> x(40), y(2), tick(10), states(2 * engine->state_size());
  EXPECT_EQ(refusal([&] { without->infer(x, y, {.before = states}); }),
            "the session was opened without states, and states were given or asked for.");
  EXPECT_EQ(refusal([&] { without->step(tick, y, states); }),
            "the session was opened without states, and states were given or asked for.");
  EXPECT_EQ(refusal([&] {
              with->infer(x, y, {.after = {states.data(), 9}});
            }),
            "the engine got 9 values of states, but its session needs 10.");
  EXPECT_EQ(refusal([&] {
              with->reset({states.data(), 11});
            }),
            "the engine got 11 values of states, but its session needs 10.");
  const std::vector<std::int32_t> lengths(2, 4);
  EXPECT_EQ(refusal([&] { with->infer(x, y, {.lengths = lengths}); }),
            "lengths of windows were given to a network whose layers take none.");
}

Network that_ends_early(Network network) {
  for (Recurrent& layer : network.layers) layer.ends_early = true;
  return network;
}

TEST(Lengths, EndEveryWindowAtItsOwnStep) {
  for (const int hidden : {5, 20}) {
    for (const Shape& shape : shapes(hidden)) {
      SCOPED_TRACE(name_of(shape));
      const Network network = that_ends_early(network_of(shape));
      for (const int batch : {1, 2, 40}) {
        for (const bool given : {false, true}) {
          expect_agreement(network, {.batch = batch, .given = given, .lengths = true});
          expect_agreement(network, {.batch = batch, .given = given, .lengths = false});
        }
      }
      expect_agreement(network, {.batch = 21, .threads = 3, .lengths = true});
    }
  }
}

TEST(Lengths, EndWindowsOfNarrowWeights) {
  for (const std::string& target : narrow_targets()) {
    for (const Precision precision : {Precision::bf16, Precision::int8}) {
      for (const Shape& shape : shapes(10)) {
        if (!shape.linear_before_reset) continue;
        SCOPED_TRACE(name_of(shape));
        const Network network = that_ends_early(network_of(shape));
        for (const int batch : {1, 50}) {
          expect_agreement(
              network, {.batch = batch, .lengths = true, .precision = precision, .target = target});
        }
      }
    }
  }
}

TEST(Lengths, EndWindowsWhoseInputsAreMultipliedForAllStepsAtOnce) {
  for (const Cell cell : {Cell::rnn, Cell::gru, Cell::lstm}) {
    Shape shape;
    shape.cell = cell;
    shape.features = 25;
    shape.hidden = 18;
    shape.directions = 2;
    const Network network = that_ends_early(network_of(shape));
    for (int window = 1; window < 9; ++window) {
      expect_agreement(network, {.batch = 1, .window = window, .lengths = true});
    }
    for (const Precision precision : {Precision::bf16, Precision::int8}) {
      expect_agreement(network, {.batch = 5, .lengths = true, .precision = precision});
    }
  }
}

TEST(Lengths, MayBelongToSomeLayersOnly) {
  Shape shape;
  shape.cell = Cell::gru;
  shape.layers = 3;
  Network network = network_of(shape);
  network.layers[1].ends_early = true;
  expect_agreement(network, {.batch = 6, .lengths = true});
  expect_agreement(network, {.batch = 6, .lengths = true, .precision = Precision::bf16});
}

TEST(Lengths, OfTheNetworkItselfHoldUnlessOthersAreGiven) {
  Shape shape;
  shape.cell = Cell::lstm;
  shape.directions = 2;
  Network network = that_ends_early(network_of(shape));
  for (const std::vector<int>& fixed : {std::vector<int>{3}, std::vector<int>{6, 0, 2}}) {
    network.lengths.fixed = fixed;
    expect_agreement(network, {.batch = 3, .given = false, .lengths = false});
    expect_agreement(network, {.batch = 3, .given = false, .lengths = true});
  }
  EXPECT_EQ(refusal([&] { Engine::compile(network)->open(2, 6); }),
            "the model's own lengths are those of 3 windows, not 2.");
  EXPECT_EQ(refusal([&] { Engine::compile(network)->open(3, 4); }),
            "window 1 of the batch has a length of 6 steps, where 0 to 4 are possible.");
}

TEST(Lengths, MayAllBeZero) {
  for (const Shape& shape : shapes(5)) {
    Network network = that_ends_early(network_of(shape));
    network.lengths.fixed = {0};
    for (const bool given : {false, true}) {
      expect_agreement(network, {.batch = 2, .given = given});
      if (!shape.linear_before_reset) continue;
      expect_agreement(network, {.batch = 2, .given = given, .precision = Precision::int8});
    }
  }
}

TEST(Lengths, BeyondTheWindowAreRefusedInOneSentence) {
  const auto session = Engine::compile(that_ends_early(network_of({})))->open(2, 4);
  std::vector<float> x(40), y(2);
  std::vector<std::int32_t> lengths{4, 5};
  EXPECT_EQ(refusal([&] { session->infer(x, y, {.lengths = lengths}); }),
            "window 2 of the batch has a length of 5 steps, where 0 to 4 are possible.");
  lengths[1] = -1;
  EXPECT_EQ(refusal([&] { session->infer(x, y, {.lengths = lengths}); }),
            "window 2 of the batch has a length of -1 steps, where 0 to 4 are possible.");
  lengths.pop_back();
  EXPECT_EQ(refusal([&] { session->infer(x, y, {.lengths = lengths}); }),
            "the engine got 1 lengths of windows, but its session needs 2.");
  std::vector<float> tick(10);
  EXPECT_EQ(refusal([&] { session->step(tick, y); }),
            "a network whose windows have lengths cannot be run step by step.");
}

TEST(Lengths, LeaveWhatLiesBehindAnEndUnread) {
  Shape shape;
  shape.layers = 2;
  shape.readout = Readout::final_state;
  const auto session = Engine::compile(that_ends_early(network_of(shape)))->open(1, 4);
  std::vector<float> x(20, 0.5f), y(1), spoilt(1);
  const std::vector<std::int32_t> lengths{2};
  session->infer(x, y, {.lengths = lengths});
  std::fill(x.begin() + 10, x.end(), std::numeric_limits<float>::quiet_NaN());
  session->infer(x, spoilt, {.lengths = lengths});
  EXPECT_EQ(y, spoilt);
}

}  // namespace
}  // namespace steelyard

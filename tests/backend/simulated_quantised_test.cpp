// SPDX-License-Identifier: Apache-2.0
// Integer outputs against the same network in FP32.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "steelyard/backend/simulated/affine.h"
#include "steelyard/backend/simulated/quantised.h"
#include "steelyard/engine/engine.h"
#include "tests/backend/simulated_fixture.h"

namespace steelyard::simulated {
namespace {

struct Distance {
  double largest = 0, rms = 0, sd = 0;
};

// Calibrated on the windows that are asked: what integers cost, without clipping.
Distance distance(const Network& net, const QuantisationProfile& profile) {
  const std::vector<float> test = windows(net, 500, 2);
  QuantisedNetwork quantised(net, profile, net.window, test);
  const auto engine = Engine::compile(net)->open(1, net.window);
  const std::size_t size = static_cast<std::size_t>(net.window) * net.features;
  Distance result;
  double sum = 0, squares = 0, errors = 0;
  const int n = static_cast<int>(test.size() / size);
  for (int i = 0; i < n; ++i) {
    const std::span<const float> in(&test[i * size], size);
    float exact = 0, integer = 0;
    engine->infer(in, {&exact, 1});
    quantised.answer(in, {&integer, 1});
    result.largest = std::max<double>(result.largest, std::fabs(exact - integer));
    errors += (exact - integer) * (exact - integer);
    sum += exact;
    squares += exact * exact;
  }
  result.rms = std::sqrt(errors / n);
  result.sd = std::sqrt(squares / n - (sum / n) * (sum / n));
  return result;
}

TEST(SimulatedQuantised, RoundsAsHailoRtDoes) {
  Affine format;
  format.see(-1);
  format.see(1.55);
  format.fix(8);
  EXPECT_FLOAT_EQ(format.scale, 0.01f);
  EXPECT_EQ(format.zero, 100);
  EXPECT_EQ(format.units(0), 0);
  EXPECT_EQ(format.units(0.254), 25);
  EXPECT_EQ(format.units(0.2501 / 2), 13);
  EXPECT_EQ(format.units(-7), -100);
  EXPECT_EQ(format.units(7), 155);
  // A tie goes to the even integer, whichever way that is.
  Affine whole;
  whole.see(-100);
  whole.see(155);
  whole.fix(8);
  EXPECT_EQ(whole.scale, 1);
  EXPECT_EQ(whole.units(0.5), 0);
  EXPECT_EQ(whole.units(1.5), 2);
  EXPECT_EQ(whole.units(2.5), 2);
  EXPECT_EQ(whole.units(-0.5), 0);
}

TEST(SimulatedQuantised, ChannelScalesKeepSmallRowsPrecise) {
  const float values[] = {1.0f, -0.5f, 0.01f, 0.004f};
  Weights channel(values, 2, 2), tensor(values, 2, 2);
  channel.quantise(8, true);
  tensor.quantise(8, false);
  EXPECT_EQ(channel.at(0, 0), 127);
  EXPECT_EQ(channel.at(1, 0), -64);
  EXPECT_EQ(channel.at(0, 1), 127);
  EXPECT_EQ(channel.at(1, 1), 51);
  EXPECT_EQ(tensor.at(0, 1), 1);
  EXPECT_EQ(tensor.at(1, 1), 1);
}

TEST(SimulatedQuantised, EightBitsStayWithinASixthOfTheOutputsSpread) {
  for (const Cell cell : {Cell::rnn, Cell::gru, Cell::lstm})
    for (const int directions : {1, 2})
      for (const int layers : {1, 2}) {
        const Distance d = distance(network(cell, 5, directions, layers), {});
        EXPECT_LT(d.rms, d.sd / 6) << static_cast<int>(cell) << directions << layers;
        EXPECT_LT(d.largest, 0.05 + d.sd) << static_cast<int>(cell) << directions << layers;
        EXPECT_GT(d.rms, 1e-4) << "these are not eight bits";
      }
}

TEST(SimulatedQuantised, SixteenBitsComeCloseToFp32) {
  QuantisationProfile sixteen;
  sixteen.input_bits = sixteen.activation_bits = sixteen.state_bits = 16;
  sixteen.output_bits = sixteen.weight_bits = 16;
  const Distance eight = distance(network(Cell::lstm), {});
  const Distance fine = distance(network(Cell::lstm), sixteen);
  EXPECT_LT(fine.rms, eight.rms / 20);
}

TEST(SimulatedQuantised, ComputesEveryFormOfRecurrence) {
  QuantisationProfile sixteen;
  sixteen.input_bits = sixteen.activation_bits = sixteen.state_bits = 16;
  sixteen.output_bits = sixteen.weight_bits = 16;
  Network reset_first = network(Cell::gru);
  reset_first.layers[0].linear_before_reset = false;
  Network backwards = network(Cell::lstm);
  backwards.layers[0].reverse = true;
  Network final_state = network(Cell::gru, 4, 2, 2);
  final_state.readout = Readout::final_state;
  Network backwards_final = backwards;
  backwards_final.readout = Readout::final_state;
  Network relu = network(Cell::rnn);
  relu.layers[0].activation = Activation::relu;
  relu.head.push_back(relu.head.back());
  relu.head[0] = {5, 1, relu.head[0].w, relu.head[0].b, Activation::sigmoid};
  relu.head[1] = {1, 1, {0.5f}, {0.1f}, Activation::none};
  for (const Network& net : {reset_first, backwards, final_state, backwards_final, relu}) {
    const Distance d = distance(net, sixteen);
    EXPECT_LT(d.rms, 0.02 * d.sd);
  }
}

TEST(SimulatedQuantised, InputsBeyondTheCalibratedRangeAreClipped) {
  const Network net = network(Cell::lstm);
  QuantisedNetwork quantised(net, {}, 8, windows(net, 64));
  const std::vector<float> far(40, 100), farther(40, 1000);
  float a = 0, b = 0;
  quantised.answer(far, {&a, 1});
  quantised.answer(farther, {&b, 1});
  EXPECT_EQ(a, b);
}

TEST(SimulatedQuantised, AnswersTheSameWindowTheSameWay) {
  const Network net = network(Cell::gru);
  const std::vector<float> calibration = windows(net, 64);
  QuantisedNetwork quantised(net, {}, 8, calibration);
  float first = 0, other = 0, again = 0;
  quantised.answer({&calibration[0], 40}, {&first, 1});
  quantised.answer({&calibration[40], 40}, {&other, 1});
  quantised.answer({&calibration[0], 40}, {&again, 1});
  EXPECT_EQ(first, again);
  EXPECT_NE(first, other);
}

TEST(SimulatedQuantised, ItsOutputsAreTheSameOnEveryMachine) {
  const Network net = network(Cell::gru);
  QuantisedNetwork quantised(net, {}, 8, windows(net, 64));
  const std::vector<float> test = windows(net, 4, 9);
  std::vector<float> outputs(4);
  for (int i = 0; i < 4; ++i) quantised.answer({&test[i * 40], 40}, {&outputs[i], 1});
  const float golden[] = {-1.4116093f, -1.3977699f, -0.7334833f, -2.1312532f};
  for (int i = 0; i < 4; ++i) EXPECT_NEAR(outputs[i], golden[i], 1e-6) << outputs[i];
}

TEST(SimulatedQuantised, RefusesCalibrationThatIsNoWholeWindow) {
  const Network net = network(Cell::gru);
  const std::vector<float> calibration(41);
  EXPECT_THROW(QuantisedNetwork(net, {}, 8, calibration), Error);
}

}  // namespace
}  // namespace steelyard::simulated

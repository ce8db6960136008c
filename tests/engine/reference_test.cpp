// SPDX-License-Identifier: Apache-2.0
// The reference itself: what it must give in cases that can be worked out by hand.
#include "tests/engine/reference.h"

#include <gtest/gtest.h>

#include <cmath>

namespace steelyard::reference {
namespace {

TEST(Reference, AnRnnOfOneUnitIsTanhOfItsSum) {
  Network network;
  network.features = 1;
  network.layers.push_back(
      {Cell::rnn, 1, 1, 1, false, true, Activation::tanh, {0.5f}, {2.0f}, {0.25f, 0.125f}, ""});
  const double first = std::tanh(0.5 + 0.375);
  EXPECT_DOUBLE_EQ(infer(network, {1.0f, -1.0f}, 1, 2)[0], std::tanh(-0.5 + 2 * first + 0.375));
}

TEST(Reference, AGruWithOpenResetAndClosedUpdateForgetsItsState) {
  Network network;
  network.features = 1;
  // z's bias -40: the state is replaced by n at every step; r's bias 40: r is 1.
  network.layers.push_back({Cell::gru,
                            1,
                            1,
                            1,
                            false,
                            true,
                            Activation::tanh,
                            {0, 0, 1},
                            {0, 0, 0},
                            {-40, 40, 0, 0, 0, 0.5f},
                            ""});
  EXPECT_NEAR(infer(network, {3.0f, 0.25f}, 1, 2)[0], std::tanh(0.75), 1e-15);
}

TEST(Reference, AnLstmWithAllGatesOpenSumsItsInputs) {
  Network network;
  network.features = 1;
  network.layers.push_back({Cell::lstm,
                            1,
                            1,
                            1,
                            false,
                            true,
                            Activation::tanh,
                            {0, 0, 0, 1},
                            {0, 0, 0, 0},
                            {40, 40, 40, 0, 0, 0, 0, 0},
                            ""});
  EXPECT_NEAR(infer(network, {0.5f, 0.25f}, 1, 2)[0], std::tanh(std::tanh(0.5) + std::tanh(0.25)),
              1e-15);
}

}  // namespace
}  // namespace steelyard::reference

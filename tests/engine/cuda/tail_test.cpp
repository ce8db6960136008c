// SPDX-License-Identifier: Apache-2.0
// What is left for the host: halves of two directions, further dense layers.
#include "steelyard/engine/cuda/tail.h"

#include <gtest/gtest.h>

#include <cmath>

namespace steelyard::cuda {
namespace {

Network network_of(int hidden, int directions, std::vector<Dense> head) {
  Network network;
  Recurrent layer;
  layer.hidden = hidden;
  layer.directions = directions;
  network.layers = {layer};
  network.head = std::move(head);
  return network;
}

TEST(Tail, OneFinishedResultNeedsNothing) {
  const Dense dense{2, 1, {1, 1}, {3}, Activation::none, ""};
  EXPECT_TRUE(Tail(network_of(2, 1, {dense}), true, true).nothing_to_do());
  EXPECT_FALSE(Tail(network_of(2, 1, {dense}), true, false).nothing_to_do());
  EXPECT_FALSE(Tail(network_of(2, 2, {dense}), true, true).nothing_to_do());
}

TEST(Tail, AddsTheDirectionsAndTheBiasOnce) {
  const Dense dense{4, 1, {1, 1, 1, 1}, {0.5}, Activation::none, ""};
  Tail tail(network_of(2, 2, {dense}), true, false);
  const float results[] = {1, 2, 10, 20};  // two windows of each direction
  float out[2];
  tail.finish(results, 2, out);
  EXPECT_EQ(out[0], 11.5f);
  EXPECT_EQ(out[1], 22.5f);
}

TEST(Tail, RunsFurtherLayers) {
  const Dense first{2, 2, {0, 0, 0, 0}, {1, -1}, Activation::relu, ""};
  const Dense second{2, 1, {2, 5}, {0.25}, Activation::tanh, ""};
  Tail tail(network_of(2, 1, {first, second}), true, false);
  const float results[] = {2, -3};
  float out = 0;
  tail.finish(results, 1, &out);
  EXPECT_FLOAT_EQ(out, std::tanh(6.25f));
}

TEST(Tail, WithoutAHeadStatesStandSideBySide) {
  Tail tail(network_of(2, 2, {}), false, false);
  const float results[] = {1, 2, 3, 4, 5, 6, 7, 8};
  float out[8];
  tail.finish(results, 2, out);
  const float want[] = {1, 2, 5, 6, 3, 4, 7, 8};
  for (int i = 0; i < 8; ++i) EXPECT_EQ(out[i], want[i]);
}

}  // namespace
}  // namespace steelyard::cuda

// SPDX-License-Identifier: Apache-2.0
// Weights rounded and laid out for the kernels.
#include "steelyard/engine/cuda/pack.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace steelyard::cuda {
namespace {

Recurrent layer_of(Cell cell, int hidden, int input, int directions = 1) {
  Recurrent layer;
  layer.cell = cell;
  layer.input = input;
  layer.hidden = hidden;
  layer.directions = directions;
  const std::size_t rows = std::size_t(directions) * gates_of(cell) * hidden;
  float next = 1;
  for (auto [values, count] : {std::pair(&layer.w, rows * input),
                               std::pair(&layer.r, rows * hidden), std::pair(&layer.b, rows * 2)})
    for (std::size_t i = 0; i < count; ++i) values->push_back(next++);
  return layer;
}

TEST(Pack, HalvesRoundToNearestEven) {
  EXPECT_EQ(half_bits(1.f), 0x3c00);
  EXPECT_EQ(half_bits(-2.f), 0xc000);
  EXPECT_EQ(half_bits(1.f + 0x1p-11f), 0x3c00);  // a tie goes to even
  EXPECT_EQ(half_bits(1.f + 3 * 0x1p-11f), 0x3c02);
  EXPECT_EQ(half_bits(65519.f), 0x7bff);
  EXPECT_EQ(half_bits(65520.f), 0x7c00);
  EXPECT_EQ(half_bits(0x1p-24f), 1);
  EXPECT_EQ(half_bits(0x1p-26f), 0);
  EXPECT_EQ(half_bits(std::numeric_limits<float>::quiet_NaN()) & 0x7e00, 0x7e00);
}

TEST(Pack, RoundingIsWhatTheBitsSay) {
  for (const float value : {0.1f, -3.14159f, 1e-6f, 1234.5f, 0.f})
    EXPECT_EQ(half_bits(rounded_to_half(value)), half_bits(value));
  EXPECT_EQ(rounded_to_bfloat(1.f + 0x1p-8f), 1.f);  // a tie goes to even
  EXPECT_EQ(rounded_to_bfloat(1.f + 3 * 0x1p-9f), 1.f + 0x1p-7f);
}

TEST(Pack, Int8KeepsEachRowsLargestWeight) {
  Network network;
  network.layers = {layer_of(Cell::rnn, 2, 3)};
  network.layers[0].w = {1.f, -4.f, 0.013f, 100.f, 50.f, 0.1f};
  const Network out = rounded(network, CudaWeights::int8);
  EXPECT_FLOAT_EQ(out.layers[0].w[1], -4.f);
  EXPECT_FLOAT_EQ(out.layers[0].w[3], 100.f);
  EXPECT_FLOAT_EQ(out.layers[0].w[5], 0.f);
  for (int i = 0; i < 3; ++i) EXPECT_NEAR(out.layers[0].w[i], network.layers[0].w[i], 4.f / 254);
  EXPECT_EQ(out.layers[0].b, network.layers[0].b);
}

TEST(Pack, ASliceHoldsEveryWeightOnce) {
  const Recurrent layer = layer_of(Cell::lstm, 5, 3);
  const Geometry geometry{4, 16, 2, 1};
  const Blocks blocks = blocks_of(geometry, 5, 1);
  EXPECT_EQ(blocks.threads, 32);
  const auto packed = pack_slices(layer, geometry, blocks, true);
  ASSERT_EQ(packed.size(), std::size_t(geometry.slots()) * blocks.threads);
  double sum = 0, want = 0;
  for (const float value : packed) sum += value;
  // approximate: sigmoid rows are halved; the fourth gate of each matrix is a tanh row.
  const auto add = [&](const std::vector<float>& w, std::size_t columns) {
    for (std::size_t i = 0; i < w.size(); ++i) want += w[i] * (i / columns / 5 % 4 == 3 ? 1 : 0.5);
  };
  add(layer.w, 3);
  add(layer.r, 5);
  add(layer.b, 1);
  EXPECT_NEAR(sum, want, 1e-6 * want);
}

TEST(Pack, LanesReadFourNeighboursEach) {
  const Recurrent layer = layer_of(Cell::rnn, 16, 1);
  const Geometry geometry{1, 8, 2, 1};
  const Blocks blocks = blocks_of(geometry, 16, 1);
  const auto packed = pack_slices(layer, geometry, blocks, true);
  const auto at = [&](int slot, int thread) { return packed[slot * blocks.threads + thread]; };
  // Unit 1, lane 1 (thread 3): columns 4 to 7, then 12 to 15.
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(at(i, 3), layer.r[16 + 4 + i]);
    EXPECT_EQ(at(4 + i, 3), layer.r[16 + 12 + i]);
  }
}

TEST(Pack, ACandidatesBiasesStayApart) {
  const Recurrent layer = layer_of(Cell::gru, 1, 1);
  const Geometry geometry{3, 8, 2, 1};
  const auto packed = pack_slices(layer, geometry, blocks_of(geometry, 1, 1), true);
  const int threads = 32, slots = geometry.slots();
  const auto bias = [&](int back) { return packed[(slots - back) * threads]; };
  EXPECT_EQ(bias(1), layer.b[2]);                        // input side
  EXPECT_EQ(bias(2), layer.b[5]);                        // recurrent side
  EXPECT_EQ(bias(4), 0.5f * (layer.b[0] + layer.b[3]));  // z: both at once, halved
}

TEST(Pack, AStackTurnsInputWeightsIntoRecurrentOnes) {
  Network network;
  network.layers = {layer_of(Cell::rnn, 4, 7)};
  network.layers[0].activation = Activation::relu;
  const Geometry geometry{1, 8, 2, 1};
  const Stack stack = pack_stack(network, geometry, blocks_of(geometry, 4, 1), false);
  double sum = 0, want = 0;
  for (const float value : stack.projection) sum += value;
  for (const float value : network.layers[0].w) want += value;
  for (const float value : network.layers[0].b) want += value;
  EXPECT_DOUBLE_EQ(sum, want);
}

TEST(Pack, EachDirectionHasItsPartOfTheHead) {
  Dense dense;
  dense.input = 4;
  dense.output = 1;
  dense.w = {1, 2, 3, 4};
  EXPECT_EQ(pack_head(dense, 2, 2, 4), (std::vector<float>{1, 2, 0, 0, 3, 4, 0, 0}));
}

TEST(Pack, TransposingIsPerDirection) {
  EXPECT_EQ(transposed({1, 2, 3, 4, 5, 6, 7, 8}, 2, 2, 2),
            (std::vector<float>{1, 3, 2, 4, 5, 7, 6, 8}));
}

TEST(Pack, FragmentsCarryTheBiasInTwoHalves) {
  Recurrent layer = layer_of(Cell::rnn, 1, 1);
  layer.w = {0.25f};
  layer.r = {0.5f};
  layer.b = {0.1f, 0.f};
  const Matrix matrix = pack_matrix(layer, 2, 8);
  // Thread 0 holds row 0: recurrent columns 0 and 1 first, then the input's columns 0 and 1.
  EXPECT_EQ(matrix.fragments[0] & 0xffff, half_bits(0.5f));
  const std::size_t recurrent = std::size_t(2) * 4 * 64;
  EXPECT_EQ(matrix.fragments[recurrent] & 0xffff, half_bits(0.25f));
  EXPECT_EQ(matrix.fragments[recurrent] >> 16, half_bits(0.1f));
  EXPECT_EQ(matrix.fragments[recurrent + 1] & 0xffff, half_bits(0.1f - rounded_to_half(0.1f)));
}

}  // namespace
}  // namespace steelyard::cuda

// SPDX-License-Identifier: Apache-2.0
// Many samples on a matrix unit: how near the reference they are, on the unit of this CPU and on
// one in plain C++, and what happens to inputs that are no numbers.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "steelyard/engine/cpu/matrix_plan.h"
#include "steelyard/engine/engine.h"
#include "tests/engine/plain_matrix.h"
#include "tests/engine/reference.h"

namespace steelyard {
namespace {

using cpu::Products;
using reference::Shape;

constexpr int kWindow = 7;

Shape shape_of(Cell cell, int features, int hidden, int layers = 1, int directions = 1) {
  Shape s;
  s.cell = cell;
  s.features = features;
  s.hidden = hidden;
  s.layers = layers;
  s.directions = directions;
  s.readout = Readout::final_state;
  return s;
}

std::vector<Shape> shapes() {
  std::vector<Shape> all;
  for (const Cell cell : {Cell::gru, Cell::lstm}) {
    // Whole and part blocks and pairs, few features and many, one tile of them and more.
    for (const int hidden : {17, 32, 64, 100}) all.push_back(shape_of(cell, 5, hidden));
    for (const int features : {1, 6, 16, 17, 33}) all.push_back(shape_of(cell, features, 48));
    all.push_back(shape_of(cell, 3, 40, 3));
    all.push_back(shape_of(cell, 5, 33, 2, 2));
  }
  all.push_back(shape_of(Cell::lstm, 5, 33, 2, 2));
  all.back().readout = Readout::last_step;
  all.push_back(shape_of(Cell::gru, 5, 20));
  all.back().reverse = true;
  return all;
}

std::string name_of(const Shape& s) {
  return "cell " + std::to_string(int(s.cell)) + " I" + std::to_string(s.features) + " H" +
         std::to_string(s.hidden) + " L" + std::to_string(s.layers) + " D" +
         std::to_string(s.directions);
}

double largest_error(const std::vector<float>& output, const std::vector<double>& expected) {
  double largest = 0;
  for (std::size_t i = 0; i < expected.size(); ++i)
    largest = std::max(largest, std::abs(output[i] - expected[i]));
  return largest;
}

// The best fp32 kernels of this CPU with that matrix unit.
cpu::Kernels kernels_with(const cpu::MatrixKernels& matrix) {
  cpu::Kernels kernels = *cpu::available_kernels().front();
  kernels.matrix = &matrix;
  return kernels;
}

void expect_near_the_reference(const cpu::MatrixKernels& matrix, Products products, double bound,
                               const std::vector<int>& batches) {
  const cpu::Kernels kernels = kernels_with(matrix);
  for (const Shape& shape : shapes()) {
    for (const int batch : batches) {
      Random random(std::uint64_t(shape.hidden + batch));
      Network network = reference::random_network(shape, random);
      network.batch_first = shape.features != 3 && batch != 70;
      const auto input =
          reference::random_values(std::size_t(batch) * kWindow * network.features, 1, random);
      const cpu::MatrixWeights weights(network, products);
      cpu::PackCache cache(network, kernels);
      cpu::MatrixPlan plan(network, weights, kernels, cache, batch, kWindow, batch);
      std::vector<float> output(std::size_t(batch) * network.outputs(), NAN);
      ASSERT_TRUE(plan.infer(input.data(), output.data()));
      ASSERT_TRUE(plan.infer(input.data(), output.data()));  // nothing is left of the first
      EXPECT_LT(largest_error(output, reference::infer(network, input, batch, kWindow)), bound)
          << name_of(shape) << " batch " << batch;
    }
  }
}

const std::vector<int> kFew{19}, kMany{16, 37, 70};

TEST(Matrix, InPlainCodeSixProductsAreFp32) {
  expect_near_the_reference(cpu::plain_matrix_kernels(), Products::six, 1e-6, kFew);
}

TEST(Matrix, InPlainCodeTwoProductsStayNearTheReference) {
  expect_near_the_reference(cpu::plain_matrix_kernels(), Products::two, 6e-3, kFew);
}

TEST(Matrix, OnThisCpuSixProductsAreFp32) {
  if (!cpu::amx_kernels()) GTEST_SKIP() << "this CPU has no matrix unit";
  expect_near_the_reference(*cpu::amx_kernels(), Products::six, 1e-6, kMany);
}

TEST(Matrix, OnThisCpuTwoProductsStayNearTheReference) {
  if (!cpu::amx_kernels()) GTEST_SKIP() << "this CPU has no matrix unit";
  expect_near_the_reference(*cpu::amx_kernels(), Products::two, 6e-3, kMany);
}

TEST(Matrix, PartsOfAWeightAddUpToIt) {
  Random random(3);
  const Network network = reference::random_network(shape_of(Cell::lstm, 5, 20), random);
  const cpu::MatrixWeights weights(network, Products::six);
  const cpu::MatrixPacked& p = weights.packed(0, 0);
  const Recurrent& layer = network.layers[0];
  // The state's tiles stand behind the input's. Gate o is the second of ONNX, halved.
  const std::uint16_t* words =
      p.words + p.x[0].tiles() * 4 * cpu::kMatrixTile + 3 * 3 * cpu::kMatrixTile;
  for (int unit = 0; unit < 16; ++unit) {
    for (int k = 0; k < 20; ++k) {
      float sum = 0;
      for (int part = 2; part >= 0; --part)
        sum += cpu::widened(words[part * cpu::kMatrixTile + k / 2 * 32 + unit * 2 + k % 2]);
      EXPECT_EQ(sum, layer.r[std::size_t(20 + unit) * 20 + k] / 2) << unit << " " << k;
    }
  }
}

// The engine's own choice: the unit where the CPU has one, and other kernels for what is no number.
TEST(Matrix, WhatIsNoNumberStaysInItsSampleAndDoesWhatItDoesElsewhere) {
  constexpr int kBatch = 32;
  Random random(4);
  const Network network = reference::random_network(shape_of(Cell::lstm, 5, 64), random);
  const auto engine = Engine::compile(network),
             other = Engine::compile(
                 network,
                 {Precision::fp32, engine_targets().size() > 1 ? engine_targets().back() : ""});
  auto input = reference::random_values(std::size_t(kBatch) * kWindow * 5, 1, random);
  std::vector<float> whole(kBatch), output(kBatch), expected(kBatch);
  const auto session = engine->open(kBatch, kWindow);
  session->infer(input, whole);
  input[3 * kWindow * 5 + 8] = std::numeric_limits<float>::quiet_NaN();
  input[5 * kWindow * 5 + 9] = std::numeric_limits<float>::infinity();
  session->infer(input, output);
  other->open(kBatch, kWindow)->infer(input, expected);
  for (int s = 0; s < kBatch; ++s) {
    EXPECT_EQ(std::isnan(output[s]), s == 3) << s;
    if (s == 3) continue;
    EXPECT_NEAR(output[s], expected[s], 1e-5) << s;
    if (s != 5) {
      EXPECT_NEAR(output[s], whole[s], 1e-6) << s;
    }
  }
}

TEST(Matrix, AnswersOfABatchInPiecesAreThoseOfTheWhole) {
  constexpr int kBatch = 64;
  Random random(5);
  for (const bool batch_first : {true, false}) {
    Network network = reference::random_network(shape_of(Cell::lstm, 5, 70, 2), random);
    network.batch_first = batch_first;
    const auto input = reference::random_values(std::size_t(kBatch) * kWindow * 5, 1, random);
    for (const Precision precision : {Precision::fp32, Precision::bf16}) {
      const auto engine = Engine::compile(network, {precision, ""});
      std::vector<float> whole(kBatch), pieces(kBatch);
      engine->open(kBatch, kWindow)->infer(input, whole);
      engine->open(kBatch, kWindow, 2)->infer(input, pieces);
      EXPECT_EQ(whole, pieces);
    }
  }
}

}  // namespace
}  // namespace steelyard

// SPDX-License-Identifier: Apache-2.0
// Layers for many samples on a CPU's matrix unit, which multiplies tiles of bf16 and sums up in
// fp32. A number is taken as a sum of bf16 parts, each with the 8 bits that the parts before it
// left over: three parts are an fp32 number exactly. Plain data and the table of kernels. Kernels
// keep nothing; a job belongs to one thread.
//
// A *group* is 16 samples, the rows of a tile. Values lie as tiles [row][depth], weights as
// [depth / 2][unit][2].
#pragma once

#include <cstddef>
#include <cstdint>

#include "steelyard/engine/cpu/kernels.h"

namespace steelyard::cpu {

constexpr int kMatrixSamples = 16;
constexpr int kMatrixLanes = 16;  // units of a block
constexpr int kMatrixDepth = 32;
constexpr int kMatrixTile = kMatrixSamples * kMatrixDepth;  // halves
constexpr int kMatrixRows = 4;  // sums of a block: LSTM i f g o; GRU r z, n of the state and input

// How values and weights are multiplied.
enum class Products {
  // Parts side by side over the depth, so that one product makes all six of below. For few values.
  spread,
  // Weights of one part, rounded, and values of two: bf16.
  two,
  // Three parts each: high high, high middle, middle high, middle middle, high low, low high. What
  // is left out is below 2^-23 of a product: fp32.
  six,
};
constexpr int value_parts(Products p) {
  return p == Products::six ? 3 : p == Products::two ? 2 : 1;
}
constexpr int weight_parts(Products p) { return p == Products::six ? 3 : 1; }
constexpr int kSpread = 6;                               // products
constexpr int kValuePart[kSpread] = {0, 0, 1, 1, 0, 2};  // 0 = high
constexpr int kWeightPart[kSpread] = {0, 1, 0, 1, 2, 0};

struct MatrixOperand {
  Products products = Products::six;
  int width = 0;
  int tiles() const {
    return (width * (products == Products::spread ? kSpread : 1) + kMatrixDepth - 1) / kMatrixDepth;
  }
  // Halves that hold the values of one group.
  std::ptrdiff_t group() const {
    return std::ptrdiff_t(tiles()) * value_parts(products) * kMatrixTile;
  }
};

// One direction of one layer: GRU (not gru_reset_first) or LSTM.
struct MatrixPacked {
  Formula formula = Formula::gru;
  int hidden = 0, blocks = 0;
  MatrixOperand x[2];
  int operands = 0;
  MatrixOperand h;
  const std::uint16_t* words = nullptr;  // [block][operand, last the state][tile][gate][part]
  std::ptrdiff_t block_words = 0;
  const float* bias = nullptr;  // [block][kMatrixRows][lane]

  std::ptrdiff_t padded() const { return std::ptrdiff_t(blocks) * kMatrixLanes; }
};

// One time step of one direction. Values are [group][tile][part] tiles.
struct MatrixStep {
  const MatrixPacked* w = nullptr;
  int samples = 1;
  const std::uint16_t* x[2] = {nullptr, nullptr};
  const std::uint16_t* h = nullptr;  // null = zero
  std::uint16_t* h_next = nullptr;
  float* state = nullptr;   // gru: h, lstm: c, [group][block][row][lane], updated
  float* output = nullptr;  // where wanted: h [sample][padded]
  float* sums = nullptr;    // room for kMatrixSums
};
constexpr int kMatrixSums = 2 * 2 * kMatrixRows * kMatrixSamples * kMatrixLanes;

struct MatrixKernels {
  // Around all steps of a thread: the unit takes its setting and is given back.
  void (*begin)();
  void (*end)();
  void (*step)(const MatrixStep&);
  // Values of one group, at rows + s * stride, as [tile][part] tiles. Rows beyond `samples` stay as
  // they are.
  void (*lay_out)(const float* rows, std::ptrdiff_t stride, int samples, const MatrixOperand&,
                  std::uint16_t* tiles);
};

// Those of AMX, or null where the CPU or the system lacks it.
const MatrixKernels* amx_kernels();

}  // namespace steelyard::cpu

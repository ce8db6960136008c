// SPDX-License-Identifier: Apache-2.0
// Layers with narrow weights: bf16 (multiplied in fp32, or as fp16 where the CPU has such
// arithmetic) and int8 (multiplied with activations of eight bits, summed up in 32), the state
// always fp32. Plain data and the table of kernels: two for AVX-512 by intrinsics, one in plain C++
// for every other CPU. Kernels keep nothing; a job belongs to one thread.
#pragma once

#include <cstddef>
#include <cstdint>

#include "steelyard/engine/cpu/kernels.h"
#include "steelyard/record/spec.h"

namespace steelyard::cpu {

constexpr int kNarrowLanes = 16;
// How many blocks of units, and of how many samples, are summed up together.
constexpr int kNarrowBlocks = 2, kNarrowSamples = 2;
// The caller's input stays fp32 up to this width: it is little work, and its rounding is most of
// the error where there are few features.
constexpr int kNarrowFeatures = 16;

// Rows that are summed up: a GRU keeps what the input gives to n (row 3) apart from what the state
// gives (row 2).
constexpr int narrow_rows_of(Formula f) { return f == Formula::gru ? 4 : gates_of(f); }
constexpr int narrow_gate(Formula f, int row) { return f == Formula::gru && row == 3 ? 2 : row; }

// How the weights are kept. halves: as fp16, which has three bits more than bf16, a factor a row so
// that none is above 1; multiplied with fp16, for networks whose states stay between -1 and 1.
enum class Narrow { bf16, halves, int8 };
// Only states that are given can be larger; as halves they are limited to this. Halves are summed
// up as such, 64 products at a time, and this is far from their largest number.
constexpr float kLargestHalf = 512;
// Of what stands for a value when it is multiplied; 0: the value itself.
constexpr int low_bytes(Narrow n) { return n == Narrow::int8 ? 1 : n == Narrow::halves ? 2 : 0; }
// How many weights a word of 32 bits holds.
constexpr int weights_a_word(Narrow n) { return n == Narrow::int8 ? 4 : 2; }

// What one direction of one layer multiplies: inputs and then the state, in *groups* of as many
// values as a word of 32 bits holds weights (2 or 4). An operand begins a new group.
struct NarrowPacked {
  Formula formula = Formula::gru;  // not gru_reset_first
  Activation activation = Activation::tanh;
  int hidden = 0, blocks = 0, operands = 0;
  int widths[2] = {0, 0};                // of the operands
  const std::uint32_t* words = nullptr;  // [strip][group][gate][block of the strip][lane]
  std::ptrdiff_t block_words = 0;        // how many belong to one block
  const float* bias = nullptr;           // [block][row][lane]
  // What a sum of products is worth. bf16: [block][gate][lane], one for the whole row; others:
  // [block][input, state][gate][lane].
  const float* scale = nullptr;
  // int8: where a sum starts, so that values stored with an offset of 128 count as if they had
  // none.
  const std::int32_t* start = nullptr;
  // The input's weights in fp32, instead of their words: [strip][input][gate][block][lane].
  const float* wx = nullptr;
  const float* state_steps = nullptr;  // int8: how many steps a unit of each state has, padded

  std::ptrdiff_t padded() const { return std::ptrdiff_t(blocks) * kNarrowLanes; }
};

// One time step of one direction for some samples. bf16 multiplies inputs and state as they are;
// the others what stands for them: fp16, or bytes with an offset of 128, strides alike.
struct NarrowStep {
  const NarrowPacked* w = nullptr;
  const float* x[2] = {nullptr, nullptr};
  const void* low_x[2] = {nullptr, nullptr};
  std::ptrdiff_t x_sample[2] = {0, 0};
  const float* x_scale = nullptr;  // halves: [sample], what low_x must be multiplied by; null = 1
  int samples = 1;
  bool backward = false;     // read the weights from their end
  const float* h = nullptr;  // [sample][padded], null = zero
  const void* low_h = nullptr;
  float* h_next = nullptr;
  void* low_h_next = nullptr;
  float* c = nullptr;  // lstm
  // Sums of the product with the state, [sample][block][row][lane]: made beforehand, or what is to
  // be stored instead of a new state.
  const float* start = nullptr;
  float* keep = nullptr;
};

struct NarrowKernels {
  void (*bf16)(const NarrowStep&);
  void (*halves)(const NarrowStep&);  // null: no fp16 arithmetic
  void (*int8)(const NarrowStep&);
  // to[i] = 128 + from[i] * steps[i], rounded and limited to a byte; `n` is a multiple of 16.
  void (*to_bytes)(const float* from, const float* steps, int n, std::uint8_t* to);
  // to[i] = fp16 of from[i] / s, for the power of two s that is returned, with which the largest
  // comes below 2; `n` is a multiple of 16. Null where `halves` is.
  float (*to_halves)(const float* from, int n, std::uint16_t* to);

  void (*step(Narrow n) const)(const NarrowStep&) {
    return n == Narrow::int8 ? int8 : n == Narrow::halves ? halves : bf16;
  }
};

// Those of AVX-512 with VNNI, the second with fp16 arithmetic too; null where the CPU lacks it.
const NarrowKernels* avx512_narrow_kernels();
const NarrowKernels* avx512_fp16_narrow_kernels();
const NarrowKernels& plain_narrow_kernels();

}  // namespace steelyard::cpu

// SPDX-License-Identifier: Apache-2.0
// Weights in the order in which the kernels load them, rounded to their precision. Pure host code;
// thread-safe.
#pragma once

#include <cstdint>
#include <vector>

#include "steelyard/engine/cuda/cuda_engine.h"
#include "steelyard/engine/cuda/kernels.h"

namespace steelyard::cuda {

// Every weight of the network rounded as `weights` says; biases stay fp32.
Network rounded(Network, CudaWeights weights);
float rounded_to_half(float);
float rounded_to_bfloat(float);
std::uint16_t half_bits(float);  // round to nearest even

// Threads of a block, units of a block and blocks of a direction for `hidden` units.
struct Blocks {
  int threads = 0, units = 0, ranks = 1;
};
Blocks blocks_of(const Geometry&, int hidden, int ranks);

// The order of Slice::load: [direction][rank][slots][threads].
std::vector<float> pack_slices(const Recurrent&, const Geometry&, const Blocks&, bool approximate);

// Uniform layers of a stack: [layer][direction][slots][threads] of the recurrent weights, and of
// the input weights in the same layout, with the biases.
struct Stack {
  std::vector<float> recurrent, projection;
};
Stack pack_stack(const Network&, const Geometry&, const Blocks&, bool approximate);

// The first dense layer's rows over one direction's units: [direction][output][padded].
std::vector<float> pack_head(const Dense&, int directions, int hidden, int padded);

// The tensor core kernel's fragments, [fragment][thread], and the GRU's candidate bias.
struct Matrix {
  std::vector<std::uint32_t> fragments;
  std::vector<float> biases;
};
Matrix pack_matrix(const Recurrent&, int tiles, int input_columns);

// [direction][input][gate rows], so that neighbouring threads read neighbouring words.
std::vector<float> transposed(const std::vector<float>& w, int directions, int rows, int columns);

}  // namespace steelyard::cuda

// SPDX-License-Identifier: Apache-2.0
// What host and device agree on: the kernels' arguments, their geometries and how to find one.
// Plain data and plain functions; the kernels are in the .cu files. Thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "steelyard/engine/cuda/words.h"

namespace steelyard::cuda {

constexpr int kRowFloats = 8;  // a time step's features in shared memory, padded
constexpr int kMostFeatures = kRowFloats;

// Scales folded into the weights, so that an activation begins with its table look-up.
struct GateScales {
  float sigmoid, tanh;
};
constexpr GateScales kExactScales{-1.44269504088896341f, 2.88539008177792682f};  // exp2
constexpr GateScales kApproximateScales{0.5f, 1.0f};                             // tanh.approx

// Lanes of a warp kernel that own a unit; the others repeat them.
constexpr int warp_width(int padded) { return padded <= 8 ? 8 : 16; }
// A row a step, one that is read ahead, and one for values that belong nowhere.
constexpr std::size_t warp_floats(int window) { return (std::size_t(window) + 2) * kRowFloats; }

// One direction of one layer: how many of its time steps are taken, and from which end.
struct Walk {
  std::int32_t steps, reversed;
};

// How a block divides a layer: `lanes` threads share the K dimension of `units` hidden units, each
// keeping `slice` weights of every gate and unit in registers.
struct Geometry {
  int gates = 0, slice = 0, lanes = 0, units = 0;
  constexpr int padded() const { return slice * lanes; }  // the K dimension
  constexpr int units_per_warp() const { return 32 / lanes * units; }
  constexpr int owners() const { return lanes / units; }  // lanes that end with the same unit
  constexpr int features_per_owner() const {
    return owners() >= kRowFloats ? 1 : kRowFloats / owners();
  }
  // Registers of a thread in packed order: recurrent, input, the GRU's candidate input row, biases.
  constexpr int slots() const {
    return units * gates * slice + gates * features_per_owner() + kRowFloats + gates + 1;
  }
};

struct PersistentArgs {
  const float* weights;  // [direction][rank][slots][threads]
  const float* head;     // [direction][outputs][padded]; null: the hidden state goes out itself
  const InputWord* in;
  OutputWord* out;  // [direction][outputs]
  std::uint32_t first;
  std::int32_t words, step_words, features, window;
  std::uint32_t step_words_reciprocal;  // ceil(2^32 / step_words)
  std::int32_t hidden, outputs, ranks, relu;
  // Each block that waits for windows has max(looks, 1) copies of the words, and `looks` warps that
  // do nothing but look at them (lookers.cuh); with 0 the threads that compute look themselves.
  std::int32_t looks, copy_words;
  float* state;  // tick kernel: [h, c][padded], kept while no kernel runs
  Walk walk[2];
};

// A stack of layers, a block for each layer and direction.
struct StackArgs {
  PersistentArgs mail;  // walk: of the top layer
  // [layer][direction][slots][threads] of the recurrent and of the input weights.
  const float* recurrent;
  const float* projection;
  // States between layers, {sequence, value}: [layer][window][directions * hidden].
  OutputWord* chain;
  std::int32_t layers, directions;
};
constexpr int kStackThreads = 256;

struct TileArgs {
  const float* weights;  // as above, one rank
  const float* head;     // [direction][outputs][padded]
  const float* head_bias;
  const float* x;  // [batch][window][features], device or mapped host memory
  float* y;        // [direction][batch][outputs]
  std::int64_t batch, batch_stride, step_stride;  // strides in floats
  std::int32_t features, window, hidden, outputs, relu;
  std::uint32_t features_reciprocal;
  Walk walk[2];
};

struct MatrixArgs {
  const std::uint32_t* weights;  // fragments in thread order
  const float* biases;           // GRU: the candidate's recurrent bias, [padded]
  const float* head;             // [outputs][padded]
  const float* head_bias;
  const float* x;
  float* y;  // [batch][outputs]
  std::int64_t batch, batch_stride, step_stride;
  std::int32_t features, window, hidden, outputs, relu;
  std::uint32_t features_reciprocal, quads_reciprocal;  // quads: 16-byte words of a window, 0 when
  std::int32_t quads;                                   // windows do not lie one after the other
  Walk walk;
};

struct LayerArgs {
  const float* w;  // [direction][input][gates * hidden]
  const float* r;  // [direction][hidden][gates * hidden]
  const float* b;  // [direction][2][gates * hidden]
  const float* x;
  float* y;  // [batch][window][directions * hidden], or [batch][directions * hidden] of the end
  std::int64_t batch, batch_stride, step_stride;  // of x, in floats
  float* state;  // [batch][h, c][hidden], taken up and left; null: from zero
  std::int32_t input, hidden, directions, window, relu, linear_before_reset, whole_sequence;
  Walk walk[2];
};

// Floats of shared memory that the layer kernel needs for `windows` windows of a block. Four more
// than it uses, because the compiler reads the last ones in pairs.
constexpr std::size_t layer_floats(int windows, int input, int hidden) {
  return std::size_t(windows) * (std::size_t(6) * hidden + input) + 4;
}

struct DenseArgs {
  const float* w;  // [output][input]
  const float* b;
  const float* x;
  float* y;
  std::int64_t batch, x_stride;
  std::int32_t input, output, activation;  // as in model/network.h
};

// A compiled kernel; `function` is what cudaLaunchKernelExC takes.
struct Kernel {
  const void* function = nullptr;
  Geometry geometry;
  bool approximate = false;
  int most_threads = 0;  // that compute
  int windows = 1;
  int lookers = 0;  // warps more that look for the next window, of kMostLookedAt words at most
};

// Persistent kernels of one block a direction, of a cluster a direction, and throughput kernels
// with fp32 weights; best first for the same padded size.
std::vector<Kernel> block_kernels();
std::vector<Kernel> cluster_kernels();
std::vector<Kernel> tile_kernels();  // `windows` of a block: 1 or 4

// Persistent kernels of a block for each layer: half of its threads for the recurrent weights, half
// for the input's.
std::vector<Kernel> stack_kernels();

// A persistent kernel of one block that takes one time step a query and keeps the state. The words
// carry two rows: the step, and one that begins with 1 when the state shall be zero before it.
std::vector<Kernel> tick_kernels();
constexpr int kTickRows = 2;
constexpr int kMostLookedAt = 32;

// One warp, a hidden unit a lane: `padded` in geometry.slice, lanes and units 1.
std::vector<Kernel> warp_kernels();

// Tensor cores, fp16 weights: geometry.slice = tiles of 16 units.
struct MatrixKernel {
  const void* function = nullptr;
  int gates = 0, tiles = 0, input_columns = 0;
};
std::vector<MatrixKernel> matrix_kernels();
constexpr int kMatrixWindows = 8;  // windows of a block
constexpr int kMatrixChunk = 64;   // time steps staged at once

constexpr int kTileChunk = 64;

constexpr int kLayerThreads = 256;
constexpr int kLayerWindows = 4;
// Any shape: `windows` is 1 or kLayerWindows.
const void* layer_kernel(int gates, int windows);
const void* dense_kernel();  // a warp for each result

// Every kernel there is; loading one while another never ends would wait for ever.
std::vector<const void*> all_kernels();

}  // namespace steelyard::cuda

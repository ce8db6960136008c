// SPDX-License-Identifier: Apache-2.0
// Throughput with fp32 weights: a block keeps a direction's weights in registers and takes tiles of
// a few windows through all steps, one barrier a step for the whole tile.
#include "steelyard/engine/cuda/step.cuh"

namespace steelyard::cuda {
namespace {

// Steps [first, first + count) of the tile's windows into rows, in walking order.
template <int windows>
__device__ __forceinline__ void stage(const TileArgs& args, const Walk& walk, std::int64_t window0,
                                      int first, int count, float* rows) {
  for (int b = 0; b < windows; b++) {
    const bool inside = window0 + b < args.batch;
    const float* x = args.x + (window0 + b) * args.batch_stride;
    for (int q = threadIdx.x; q < count * args.features; q += blockDim.x) {
      const int t = args.features == 1 ? q : __umulhi(q, args.features_reciprocal);
      const int i = q - t * args.features;
      // Read in memory's order: a reversed walk stages its last step first.
      const int step = walk.reversed ? first + count - 1 - t : first + t;
      const int time = walk.reversed ? args.window - 1 - step : step;
      const float value = inside ? x[time * args.step_stride + i] : 0.f;
      rows[(b * kTileChunk + step - first) * kRowFloats + i] = value;
    }
  }
}

template <int gates, int slice, int lanes, bool approximate, int most_threads, int blocks,
          int windows>
__global__ void __launch_bounds__(most_threads, blocks)
    tile(const __grid_constant__ TileArgs args) {
  using Weights = Slice<gates, slice, lanes, 1>;
  constexpr int padded = slice * lanes, row_count = windows * kTileChunk;
  __shared__ __align__(16) float hidden[2][windows][padded];
  __shared__ __align__(16) float rows[row_count * kRowFloats];
  const int thread = threadIdx.x, lane = thread % lanes, unit = thread / lanes;
  const int direction = blockIdx.y;
  const Walk walk = args.walk[direction];

  Weights weights;
  weights.load(args.weights + std::size_t(direction) * Weights::slots * blockDim.x, blockDim.x,
               thread);
  for (int i = thread; i < row_count * kRowFloats; i += blockDim.x) rows[i] = 0.f;

  for (std::int64_t window0 = std::int64_t(blockIdx.x) * windows; window0 < args.batch;
       window0 += std::int64_t(gridDim.x) * windows) {
    Cell<gates> cell[windows];
    __syncthreads();
    for (int i = thread; i < 2 * windows * padded; i += blockDim.x) hidden[0][0][i] = 0.f;
    for (int first = 0; first < walk.steps; first += kTileChunk) {
      const int count = min(kTileChunk, walk.steps - first);
      __syncthreads();
      stage<windows>(args, walk, window0, first, count, rows);
      __syncthreads();
      // kTileChunk is even, so that a step's buffer does not depend on the chunk.
      for (int t = 0; t < count; t++) {
#pragma unroll
        for (int b = 0; b < windows; b++) {
          float acc[1][gates], input[gates], sum[gates], candidate;
          weights.input_part(rows + (b * kTileChunk + t) * kRowFloats, lane, input, candidate);
#pragma unroll
          for (int g = 0; g < gates; g++) acc[0][g] = 0.f;
          weights.recurrent_part(reinterpret_cast<const float4*>(hidden[t & 1][b]), lane, acc);
          weights.reduce(acc, input, lane, sum);
          cell[b].template advance<approximate>(sum, candidate, args.relu);
          if (lane == 0) hidden[(t + 1) & 1][b][unit] = cell[b].h;
        }
        __syncthreads();
      }
    }
    const float(*last)[padded] = hidden[walk.steps & 1];
    float* y = args.y + direction * args.batch * args.outputs;
    for (int q = thread / 32; q < windows * args.outputs; q += blockDim.x / 32) {
      const int b = q / args.outputs, n = q % args.outputs;
      const std::int64_t at = (window0 + b) * args.outputs + n;
      if (window0 + b >= args.batch) continue;
      if (args.head == nullptr) {
        if (thread % 32 == 0) y[at] = last[b][n];
        continue;
      }
      const float* head = args.head + (std::size_t(direction) * args.outputs + n) * padded;
      float sum = 0.f;
      for (int k = thread % 32; k < padded; k += 32) sum = fmaf(head[k], last[b][k], sum);
#pragma unroll
      for (int o = 16; o; o >>= 1) sum += __shfl_xor_sync(~0u, sum, o);
      if (thread % 32 == 0) y[at] = direction == 0 ? sum + args.head_bias[n] : sum;
    }
  }
}

template <int gates, int slice, int most_threads, int blocks>
void add(std::vector<Kernel>& kernels) {
  const Geometry geometry{gates, slice, 2, 1};
  const auto add_one = [&](auto* function, bool approximate, int windows) {
    kernels.push_back(
        {reinterpret_cast<const void*>(function), geometry, approximate, most_threads, windows});
  };
  add_one(&tile<gates, slice, 2, false, most_threads, blocks, 1>, false, 1);
  add_one(&tile<gates, slice, 2, false, most_threads, blocks, 4>, false, 4);
  add_one(&tile<gates, slice, 2, true, most_threads, blocks, 1>, true, 1);
  add_one(&tile<gates, slice, 2, true, most_threads, blocks, 4>, true, 4);
}

}  // namespace

std::vector<Kernel> tile_kernels() {
  std::vector<Kernel> kernels;
  add<1, 16, 64, 8>(kernels);
  add<1, 32, 128, 4>(kernels);
  add<1, 64, 256, 2>(kernels);
  add<3, 16, 64, 8>(kernels);
  add<3, 32, 128, 3>(kernels);
  add<3, 64, 256, 1>(kernels);
  add<4, 16, 64, 6>(kernels);
  add<4, 32, 128, 2>(kernels);
  add<4, 48, 192, 1>(kernels);
  return kernels;
}

}  // namespace steelyard::cuda

// SPDX-License-Identifier: Apache-2.0
// The persistent kernel of one warp a direction, for tiny layers: lane j owns hidden unit j, and
// states travel between lanes by shuffles, so that a step has no barrier.
#include "steelyard/engine/cuda/mailbox.cuh"
#include "steelyard/engine/cuda/step.cuh"

namespace steelyard::cuda {
namespace {

template <int gates, int padded, bool approximate>
__global__ void __launch_bounds__(32) persistent_warp(const __grid_constant__ PersistentArgs args) {
  using Weights = Slice<gates, padded, 1, 1>;
  constexpr int width = warp_width(padded), slots = 32 / width;
  extern __shared__ __align__(16) float rows[];
  float4* inputs = reinterpret_cast<float4*>(rows + (args.window + 1) * kRowFloats);
  const int lane = threadIdx.x, unit = lane % width, direction = blockIdx.x;
  const Walk walk = args.walk[direction];

  Weights weights;
  weights.load(args.weights + direction * Weights::slots * 32, 32, lane);
  for (int i = lane; i < (args.window + 1) * kRowFloats; i += 32) rows[i] = 0.f;
  const bool one_output = args.outputs == 1 && args.head != nullptr;
  const float head = one_output && lane < padded ? args.head[direction * padded + lane] : 0.f;
  __syncwarp();

  for (std::uint32_t sequence = args.first;; sequence = next_sequence(sequence)) {
    const bool stop = receive<4>(args, walk, sequence, rows);
    if (__any_sync(~0u, stop)) return;
    __syncwarp();
#pragma unroll 2
    for (int t = lane / width; t < walk.steps; t += slots) {
      float input[gates], candidate;
      weights.input_part(rows + t * kRowFloats, 0, input, candidate);
      float4 sums{input[0], gates > 1 ? input[1 % gates] : 0.f, gates > 2 ? input[2 % gates] : 0.f,
                  gates > 3 ? input[3 % gates] : 0.f};
      if (gates == 3) sums.w = candidate;
      inputs[t * width + unit] = sums;
    }
    __syncwarp();
    Cell<gates> cell;
    float4 ahead = inputs[unit];
#pragma unroll 2
    for (int t = 0; t < walk.steps; t++) {
      const float in[4] = {ahead.x, ahead.y, ahead.z, ahead.w};
      ahead = inputs[(t + 1) * width + unit];
      float sum[gates], odd[gates];
#pragma unroll
      for (int g = 0; g < gates; g++) sum[g] = in[g], odd[g] = 0.f;
      if (t) {
#pragma unroll
        for (int k = 0; k < padded; k += 2) {
          const float even_h = __shfl_sync(~0u, cell.h, k), odd_h = __shfl_sync(~0u, cell.h, k + 1);
#pragma unroll
          for (int g = 0; g < gates; g++) {
            sum[g] = fmaf(weights.r[0][g][k], even_h, sum[g]);
            odd[g] = fmaf(weights.r[0][g][k + 1], odd_h, odd[g]);
          }
        }
#pragma unroll
        for (int g = 0; g < gates; g++) sum[g] += odd[g];
      }
      cell.template advance<approximate>(sum, in[3], args.relu);
    }
    OutputWord* out = args.out + direction * args.outputs;
    if (one_output) {
      float y = head * cell.h;
#pragma unroll
      for (int o = width / 2; o; o >>= 1) y += __shfl_xor_sync(~0u, y, o);
      if (lane == 0) answer(out, sequence, y);
    } else if (args.head == nullptr) {
      if (lane < args.outputs) answer(out + lane, sequence, cell.h);
    } else {
      for (int n = lane; n - lane < args.outputs; n += 32) {
        float y = 0.f;
        for (int k = 0; k < padded; k++) {
          const float h = __shfl_sync(~0u, cell.h, k);
          if (n < args.outputs)
            y = fmaf(args.head[(direction * args.outputs + n) * padded + k], h, y);
        }
        if (n < args.outputs) answer(out + n, sequence, y);
      }
    }
    __syncwarp();
  }
}

template <int gates, int padded>
void add(std::vector<Kernel>& kernels) {
  const Geometry geometry{gates, padded, 1, 1};
  kernels.push_back(
      {reinterpret_cast<const void*>(&persistent_warp<gates, padded, false>), geometry, false, 32});
  kernels.push_back(
      {reinterpret_cast<const void*>(&persistent_warp<gates, padded, true>), geometry, true, 32});
}

template <int gates>
void add_sizes(std::vector<Kernel>& kernels) {
  add<gates, 4>(kernels);
  add<gates, 6>(kernels);
  add<gates, 8>(kernels);
  add<gates, 12>(kernels);
  add<gates, 16>(kernels);
}

}  // namespace

std::vector<Kernel> warp_kernels() {
  std::vector<Kernel> kernels;
  add_sizes<1>(kernels);
  add_sizes<3>(kernels);
  add_sizes<4>(kernels);
  return kernels;
}

}  // namespace steelyard::cuda

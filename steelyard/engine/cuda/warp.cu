// SPDX-License-Identifier: Apache-2.0
// The persistent kernel of one warp a direction, for tiny layers: lane j owns hidden unit j, and
// states travel between lanes by shuffles, so that a step has no barrier.
#include "steelyard/engine/cuda/lookers.cuh"
#include "steelyard/engine/cuda/step.cuh"

namespace steelyard::cuda {
namespace {

constexpr int kWarpLookers = 4;

template <int gates, int padded, bool approximate>
__global__ void __launch_bounds__(32 * (1 + kWarpLookers))
    persistent_warp(const __grid_constant__ PersistentArgs args) {
  using Weights = Slice<gates, padded, 1, 1>;
  extern __shared__ __align__(16) float rows[];
  __shared__ Desk desk;
  const int lane = threadIdx.x % 32, direction = blockIdx.x;
  const Walk walk = args.walk[direction];
  const Post post(args, walk, direction, 32, desk, rows);
  for (int i = threadIdx.x; i < (args.window + 1) * kRowFloats; i += blockDim.x) rows[i] = 0.f;
  __syncthreads();
  if (post.looks()) return post.look_out(rows + (args.window + 1) * kRowFloats);

  Weights weights;
  weights.load(args.weights + direction * Weights::slots * 32, 32, lane);
  const bool one_output = args.outputs == 1 && args.head != nullptr;
  const float head = one_output && lane < padded ? args.head[direction * padded + lane] : 0.f;

  for (std::uint32_t sequence = args.first;; sequence = next_sequence(sequence)) {
    if (!post.next<4>(sequence)) return;
    Cell<gates> cell;
    float input[gates], candidate;
    weights.input_part(rows, 0, input, candidate);
#pragma unroll 4
    for (int t = 0; t < walk.steps; t++) {
      float sum[gates], odd[gates];
      const float rest = candidate;
#pragma unroll
      for (int g = 0; g < gates; g++) sum[g] = input[g], odd[g] = 0.f;
      if (t)
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
      // The next step's share of the input fills the waits of this one; one row more is there.
      weights.input_part(rows + (t + 1) * kRowFloats, 0, input, candidate);
      cell.template advance<approximate>(sum, rest, args.relu);
    }
    OutputWord* out = args.out + direction * args.outputs;
    if (one_output) {
      // The host adds what the units give: sooner than three shuffles.
      if (lane < padded) answer(args.out + direction * padded + lane, sequence, head * cell.h);
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
  kernels.push_back({reinterpret_cast<const void*>(&persistent_warp<gates, padded, false>),
                     geometry, false, 32, 1, kWarpLookers});
  kernels.push_back({reinterpret_cast<const void*>(&persistent_warp<gates, padded, true>), geometry,
                     true, 32, 1, kWarpLookers});
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

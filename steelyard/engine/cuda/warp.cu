// SPDX-License-Identifier: Apache-2.0
// The persistent kernel of one warp a direction, for tiny layers: lane j owns hidden unit j, and
// states travel between lanes by shuffles, so that a step has no barrier.
#include "steelyard/engine/cuda/mailbox.cuh"
#include "steelyard/engine/cuda/step.cuh"

namespace steelyard::cuda {
namespace {

// Where a lane puts the values of its one word: known before the first query, because every query
// has the same shape. What belongs nowhere goes to a row that nobody reads.
struct Places {
  float* to[kValuesPerWord];

  __device__ __forceinline__ Places(const PersistentArgs& args, const Walk& walk, float* rows,
                                    int lane) {
    const int t = lane / args.step_words, first = (lane - t * args.step_words) * kValuesPerWord;
    const int row = walk.reversed ? args.window - 1 - t : t;
    const bool wanted = lane < args.words && row < walk.steps;
#pragma unroll
    for (int i = 0; i < kValuesPerWord; i++)
      to[i] = wanted && first + i < args.features ? rows + row * kRowFloats + first + i
                                                  : rows + (args.window + 1) * kRowFloats + lane % 8;
  }
  // Waits for the word of query `sequence`; whether to stop instead.
  __device__ __forceinline__ bool receive(const InputWord* word, bool mine,
                                          std::uint32_t sequence) const {
    uint4 v{0, 0, 0, sequence};
    if (mine) do {
        v = look(word);
      } while (v.w != sequence && v.w != kStop);
    *to[0] = __uint_as_float(v.x);
    *to[1] = __uint_as_float(v.y);
    *to[2] = __uint_as_float(v.z);
    return v.w == kStop;
  }
};

template <int gates, int padded, bool approximate>
__global__ void __launch_bounds__(32) persistent_warp(const __grid_constant__ PersistentArgs args) {
  using Weights = Slice<gates, padded, 1, 1>;
  constexpr int width = warp_width(padded);
  extern __shared__ __align__(16) float rows[];
  const int lane = threadIdx.x, direction = blockIdx.x;
  const Walk walk = args.walk[direction];

  Weights weights;
  weights.load(args.weights + direction * Weights::slots * 32, 32, lane);
  for (int i = lane; i < (args.window + 2) * kRowFloats; i += 32) rows[i] = 0.f;
  const bool one_output = args.outputs == 1 && args.head != nullptr;
  const float head = one_output && lane < padded ? args.head[direction * padded + lane] : 0.f;
  const bool one_word = args.words <= 32;
  const Places places(args, walk, rows, lane);
  __syncwarp();

  for (std::uint32_t sequence = args.first;; sequence = next_sequence(sequence)) {
    const bool stop = one_word ? places.receive(args.in + lane, lane < args.words, sequence)
                               : receive<4>(args, walk, sequence, rows);
    if (__any_sync(~0u, stop)) return;
    __syncwarp();
    Cell<gates> cell;
    float input[gates], candidate;
    weights.input_part(rows, 0, input, candidate);
#pragma unroll 4
    for (int t = 0; t < walk.steps; t++) {
      float sum[gates], odd[gates];
      const float rest = candidate;
#pragma unroll
      for (int g = 0; g < gates; g++) sum[g] = input[g], odd[g] = 0.f;
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

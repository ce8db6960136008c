// SPDX-License-Identifier: Apache-2.0
// The persistent kernel of one block (one SM) a direction: every weight in a register, the hidden
// state in shared memory, one barrier a step. It answers query after query until it is stopped.
#include "steelyard/engine/cuda/mailbox.cuh"
#include "steelyard/engine/cuda/step.cuh"

namespace steelyard::cuda {
namespace {

template <int gates, int slice, int lanes, int units, bool approximate, int most_threads>
__global__ void __launch_bounds__(most_threads)
    persistent_block(const __grid_constant__ PersistentArgs args) {
  using Weights = Slice<gates, slice, lanes, units>;
  constexpr int padded = slice * lanes;
  __shared__ __align__(16) float hidden[2][padded];
  extern __shared__ __align__(16) float dynamic[];
  const int thread = threadIdx.x, lane = thread % lanes, owner = lane / units;
  const int direction = blockIdx.x;
  const Walk walk = args.walk[direction];
  float* rows = dynamic;  // one row more than steps: the last look ahead reads it
  float* head = dynamic + (args.window + 1) * kRowFloats;
  const int unit = thread / lanes * units + (units == 2 ? lane & 1 : 0);

  Weights weights;
  weights.load(args.weights + static_cast<std::size_t>(direction) * Weights::slots * blockDim.x,
               blockDim.x, thread);
  for (int i = thread; i < (args.window + 1) * kRowFloats; i += blockDim.x) rows[i] = 0.f;
  if (args.head != nullptr)
    for (int i = thread; i < args.outputs * padded; i += blockDim.x)
      head[i] = args.head[direction * args.outputs * padded + i];
  for (int i = thread; i < padded; i += blockDim.x) hidden[0][i] = hidden[1][i] = 0.f;
  __syncthreads();

  for (std::uint32_t sequence = args.first;; sequence = next_sequence(sequence)) {
    const bool stop = receive<2>(args, mail_of(args, direction), walk, sequence, rows);
    if (__syncthreads_or(stop)) return;
    Cell<gates> cell;
    float input[gates], candidate;
    weights.input_part(rows, owner, input, candidate);
    for (int t = 0; t < walk.steps; t++) {
      float acc[units][gates], sum[gates];
#pragma unroll
      for (int u = 0; u < units; u++)
#pragma unroll
        for (int g = 0; g < gates; g++) acc[u][g] = 0.f;
      if (t) weights.recurrent_part(reinterpret_cast<const float4*>(hidden[t & 1]), lane, acc);
      weights.reduce(acc, input, lane, sum);
      const float now = candidate;
      weights.input_part(rows + (t + 1) * kRowFloats, owner, input, candidate);
      cell.template advance<approximate>(sum, now, args.relu);
      if (owner == 0) hidden[(t + 1) & 1][unit] = cell.h;
      __syncthreads();
    }
    answer_all(args, head, hidden[walk.steps & 1], padded, direction, sequence, blockDim.x);
  }
}

template <int gates, int slice, int lanes, int units, bool approximate, int most_threads>
Kernel kernel() {
  return {reinterpret_cast<const void*>(
              &persistent_block<gates, slice, lanes, units, approximate, most_threads>),
          Geometry{gates, slice, lanes, units}, approximate, most_threads};
}

template <int gates, int slice, int lanes, int units, int most_threads>
void add(std::vector<Kernel>& kernels) {
  kernels.push_back(kernel<gates, slice, lanes, units, false, most_threads>());
  kernels.push_back(kernel<gates, slice, lanes, units, true, most_threads>());
}

template <int gates>
void add_sizes(std::vector<Kernel>& kernels) {
  add<gates, 16, 2, 1, 64>(kernels);   // 32 units
  add<gates, 32, 2, 1, 128>(kernels);  // 64
  add<gates, 16, 4, 2, 128>(kernels);  // 64, two units a thread
  add<gates, 48, 2, 1, 192>(kernels);  // 96
}

}  // namespace

std::vector<Kernel> block_kernels() {
  std::vector<Kernel> kernels;
  add_sizes<1>(kernels);
  add_sizes<3>(kernels);
  add_sizes<4>(kernels);
  add<1, 64, 2, 1, 256>(kernels);  // 128: the weights of an LSTM are too many for one SM
  add<3, 64, 2, 1, 256>(kernels);
  return kernels;
}

}  // namespace steelyard::cuda

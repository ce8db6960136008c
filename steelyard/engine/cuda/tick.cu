// SPDX-License-Identifier: Apache-2.0
// The persistent kernel of streaming: one block that takes one time step a query and keeps the
// state. What does not depend on the input, R h, is done when the answer is on its way, and a last
// word says that it is done.
#include "steelyard/engine/cuda/lookers.cuh"
#include "steelyard/engine/cuda/step.cuh"

namespace steelyard::cuda {
namespace {

constexpr int kTickLookers = 4;

template <int gates, int slice, bool approximate, int most_threads, int lookers>
__global__ void __launch_bounds__(most_threads + 32 * lookers)
    persistent_tick(const __grid_constant__ PersistentArgs args) {
  constexpr int lanes = 2, padded = slice * lanes;
  using Weights = Slice<gates, slice, lanes, 1>;
  __shared__ __align__(16) float hidden[padded];
  __shared__ __align__(16) float rows[(kTickRows + 1) * kRowFloats];  // the last belongs to nobody
  __shared__ Desk desk;
  extern __shared__ __align__(16) float head[];
  const int thread = threadIdx.x, lane = thread % lanes, unit = thread / lanes;
  const Walk walk = args.walk[0];
  const int computing = blockDim.x - 32 * args.looks;
  const Post post(args, walk, 0, computing, desk, rows);

  for (int i = thread; i < (kTickRows + 1) * kRowFloats; i += blockDim.x) rows[i] = 0.f;
  if (args.head != nullptr)
    for (int i = thread; i < args.outputs * padded; i += blockDim.x) head[i] = args.head[i];
  for (int i = thread; i < padded; i += blockDim.x) hidden[i] = args.state[i];
  __syncthreads();
  if (post.looks()) return post.look_out(rows + kTickRows * kRowFloats);
  Weights weights;
  weights.load(args.weights, computing, thread);
  Cell<gates> cell;
  cell.h = args.state[unit];
  cell.c = args.state[padded + unit];

  float acc[1][gates];
  const auto forget = [&] {
#pragma unroll
    for (int g = 0; g < gates; g++) acc[0][g] = 0.f;
  };
  forget();
  weights.recurrent_part(reinterpret_cast<const float4*>(hidden), lane, acc);
  for (std::uint32_t sequence = args.first;; sequence = next_sequence(sequence)) {
    if (!post.next<1>(sequence)) break;
    if (rows[kRowFloats] != 0.f) {  // from zero
      forget();
      cell = {};
    }
    float input[gates], candidate, sum[gates];
    weights.input_part(rows, lane, input, candidate);
    weights.reduce(acc, input, lane, sum);
    cell.template advance<approximate>(sum, candidate, args.relu);
    if (lane == 0) hidden[unit] = cell.h;
    post.step();
    answer_all(args, head, hidden, padded, 0, sequence, computing);
    forget();
    weights.recurrent_part(reinterpret_cast<const float4*>(hidden), lane, acc);
    post.step();
    if (thread == 0) answer(args.out + args.outputs, sequence, 0.f);
  }
  if (lane == 0) args.state[unit] = cell.h, args.state[padded + unit] = cell.c;
}

template <int gates, int slice, int most_threads, int lookers>
void add(std::vector<Kernel>& kernels) {
  const Geometry geometry{gates, slice, 2, 1};
  kernels.push_back(
      {reinterpret_cast<const void*>(&persistent_tick<gates, slice, false, most_threads, lookers>),
       geometry, false, most_threads, 1, lookers});
  kernels.push_back(
      {reinterpret_cast<const void*>(&persistent_tick<gates, slice, true, most_threads, lookers>),
       geometry, true, most_threads, 1, lookers});
}

template <int gates>
void add_sizes(std::vector<Kernel>& kernels) {
  add<gates, 8, 32, kTickLookers>(kernels);  // 16 units
  add<gates, 16, 64, kTickLookers>(kernels);
  add<gates, 32, 128, kTickLookers>(kernels);
  add<gates, 48, 192, 2>(kernels);
}

}  // namespace

std::vector<Kernel> tick_kernels() {
  std::vector<Kernel> kernels;
  add_sizes<1>(kernels);
  add_sizes<3>(kernels);
  add_sizes<4>(kernels);
  add<1, 64, 256, 0>(kernels);  // 128 units: the weights of an LSTM are too many for one SM
  add<3, 64, 256, 0>(kernels);
  return kernels;
}

}  // namespace steelyard::cuda

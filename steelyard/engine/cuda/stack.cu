// SPDX-License-Identifier: Apache-2.0
// The persistent kernel of stacked layers and of wide inputs: a block for each layer and direction,
// all at work at once, each a few steps behind the one below. In a block one half of the threads
// keeps the recurrent weights and does step s while the other half keeps the input weights and does
// the input's part of step s + 1. States go up as {sequence, value} words through the L2 cache.
#include "steelyard/engine/cuda/mailbox.cuh"
#include "steelyard/engine/cuda/step.cuh"

namespace steelyard::cuda {
namespace {

constexpr int kRing = 4;     // steps of the layer below in shared memory
constexpr int kPending = 4;  // looks under way, because one takes longer than a step

__device__ __forceinline__ unsigned long long look(const OutputWord* word) {
  return *reinterpret_cast<const volatile unsigned long long*>(word);
}
__device__ __forceinline__ std::uint32_t sequence_of(unsigned long long word) {
  return static_cast<std::uint32_t>(word >> 32);
}

// One input of a block from the layer below, step by step; each thread has its own.
struct Feed {
  const OutputWord* words;  // this thread's, of time 0
  int stride;               // words of a time step
  Walk walk;
  int window;
  unsigned long long pending[kPending];

  __device__ __forceinline__ const OutputWord* at(int step) const {
    return words + std::size_t(walk.reversed ? window - 1 - step : step) * stride;
  }
  // Waits for the first step, or for this launch's `stop`, and begins to look for the next ones.
  __device__ __forceinline__ unsigned long long first(std::uint32_t sequence,
                                                      unsigned long long stop) {
    unsigned long long word;
    do {
      word = look(at(0));
    } while (sequence_of(word) != sequence && word != stop);
#pragma unroll
    for (int i = 0; i < kPending; i++) pending[i] = 1 + i < walk.steps ? look(at(1 + i)) : 0;
    return word;
  }
  // `step` goes up by one from call to call, from 1.
  __device__ __forceinline__ float next(int step, std::uint32_t sequence) {
    unsigned long long word = pending[0];
#pragma unroll
    for (int i = 0; i + 1 < kPending; i++) pending[i] = pending[i + 1];
    while (sequence_of(word) != sequence) word = look(at(step));
    if (step + kPending < walk.steps) pending[kPending - 1] = look(at(step + kPending));
    return __uint_as_float(static_cast<unsigned>(word));
  }
};

template <int gates, int slice, int lanes, bool approximate>
__global__ void __launch_bounds__(kStackThreads)
    persistent_stack(const __grid_constant__ StackArgs args) {
  using Weights = Slice<gates, slice, lanes, 1>;
  constexpr int padded = slice * lanes;
  __shared__ __align__(16) float hidden[2][padded];
  __shared__ __align__(16) float4 inputs[2][padded];  // a step's sums without the recurrent part
  extern __shared__ __align__(16) float dynamic[];
  const PersistentArgs& mail = args.mail;
  const int half = blockDim.x / 2;
  const bool projecting = int(threadIdx.x) >= half;
  const int thread = threadIdx.x - (projecting ? half : 0), lane = thread % lanes;
  const int unit = thread / lanes;
  const int layer = blockIdx.x / args.directions, direction = blockIdx.x % args.directions;
  const bool bottom = layer == 0, top = layer + 1 == args.layers;
  const Walk walk = top ? mail.walk[direction] : Walk{mail.window, direction};
  const int width = args.directions * mail.hidden;
  const int row_count = bottom ? mail.window : kRing;
  float* rows = dynamic;  // [row_count][padded]
  float* head = dynamic + (args.layers == 1 ? mail.window : max(mail.window, kRing)) * padded;
  OutputWord* up = args.chain + std::size_t(layer) * mail.window * width + direction * mail.hidden;

  Weights weights;
  weights.load((projecting ? args.projection : args.recurrent) +
                   std::size_t(blockIdx.x) * Weights::slots * half,
               half, thread);
  for (int i = threadIdx.x; i < row_count * padded; i += blockDim.x) rows[i] = 0.f;
  if (top && mail.head != nullptr)
    for (int i = threadIdx.x; i < mail.outputs * padded; i += blockDim.x)
      head[i] = mail.head[direction * mail.outputs * padded + i];
  for (int i = threadIdx.x; i < padded; i += blockDim.x) hidden[0][i] = hidden[1][i] = 0.f;
  const bool fed = !bottom && projecting && thread < width;
  Feed feed{bottom ? nullptr : args.chain + std::size_t(layer - 1) * mail.window * width + thread,
            width,
            walk,
            mail.window,
            {}};
  __syncthreads();

  const auto row = [&](int step) { return rows + (bottom ? step : step % kRing) * padded; };
  const auto project = [&](int step) {
    float acc[1][gates], sum[gates];
#pragma unroll
    for (int g = 0; g < gates; g++) acc[0][g] = 0.f;
    weights.recurrent_part(reinterpret_cast<const float4*>(row(step)), lane, acc);
    weights.reduce(acc, weights.b, lane, sum);
    if (lane == 0)
      inputs[step & 1][unit] = {sum[0], gates > 1 ? sum[1 % gates] : 0.f,
                                gates > 2 ? sum[2 % gates] : 0.f, gates > 3 ? sum[3 % gates] : 0.f};
  };

  // Stops of earlier launches are still in the chain.
  const unsigned long long stop_word = (static_cast<unsigned long long>(kStop) << 32) | mail.first;
  for (std::uint32_t sequence = mail.first;; sequence = next_sequence(sequence)) {
    bool stop = false;
    if (bottom) {
      stop = receive<2>(mail, mail_of(mail, direction), walk, sequence, rows, padded);
    } else if (fed) {
      const unsigned long long word = feed.first(sequence, stop_word);
      stop = word == stop_word;
      row(0)[thread] = __uint_as_float(static_cast<unsigned>(word));
    }
    if (__syncthreads_or(stop)) {
      // Both ends of the sequence, because either may be somebody's first step.
      if (!top)
        for (int i = threadIdx.x; i < mail.hidden; i += blockDim.x) {
          answer(up + i, kStop, __uint_as_float(mail.first));
          answer(up + std::size_t(mail.window - 1) * width + i, kStop, __uint_as_float(mail.first));
        }
      return;
    }
    if (projecting) {
      project(0);
      if (fed && 1 < walk.steps) row(1)[thread] = feed.next(1, sequence);
    }
    __syncthreads();
    Cell<gates> cell;
    for (int s = 0; s < walk.steps; s++) {
      if (projecting) {
        if (s + 1 < walk.steps) project(s + 1);
        if (fed && s + 2 < walk.steps) row(s + 2)[thread] = feed.next(s + 2, sequence);
      } else {
        const float4 in = inputs[s & 1][unit];
        float acc[1][gates], sum[gates], input[gates];
        const float given[4] = {in.x, in.y, in.z, in.w};
#pragma unroll
        for (int g = 0; g < gates; g++) {
          acc[0][g] = 0.f;
          // A GRU's third sum is kept apart: here its recurrent bias, the input's part below.
          input[g] = gates == 3 && g == 2 ? weights.b[g] : lane == 0 ? given[g] : 0.f;
        }
        if (s) weights.recurrent_part(reinterpret_cast<const float4*>(hidden[s & 1]), lane, acc);
        weights.reduce(acc, input, lane, sum);
        cell.template advance<approximate>(sum, given[2], mail.relu);
        if (lane == 0) {
          hidden[(s + 1) & 1][unit] = cell.h;
          const int time = walk.reversed ? mail.window - 1 - s : s;
          if (!top && unit < mail.hidden)
            answer(up + std::size_t(time) * width + unit, sequence, cell.h);
        }
      }
      __syncthreads();
    }
    if (top)
      answer_all(mail, head, hidden[walk.steps & 1], padded, direction, sequence, blockDim.x);
  }
}

template <int gates, int slice>
void add(std::vector<Kernel>& kernels) {
  const Geometry geometry{gates, slice, 2, 1};
  kernels.push_back({reinterpret_cast<const void*>(&persistent_stack<gates, slice, 2, false>),
                     geometry, false, kStackThreads});
  kernels.push_back({reinterpret_cast<const void*>(&persistent_stack<gates, slice, 2, true>),
                     geometry, true, kStackThreads});
}

}  // namespace

std::vector<Kernel> stack_kernels() {
  std::vector<Kernel> kernels;
  add<1, 16>(kernels);
  add<1, 32>(kernels);
  add<1, 64>(kernels);
  add<3, 16>(kernels);
  add<3, 32>(kernels);
  add<3, 64>(kernels);
  add<4, 16>(kernels);
  add<4, 32>(kernels);
  add<4, 48>(kernels);
  return kernels;
}

}  // namespace steelyard::cuda

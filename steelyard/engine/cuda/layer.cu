// SPDX-License-Identifier: Apache-2.0
// A recurrent layer of any size and a dense layer, without any cleverness: weights stream from the
// cache at every step, a block takes a few windows through all steps. What no other kernel can do
// is done here.
#include "steelyard/engine/cuda/kernels.h"

namespace steelyard::cuda {
namespace {

__device__ __forceinline__ float sigmoid_exact(float x) { return 1.f / (1.f + expf(-x)); }

// acc[g][b] += sum over k of w[k][g][j] v[b][k]
template <int gates, int windows>
__device__ __forceinline__ void accumulate(const float* __restrict__ w, const float* v, int count,
                                           int hidden, int unit, int first, int last,
                                           float (&acc)[gates][windows]) {
  const std::size_t rows = std::size_t(gates) * hidden;
  for (int k = 0; k < count; k++) {
    float value[windows];
#pragma unroll
    for (int b = 0; b < windows; b++) value[b] = v[b * count + k];
#pragma unroll
    for (int g = 0; g < gates; g++) {
      if (g < first || g >= last) continue;
      const float weight = w[k * rows + std::size_t(g) * hidden + unit];
#pragma unroll
      for (int b = 0; b < windows; b++) acc[g][b] = fmaf(weight, value[b], acc[g][b]);
    }
  }
}

template <int gates, int windows>
__global__ void __launch_bounds__(kLayerThreads) layer(const __grid_constant__ LayerArgs args) {
  extern __shared__ float memory[];
  const int hidden = args.hidden, input = args.input, direction = blockIdx.y;
  float* h = memory;  // [windows][hidden], and the next ones after it
  float* next = h + windows * hidden;
  float* c = next + windows * hidden;      // cell state; a GRU with reset first: its z
  float* reset = c + windows * hidden;     // r * h
  float* rest = reset + windows * hidden;  // the candidate's input part
  float* x = memory + 6 * windows * hidden;
  const std::size_t rows = std::size_t(gates) * hidden;
  const float* w = args.w + direction * rows * input;
  const float* r = args.r + direction * rows * hidden;
  const float* bw = args.b + direction * rows * 2;
  const float* br = bw + rows;
  const Walk walk = args.walk[direction];
  const bool reset_first = gates == 3 && !args.linear_before_reset;
  const std::int64_t window0 = std::int64_t(blockIdx.x) * windows;

  const auto state_at = [&](int i, int part) {
    return args.state + ((window0 + i / hidden) * 2 + part) * hidden + i % hidden;
  };
  const auto kept = [&](int i) { return args.state && window0 + i / hidden < args.batch; };
  for (int i = threadIdx.x; i < windows * hidden; i += blockDim.x) {
    h[i] = kept(i) ? *state_at(i, 0) : 0.f;
    c[i] = kept(i) ? *state_at(i, 1) : 0.f;
  }
  for (int t = 0; t < walk.steps; t++) {
    const int time = walk.reversed ? args.window - 1 - t : t;
    for (int i = threadIdx.x; i < windows * input; i += blockDim.x) {
      const std::int64_t b = window0 + i / input;
      x[i] = b < args.batch ? args.x[b * args.batch_stride + time * args.step_stride + i % input]
                            : 0.f;
    }
    __syncthreads();
    for (int j = threadIdx.x; j < hidden; j += blockDim.x) {
      float acc[gates][windows], candidate[windows];
#pragma unroll
      for (int g = 0; g < gates; g++)
#pragma unroll
        for (int b = 0; b < windows; b++) acc[g][b] = bw[std::size_t(g) * hidden + j];
      accumulate<gates, windows>(w, x, input, hidden, j, 0, gates, acc);
#pragma unroll
      for (int b = 0; b < windows; b++)
        if (gates == 3) {
          candidate[b] = acc[2 % gates][b];
          acc[2 % gates][b] = 0.f;
        }
#pragma unroll
      for (int g = 0; g < gates; g++)
#pragma unroll
        for (int b = 0; b < windows; b++) acc[g][b] += br[std::size_t(g) * hidden + j];
      accumulate<gates, windows>(r, h, hidden, hidden, j, 0, reset_first ? 2 : gates, acc);
#pragma unroll
      for (int b = 0; b < windows; b++) {
        const int at = b * hidden + j;
        if constexpr (gates == 3) {
          const float z = sigmoid_exact(acc[0][b]), reset_gate = sigmoid_exact(acc[1][b]);
          if (reset_first) {
            c[at] = z;
            reset[at] = reset_gate * h[at];
            rest[at] = candidate[b] + acc[2][b];
          } else {
            const float n = tanhf(candidate[b] + reset_gate * acc[2][b]);
            next[at] = n + z * (h[at] - n);
          }
        } else if constexpr (gates == 4) {
          const float cell =
              sigmoid_exact(acc[2][b]) * c[at] + sigmoid_exact(acc[0][b]) * tanhf(acc[3][b]);
          c[at] = cell;
          next[at] = sigmoid_exact(acc[1][b]) * tanhf(cell);
        } else {
          next[at] = args.relu ? fmaxf(acc[0][b], 0.f) : tanhf(acc[0][b]);
        }
      }
    }
    __syncthreads();
    if constexpr (gates == 3) {
      if (reset_first) {
        for (int j = threadIdx.x; j < hidden; j += blockDim.x) {
          float acc[gates][windows] = {};
          accumulate<gates, windows>(r, reset, hidden, hidden, j, 2, 3, acc);
#pragma unroll
          for (int b = 0; b < windows; b++) {
            const int at = b * hidden + j;
            const float n = tanhf(rest[at] + acc[2][b]);
            next[at] = n + c[at] * (h[at] - n);
          }
        }
        __syncthreads();
      }
    }
    float* last = h;
    h = next;
    next = last;
    const bool written = args.whole_sequence || t + 1 == walk.steps;
    if (!written) continue;
    const int width = args.directions * hidden;
    for (int i = threadIdx.x; i < windows * hidden; i += blockDim.x) {
      const std::int64_t b = window0 + i / hidden;
      if (b >= args.batch) continue;
      const std::int64_t row = args.whole_sequence ? b * args.window + time : b;
      args.y[row * width + direction * hidden + i % hidden] = h[i];
    }
  }
  for (int i = threadIdx.x; i < windows * hidden; i += blockDim.x)
    if (kept(i)) *state_at(i, 0) = h[i], *state_at(i, 1) = c[i];
}

__global__ void __launch_bounds__(256) dense(const __grid_constant__ DenseArgs args) {
  const std::int64_t warp = (std::int64_t(blockIdx.x) * blockDim.x + threadIdx.x) / 32;
  const int lane = threadIdx.x & 31;
  if (warp >= args.batch * args.output) return;
  const std::int64_t b = warp / args.output;
  const int n = warp % args.output;
  const float* x = args.x + b * args.x_stride;
  const float* w = args.w + std::size_t(n) * args.input;
  float y = 0.f;
  for (int k = lane; k < args.input; k += 32) y = fmaf(w[k], x[k], y);
#pragma unroll
  for (int o = 16; o; o >>= 1) y += __shfl_xor_sync(~0u, y, o);
  if (lane != 0) return;
  y += args.b[n];
  if (args.activation == 1) y = fmaxf(y, 0.f);
  if (args.activation == 2) y = sigmoid_exact(y);
  if (args.activation == 3) y = tanhf(y);
  args.y[warp] = y;
}

template <int gates>
const void* sized(int windows) {
  return windows == 1 ? reinterpret_cast<const void*>(&layer<gates, 1>)
                      : reinterpret_cast<const void*>(&layer<gates, kLayerWindows>);
}

}  // namespace

const void* layer_kernel(int gates, int windows) {
  return gates == 1 ? sized<1>(windows) : gates == 3 ? sized<3>(windows) : sized<4>(windows);
}
const void* dense_kernel() { return reinterpret_cast<const void*>(&dense); }

}  // namespace steelyard::cuda

// SPDX-License-Identifier: Apache-2.0
// One time step of a GRU, LSTM or RNN by a block: weights in registers, hidden state in shared
// memory. Used by the persistent and the throughput kernels. Gates in ONNX order: z r h, i o f c.
#pragma once

#include "steelyard/engine/cuda/kernels.h"

namespace steelyard::cuda {

__device__ __forceinline__ float exp2_fast(float x) {
  float y;
  asm("ex2.approx.ftz.f32 %0,%1;" : "=f"(y) : "f"(x));
  return y;
}
__device__ __forceinline__ float reciprocal(float x) {
  float y;
  asm("rcp.approx.ftz.f32 %0,%1;" : "=f"(y) : "f"(x));
  return y;
}
__device__ __forceinline__ float tanh_fast(float x) {
  float y;
  asm("tanh.approx.f32 %0,%1;" : "=f"(y) : "f"(x));
  return y;
}

// Arguments come scaled (GateScales). `result_scale` lets an LSTM keep its cell state scaled.
template <bool approximate>
__device__ __forceinline__ float sigmoid_of(float scaled) {
  if (approximate) return fmaf(0.5f, tanh_fast(scaled), 0.5f);
  return reciprocal(1.f + exp2_fast(scaled));
}
template <bool approximate>
__device__ __forceinline__ float tanh_of(float scaled, float result_scale = 1.f) {
  if (approximate) return tanh_fast(scaled) * result_scale;
  return fmaf(-2.f * result_scale, reciprocal(1.f + exp2_fast(scaled)), result_scale);
}

template <int gates>
struct Cell {
  float h = 0.f;
  float c = 0.f;  // LSTM: times the tanh scale

  // acc: gate sums; for a GRU the third holds the recurrent part alone and `candidate` the rest.
  template <bool approximate>
  __device__ __forceinline__ void advance(const float (&acc)[gates], float candidate, bool relu) {
    constexpr float scale = approximate ? kApproximateScales.tanh : kExactScales.tanh;
    if constexpr (gates == 3) {
      const float r = sigmoid_of<approximate>(acc[1]), z = sigmoid_of<approximate>(acc[0]);
      const float n = tanh_of<approximate>(fmaf(r, acc[2], candidate));
      h = fmaf(z, h - n, n);
    } else if constexpr (gates == 4) {
      const float i = sigmoid_of<approximate>(acc[0]), f = sigmoid_of<approximate>(acc[2]);
      const float g = tanh_of<approximate>(acc[3], scale), o = sigmoid_of<approximate>(acc[1]);
      c = fmaf(f, c, i * g);
      if (approximate)
        h = o * tanh_fast(c);
      else
        h = fmaf(-2.f * o, reciprocal(1.f + exp2_fast(c)), o);
    } else {
      h = relu ? fmaxf(acc[0], 0.f) : tanh_of<approximate>(acc[0]);
    }
  }
};

// A thread's weights.
template <int gates, int slice, int lanes, int units>
struct Slice {
  static constexpr int slots = Geometry{gates, slice, lanes, units}.slots();
  static constexpr int own_features =
      lanes / units >= kRowFloats ? 1 : kRowFloats / (lanes / units);
  static constexpr bool has_candidate = gates == 3;
  float r[units][gates][slice];
  float x[gates][own_features];
  float candidate[has_candidate ? kRowFloats : 1];
  float b[gates];
  float candidate_bias;

  __device__ __forceinline__ void load(const float* __restrict__ packed, int threads, int thread) {
    const float* p = packed + thread;
    auto take = [&] {
      const float value = *p;
      p += threads;
      return value;
    };
#pragma unroll
    for (int u = 0; u < units; u++)
#pragma unroll
      for (int g = 0; g < gates; g++)
#pragma unroll
        for (int k = 0; k < slice; k++) r[u][g][k] = take();
#pragma unroll
    for (int g = 0; g < gates; g++)
#pragma unroll
      for (int k = 0; k < own_features; k++) x[g][k] = take();
#pragma unroll
    for (int k = 0; k < kRowFloats; k++) {
      const float value = take();
      if (has_candidate) candidate[has_candidate ? k : 0] = value;
    }
#pragma unroll
    for (int g = 0; g < gates; g++) b[g] = take();
    candidate_bias = take();
  }

  // The part of the own unit's sums that does not depend on the state.
  __device__ __forceinline__ void input_part(const float* row, int owner, float (&sum)[gates],
                                             float& rest) const {
#pragma unroll
    for (int g = 0; g < gates; g++) {
      sum[g] = b[g];
      if (has_candidate && g == 2) continue;
#pragma unroll
      for (int k = 0; k < own_features; k++)
        sum[g] = fmaf(x[g][k], row[(owner * own_features + k) % kRowFloats], sum[g]);
    }
    rest = candidate_bias;
    if (has_candidate) {
#pragma unroll
      for (int k = 0; k < kRowFloats; k++)
        rest = fmaf(candidate[has_candidate ? k : 0], row[k], rest);
    }
  }

  // Adds this lane's share of R h to `acc`; `hidden` is the whole state in shared memory.
  __device__ __forceinline__ void recurrent_part(const float4* hidden, int lane,
                                                 float (&acc)[units][gates]) const {
    float odd[units][gates];
#pragma unroll
    for (int u = 0; u < units; u++)
#pragma unroll
      for (int g = 0; g < gates; g++) odd[u][g] = 0.f;
#pragma unroll
    for (int i = 0; i < slice / 4; i++) {
      const float4 q = hidden[i * lanes + lane];
#pragma unroll
      for (int u = 0; u < units; u++)
#pragma unroll
        for (int g = 0; g < gates; g++) {
          acc[u][g] = fmaf(r[u][g][4 * i], q.x, acc[u][g]);
          odd[u][g] = fmaf(r[u][g][4 * i + 1], q.y, odd[u][g]);
          acc[u][g] = fmaf(r[u][g][4 * i + 2], q.z, acc[u][g]);
          odd[u][g] = fmaf(r[u][g][4 * i + 3], q.w, odd[u][g]);
        }
    }
#pragma unroll
    for (int u = 0; u < units; u++)
#pragma unroll
      for (int g = 0; g < gates; g++) acc[u][g] += odd[u][g];
  }

  // Sums over the lanes. With two units a thread, lane bit 0 says which one it keeps.
  __device__ __forceinline__ void reduce(const float (&acc)[units][gates],
                                         const float (&input)[gates], int lane,
                                         float (&sum)[gates]) const {
    static_assert(units == 1 || units == 2);
    constexpr int first = units;
    if constexpr (units == 1) {
#pragma unroll
      for (int g = 0; g < gates; g++) sum[g] = acc[0][g] + input[g];
    } else {
      const bool second = lane & 1;
#pragma unroll
      for (int g = 0; g < gates; g++) {
        const float keep = (second ? acc[1][g] : acc[0][g]) + input[g];
        const float give = second ? acc[0][g] : acc[1][g];
        sum[g] = keep + __shfl_xor_sync(~0u, give, 1);
      }
    }
#pragma unroll
    for (int o = first; o < lanes; o *= 2)
#pragma unroll
      for (int g = 0; g < gates; g++) sum[g] += __shfl_xor_sync(~0u, sum[g], o);
  }
};

}  // namespace steelyard::cuda

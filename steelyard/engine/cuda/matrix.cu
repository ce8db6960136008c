// SPDX-License-Identifier: Apache-2.0
// Throughput with fp16 weights on tensor cores (compute capability 8.0 on): a block takes eight
// windows through all steps. A warp owns 16 hidden units; its weights are mma fragments in
// registers, states go round in fp16 through shared memory, sums and the state itself are fp32.
#include "steelyard/engine/cuda/step.cuh"

namespace steelyard::cuda {
namespace {

constexpr int kWindows = kMatrixWindows, kHalf = 2;
constexpr unsigned kOne = 0x3c00;  // 1 as fp16

__device__ __forceinline__ unsigned shared_address(const void* p) {
  return static_cast<unsigned>(__cvta_generic_to_shared(p));
}
// Before 8.0 the kernel is compiled, because one file serves all, and never started (plan.cpp).
__device__ __forceinline__ unsigned pack_halves(float low, float high) {
  unsigned packed = 0;
#if __CUDA_ARCH__ >= 800
  asm("cvt.rn.f16x2.f32 %0,%1,%2;" : "=r"(packed) : "f"(high), "f"(low));
#endif
  return packed;
}
__device__ __forceinline__ unsigned short half_of(float value) {
  unsigned short half;
  asm("cvt.rn.f16.f32 %0,%1;" : "=h"(half) : "f"(value));
  return half;
}

__device__ __forceinline__ void multiply16(float (&c)[4], const unsigned (&a)[4], unsigned b0,
                                           unsigned b1) {
#if __CUDA_ARCH__ >= 800
  asm("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 "
      "{%0,%1,%2,%3},{%4,%5,%6,%7},{%8,%9},{%0,%1,%2,%3};"
      : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
#endif
}
__device__ __forceinline__ void multiply8(float (&c)[4], const unsigned (&a)[2], unsigned b) {
#if __CUDA_ARCH__ >= 800
  asm("mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32 "
      "{%0,%1,%2,%3},{%4,%5},{%6},{%0,%1,%2,%3};"
      : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
      : "r"(a[0]), "r"(a[1]), "r"(b));
#endif
}

// Where a step's inputs lie: [window][columns] halves, padded by 16 bytes against bank conflicts.
template <int columns>
constexpr int kStepHalves = kWindows* columns + 8;

__device__ __forceinline__ int quotient(unsigned q, unsigned reciprocal, int divisor) {
  return divisor == 1 ? q : __umulhi(q, reciprocal);
}

// All windows of the tile, which lie one after the other: 16 bytes at a time, four in flight.
template <int columns>
__device__ __forceinline__ void stage_quads(const MatrixArgs& args, std::int64_t window0,
                                            unsigned short* inputs) {
  constexpr int flight = 5;
  const float4* x = reinterpret_cast<const float4*>(args.x) + window0 * args.quads;
  const std::int64_t left = (args.batch - window0) * args.quads;
  const int quads = kWindows * args.quads;
  for (int base = threadIdx.x; base < quads; base += flight * blockDim.x) {
    float4 v[flight];
#pragma unroll
    for (int m = 0; m < flight; m++) {
      const int q = base + m * blockDim.x;
      v[m] = make_float4(0, 0, 0, 0);
      if (q < quads && q < left) v[m] = x[q];
    }
#pragma unroll
    for (int m = 0; m < flight; m++) {
      const int q = base + m * blockDim.x;
      if (q >= quads) continue;
      const int window = quotient(q, args.quads_reciprocal, args.quads);
      const unsigned value = (q - window * args.quads) * 4;
      const float f[4] = {v[m].x, v[m].y, v[m].z, v[m].w};
#pragma unroll
      for (int e = 0; e < 4; e++) {
        const int t = quotient(value + e, args.features_reciprocal, args.features);
        const int row = args.walk.reversed ? args.window - 1 - t : t;
        if (row < args.walk.steps)
          inputs[row * kStepHalves<columns> + window * columns + (value + e - t * args.features)] =
              half_of(f[e]);
      }
    }
  }
}

// Steps [first, first + count) of a tile laid out in any way.
template <int columns>
__device__ __forceinline__ void stage_values(const MatrixArgs& args, std::int64_t window0,
                                             int first, int count, unsigned short* inputs) {
  for (int b = 0; b < kWindows; b++) {
    const bool inside = window0 + b < args.batch;
    const float* x = args.x + (window0 + b) * args.batch_stride;
    for (int q = threadIdx.x; q < count * args.features; q += blockDim.x) {
      const int t = quotient(q, args.features_reciprocal, args.features);
      const int i = q - t * args.features;
      const int step = args.walk.reversed ? first + count - 1 - t : first + t;
      const int time = args.walk.reversed ? args.window - 1 - step : step;
      inputs[(step - first) * kStepHalves<columns> + b * columns + i] =
          half_of(inside ? x[time * args.step_stride + i] : 0.f);
    }
  }
}

template <int gates, int tiles, int columns>
struct Fragments {
  unsigned r[gates][tiles][4], x[gates][columns / 8][2];
  __device__ __forceinline__ void load(const unsigned* __restrict__ packed) {
    constexpr int threads = 32 * tiles;
    const unsigned* p = packed + threadIdx.x;
    auto take = [&] {
      const unsigned value = *p;
      p += threads;
      return value;
    };
#pragma unroll
    for (int g = 0; g < gates; g++)
#pragma unroll
      for (int k = 0; k < tiles; k++)
#pragma unroll
        for (int e = 0; e < 4; e++) r[g][k][e] = take();
#pragma unroll
    for (int g = 0; g < gates; g++)
#pragma unroll
      for (int k = 0; k < columns / 8; k++)
#pragma unroll
        for (int e = 0; e < 2; e++) x[g][k][e] = take();
  }
};

// A thread's four elements of a tile: units u, u + 8 and two neighbouring windows.
template <int gates>
__device__ __forceinline__ void advance_four(float (&sum)[4][4], const float (&candidate)[4],
                                             Cell<gates> (&cell)[4], bool relu) {
#pragma unroll
  for (int e = 0; e < 4; e++) {
    float gate[gates];
#pragma unroll
    for (int g = 0; g < gates; g++) gate[g] = sum[g][e];
    cell[e].template advance<true>(gate, candidate[e], relu);
  }
}

template <int gates, int tiles, int columns, int blocks>
__global__ void __launch_bounds__(32 * tiles, blocks)
    matrix(const __grid_constant__ MatrixArgs args) {
  constexpr int units = 16 * tiles, row_bytes = kWindows * kHalf;
  extern __shared__ __align__(16) unsigned short inputs[];
  __shared__ __align__(16) unsigned char hidden[2][units * row_bytes];
  __shared__ float partial[tiles][kWindows];
  const int thread = threadIdx.x, lane = thread & 31, warp = thread >> 5;
  const int g8 = lane >> 2, t4 = lane & 3, unit = 16 * warp + g8;

  Fragments<gates, tiles, columns> weights;
  weights.load(args.weights);
  const float bias0 = args.biases[unit], bias1 = args.biases[unit + 8];
  const int staged = min(kMatrixChunk, args.walk.steps);
  // The columns behind the features: two that read 1 for the bias, then zeros.
  for (int i = thread; i < staged * kWindows; i += blockDim.x)
    for (int k = args.features; k < columns; k++)
      inputs[i / kWindows * kStepHalves<columns> + i % kWindows * columns + k] =
          k < args.features + 2 ? kOne : 0;

  const unsigned write = shared_address(hidden) + unit * row_bytes + t4 * 4;
  const unsigned read = shared_address(hidden) + lane * row_bytes;
  const unsigned input = shared_address(inputs) + g8 * columns * kHalf + t4 * 4;

  for (std::int64_t window0 = std::int64_t(blockIdx.x) * kWindows; window0 < args.batch;
       window0 += std::int64_t(gridDim.x) * kWindows) {
    Cell<gates> cell[4];
    for (int first = 0; first < args.walk.steps; first += kMatrixChunk) {
      const int count = min(kMatrixChunk, args.walk.steps - first);
      __syncthreads();
      if (args.quads != 0)
        stage_quads<columns>(args, window0, inputs);
      else
        stage_values<columns>(args, window0, first, count, inputs);
      __syncthreads();
      // kMatrixChunk is even, so that a step's buffer does not depend on the chunk.
      for (int t = 0; t < count; t++) {
        float sum[4][4] = {}, candidate[4] = {};
#pragma unroll
        for (int k = 0; k < columns / 8; k++) {
          unsigned b;
          asm volatile("ld.shared.b32 %0,[%1];"
                       : "=r"(b)
                       : "r"(input + t * kStepHalves<columns> * kHalf + k * 16));
#pragma unroll
          for (int g = 0; g < gates; g++) {
            if (gates == 3 && g == 2)
              multiply8(candidate, weights.x[g][k], b);
            else
              multiply8(sum[g], weights.x[g][k], b);
          }
        }
        if (gates == 3) {
          sum[2][0] = sum[2][1] = bias0;
          sum[2][2] = sum[2][3] = bias1;
        }
        const unsigned from = (t & 1) * units * row_bytes, to = units * row_bytes - from;
        if (first + t) {
#pragma unroll
          for (int k = 0; k < tiles / 2; k++) {
            unsigned b[4];
            asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3},[%4];"
                         : "=r"(b[0]), "=r"(b[1]), "=r"(b[2]), "=r"(b[3])
                         : "r"(read + from + k * 32 * row_bytes));
#pragma unroll
            for (int g = 0; g < gates; g++) multiply16(sum[g], weights.r[g][2 * k], b[0], b[1]);
#pragma unroll
            for (int g = 0; g < gates; g++) multiply16(sum[g], weights.r[g][2 * k + 1], b[2], b[3]);
          }
        }
        advance_four<gates>(sum, candidate, cell, args.relu);
        asm volatile("st.shared.b32 [%0],%1;" ::"r"(write + to),
                     "r"(pack_halves(cell[0].h, cell[1].h)));
        asm volatile("st.shared.b32 [%0],%1;" ::"r"(write + to + 8 * row_bytes),
                     "r"(pack_halves(cell[2].h, cell[3].h)));
        __syncthreads();
      }
    }
    if (args.head == nullptr) {
#pragma unroll
      for (int e = 0; e < 4; e++) {
        const std::int64_t b = window0 + 2 * t4 + (e & 1);
        const int n = unit + (e >> 1) * 8;
        if (b < args.batch && n < args.outputs) args.y[b * args.outputs + n] = cell[e].h;
      }
      continue;
    }
    for (int n = 0; n < args.outputs; n++) {
      const float w0 = args.head[n * units + unit], w1 = args.head[n * units + unit + 8];
      float even = w0 * cell[0].h + w1 * cell[2].h, odd = w0 * cell[1].h + w1 * cell[3].h;
#pragma unroll
      for (int o = 4; o < 32; o *= 2) {
        even += __shfl_xor_sync(~0u, even, o);
        odd += __shfl_xor_sync(~0u, odd, o);
      }
      if (g8 == 0) {
        partial[warp][2 * t4] = even;
        partial[warp][2 * t4 + 1] = odd;
      }
      __syncthreads();
      if (thread < kWindows && window0 + thread < args.batch) {
        float y = args.head_bias[n];
#pragma unroll
        for (int w = 0; w < tiles; w++) y += partial[w][thread];
        args.y[(window0 + thread) * args.outputs + n] = y;
      }
      if (n + 1 < args.outputs) __syncthreads();
    }
  }
}

template <int gates, int tiles, int blocks>
void add(std::vector<MatrixKernel>& kernels) {
  kernels.push_back(
      {reinterpret_cast<const void*>(&matrix<gates, tiles, 8, blocks>), gates, tiles, 8});
  kernels.push_back(
      {reinterpret_cast<const void*>(&matrix<gates, tiles, 16, blocks>), gates, tiles, 16});
}

}  // namespace

std::vector<MatrixKernel> matrix_kernels() {
  std::vector<MatrixKernel> kernels;
  add<1, 2, 8>(kernels);
  add<1, 4, 4>(kernels);
  add<1, 8, 2>(kernels);
  add<3, 2, 8>(kernels);
  add<3, 4, 4>(kernels);
  add<3, 8, 1>(kernels);
  add<4, 2, 8>(kernels);
  add<4, 4, 3>(kernels);
  add<4, 8, 1>(kernels);
  return kernels;
}

}  // namespace steelyard::cuda

// SPDX-License-Identifier: Apache-2.0
// The device's side of words.h: waiting for a window and writing an answer.
#pragma once

#include "steelyard/engine/cuda/kernels.h"

namespace steelyard::cuda {

__device__ __forceinline__ uint4 look(const InputWord* word) {
  uint4 v;
  asm volatile("ld.volatile.global.v4.u32 {%0,%1,%2,%3},[%4];"
               : "=r"(v.x), "=r"(v.y), "=r"(v.z), "=r"(v.w)
               : "l"(word)
               : "memory");
  return v;
}

__device__ __forceinline__ void answer(OutputWord* word, std::uint32_t sequence, float value) {
  *reinterpret_cast<volatile unsigned long long*>(word) =
      (static_cast<unsigned long long>(sequence) << 32) | __float_as_uint(value);
}

// Waits for the words of query `sequence` that this thread takes and lays their values out in
// rows of kRowFloats, in the order in which `walk` takes them. Returns whether to stop instead.
// A thread asks for `depth` words at once: each look crosses PCIe.
template <int depth>
__device__ __forceinline__ bool receive(const PersistentArgs& args, const Walk& walk,
                                        std::uint32_t sequence, float* rows) {
  bool stop = false;
  for (int base = threadIdx.x; base < args.words; base += depth * blockDim.x) {
    uint4 v[depth];
    bool complete;
    do {
      complete = true;
#pragma unroll
      for (int m = 0; m < depth; m++) {
        const int word = base + m * blockDim.x;
        if (word < args.words) v[m] = look(args.in + word);
      }
#pragma unroll
      for (int m = 0; m < depth; m++) {
        const int word = base + m * blockDim.x;
        if (word < args.words) complete &= v[m].w == sequence || v[m].w == kStop;
      }
    } while (!complete);
#pragma unroll
    for (int m = 0; m < depth; m++) {
      const int word = base + m * blockDim.x;
      if (word >= args.words) continue;
      stop |= v[m].w == kStop;
      const float f[3] = {__uint_as_float(v[m].x), __uint_as_float(v[m].y),
                          __uint_as_float(v[m].z)};
#pragma unroll
      for (int e = 0; e < 3; e++) {
        const unsigned q = word * 3 + e;
        // 2^32 / 1 does not fit the reciprocal's 32 bits.
        const int t = args.features == 1 ? q : __umulhi(q, args.features_reciprocal);
        const int i = q - t * args.features;
        const int row = walk.reversed ? args.window - 1 - t : t;
        if (q < args.values && row < walk.steps) rows[row * kRowFloats + i] = f[e];
      }
    }
  }
  return stop;
}

}  // namespace steelyard::cuda

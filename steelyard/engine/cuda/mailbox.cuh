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

// Lays the values of one word out in rows of `stride` floats, in the order in which `walk` takes
// them.
__device__ __forceinline__ void place(const PersistentArgs& args, const Walk& walk, int word,
                                      const uint4& v, float* rows, int stride) {
  // 2^32 / 1 does not fit the reciprocal's 32 bits.
  const int t = args.step_words == 1 ? word : __umulhi(word, args.step_words_reciprocal);
  const int first = (word - t * args.step_words) * kValuesPerWord;
  const int row = walk.reversed ? args.window - 1 - t : t;
  if (row >= walk.steps) return;
  float* to = rows + row * stride + first;
  to[0] = __uint_as_float(v.x);
  if (first + 1 < args.features) to[1] = __uint_as_float(v.y);
  if (first + 2 < args.features) to[2] = __uint_as_float(v.z);
}

__device__ __forceinline__ const InputWord* mail_of(const PersistentArgs& args, int reader,
                                                    int look = 0) {
  return args.in + std::size_t(reader * max(args.looks, 1) + look) * args.copy_words;
}

// Waits for the words of query `sequence` that this thread takes. Returns whether to stop instead.
// A thread asks for `depth` words at once: each look crosses PCIe.
template <int depth>
__device__ __forceinline__ bool receive(const PersistentArgs& args, const InputWord* mail,
                                        const Walk& walk, std::uint32_t sequence, float* rows,
                                        int stride = kRowFloats) {
  bool stop = false;
  for (int base = threadIdx.x; base < args.words; base += depth * blockDim.x) {
    uint4 v[depth];
    bool complete;
    do {
      complete = true;
#pragma unroll
      for (int m = 0; m < depth; m++) {
        const int word = base + m * blockDim.x;
        if (word < args.words) v[m] = look(mail + word);
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
      place(args, walk, word, v[m], rows, stride);
    }
  }
  return stop;
}

// A head row by each warp; without a head every unit goes out as it is.
__device__ __forceinline__ void answer_all(const PersistentArgs& args, const float* head,
                                           const float* hidden, int padded, int direction,
                                           std::uint32_t sequence, int threads) {
  const int lane = threadIdx.x & 31, warp = threadIdx.x >> 5, warps = threads >> 5;
  OutputWord* out = args.out + direction * args.outputs;
  if (args.head == nullptr) {
    for (int i = threadIdx.x; i < args.outputs; i += threads) answer(out + i, sequence, hidden[i]);
    return;
  }
  for (int n = warp; n < args.outputs; n += warps) {
    float y = 0.f;
    for (int k = lane; k < padded; k += 32) y = fmaf(head[n * padded + k], hidden[k], y);
#pragma unroll
    for (int o = 16; o; o >>= 1) y += __shfl_xor_sync(~0u, y, o);
    if (lane == 0) answer(out + n, sequence, y);
  }
}

}  // namespace steelyard::cuda

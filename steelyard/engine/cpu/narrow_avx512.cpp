// SPDX-License-Identifier: Apache-2.0
// Narrow weights with AVX-512 and VNNI. dpbf16 is not used: where it was measured (Xeon of family 6
// model 207) it has a seventh of the throughput of an fp32 multiply-add. Thread-safe.
#include "steelyard/engine/cpu/narrow.h"

#if defined(__x86_64__) && defined(__GNUC__)

// GCC 12 takes the undefined operands of its own intrinsics for a slip (its bug 105593).
#ifndef __clang__
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <immintrin.h>

#ifdef __clang__
#pragma clang attribute push(                                                     \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,fma"))), \
    apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,fma")
#endif

#include "steelyard/engine/cpu/narrow_avx512-inl.h"

namespace steelyard::cpu {

const NarrowKernels* avx512_narrow_kernels() {
  using Set = NarrowSet<Avx512Lanes>;
  static const NarrowKernels kKernels = {&Set::bf16, nullptr, &Set::int8, &Set::to_bytes, nullptr};
  static const bool kHere = has_avx512_lanes();
  return kHere ? &kKernels : nullptr;
}

}  // namespace steelyard::cpu

#ifdef __clang__
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

#else

namespace steelyard::cpu {
const NarrowKernels* avx512_narrow_kernels() { return nullptr; }
}  // namespace steelyard::cpu

#endif

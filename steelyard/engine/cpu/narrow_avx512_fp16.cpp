// SPDX-License-Identifier: Apache-2.0
// Narrow weights with AVX-512 and its fp16 arithmetic: twice the multiply-adds of fp32, and no
// widening. Thread-safe.
#include "steelyard/engine/cpu/narrow.h"

// Clang before 16 knows the type for files only that are compiled for such a CPU as a whole.
#ifdef __clang__
#define STEELYARD_HAS_FP16 (__clang_major__ >= 16)
#else
#define STEELYARD_HAS_FP16 (__GNUC__ >= 12)
#endif
#if defined(__x86_64__) && STEELYARD_HAS_FP16

// GCC 12 takes the undefined operands of its own intrinsics for a slip (its bug 105593).
#ifndef __clang__
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <cpuid.h>
#include <immintrin.h>

#ifdef __clang__
#pragma clang attribute push(                                                                \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx512fp16,fma"))), \
    apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx512fp16,fma")
#endif

#include "steelyard/engine/cpu/narrow_avx512-inl.h"

namespace steelyard::cpu {
namespace {

struct Fp16Lanes : Avx512Lanes {
  using H = __m512h;

  static H no_halves() { return _mm512_setzero_ph(); }
  static H load_halves(const std::uint32_t* p) { return _mm512_loadu_ph(p); }
  static H broadcast_halves(const std::uint8_t* p) {
    return _mm512_castsi512_ph(broadcast_word(p));
  }
  static H add_products(H sum, H a, H b) { return _mm512_fmadd_ph(a, b, sum); }
  // The two halves of each word of both together.
  static F sum_of_words(H a, H b) {
    const H sum = _mm512_add_ph(a, b);
    const I words = _mm512_castph_si512(sum);
    const H whole = _mm512_add_ph(sum, _mm512_castsi512_ph(_mm512_rol_epi32(words, 16)));
    return _mm512_cvtxph_ps(_mm256_castsi256_ph(_mm512_cvtepi32_epi16(_mm512_castph_si512(whole))));
  }
  // NaN stays.
  static F limited(F a, float most) {
    return _mm512_max_ps(_mm512_set1_ps(-most), _mm512_min_ps(_mm512_set1_ps(most), a));
  }
  static void store_halves(std::uint16_t* p, F a) { _mm256_storeu_ph(p, _mm512_cvtxps_ph(a)); }
};

float to_halves(const float* from, int n, std::uint16_t* to) {
  __m512 largest = _mm512_setzero_ps();
  for (int i = 0; i < n; i += kNarrowLanes)
    largest = _mm512_max_ps(_mm512_abs_ps(_mm512_loadu_ps(from + i)), largest);
  // The power of two below the largest; 1 where that is nothing to divide by.
  const __m512i exponent =
      _mm512_and_si512(_mm512_castps_si512(_mm512_set1_ps(_mm512_reduce_max_ps(largest))),
                       _mm512_set1_epi32(0x7f800000));
  float scale = _mm512_cvtss_f32(_mm512_castsi512_ps(exponent));
  if (!(scale >= 0x1p-100f && scale <= 0x1p100f)) scale = 1;
  const __m512 reciprocal = _mm512_set1_ps(1 / scale);
  for (int i = 0; i < n; i += kNarrowLanes)
    Fp16Lanes::store_halves(to + i, _mm512_mul_ps(_mm512_loadu_ps(from + i), reciprocal));
  return scale;
}

// CPUID, leaf 7: EDX bit 23. Not by __builtin_cpu_supports, which does not know it everywhere.
bool has_fp16() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (d >> 23 & 1) != 0;
}

}  // namespace

const NarrowKernels* avx512_fp16_narrow_kernels() {
  using Set = NarrowSet<Fp16Lanes>;
  static const NarrowKernels kKernels = {&Set::bf16, &Set::halves, &Set::int8, &Set::to_bytes,
                                         &to_halves};
  static const bool kHere = has_avx512_lanes() && has_fp16();
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
const NarrowKernels* avx512_fp16_narrow_kernels() { return nullptr; }
}  // namespace steelyard::cpu

#endif

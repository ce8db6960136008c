// SPDX-License-Identifier: Apache-2.0
// 16 lanes by AVX-512 with VNNI. Included inside the region of a file that is compiled for it.
#pragma once

#include "steelyard/engine/cpu/narrow-inl.h"
#include "steelyard/engine/cpu/tanh_table.h"

namespace steelyard::cpu {
namespace {

struct Avx512Lanes {
  using F = __m512;
  using I = __m512i;

  static F zero() { return _mm512_setzero_ps(); }
  static I no_integers() { return _mm512_setzero_si512(); }
  static F load(const float* p) { return _mm512_loadu_ps(p); }
  static I load_integers(const std::int32_t* p) { return _mm512_loadu_si512(p); }
  // Loaded once: g++ would else read every word twice, and wait twice where it is not in the
  // first-level cache.
  static I words(const std::uint32_t* p) {
    I w = _mm512_loadu_si512(p);
    asm("" : "+v"(w));
    return w;
  }
  static void store(float* p, F a) { _mm512_storeu_ps(p, a); }
  static F broadcast(const float* p) { return _mm512_set1_ps(*p); }
  static F lower(I w) { return _mm512_castsi512_ps(_mm512_slli_epi32(w, 16)); }
  // The same on the other of the two ports that multiply: shifts alone would keep one of them busy.
  static F lower_by_shuffle(I w) {
    const I pattern = _mm512_set4_epi32(0x0d0c8080, 0x09088080, 0x05048080, 0x01008080);
    return _mm512_castsi512_ps(_mm512_shuffle_epi8(w, pattern));
  }
  static F upper(I w) { return _mm512_castsi512_ps(w); }
  static F fma(F a, F b, F c) { return _mm512_fmadd_ps(a, b, c); }
  static F mul(F a, F b) { return _mm512_mul_ps(a, b); }
  static F add(F a, F b) { return _mm512_add_ps(a, b); }
  static F sub(F a, F b) { return _mm512_sub_ps(a, b); }
  static F relu(F a) {
    return _mm512_mask_mov_ps(a, _mm512_cmp_ps_mask(a, zero(), _CMP_LT_OQ), zero());
  }

  static F look_up(int power, I piece) {
    return _mm512_permutex2var_ps(_mm512_load_ps(kTanhTable[power]), piece,
                                  _mm512_load_ps(kTanhTable[power] + 16));
  }
  // As activations-inl.h has it, which belongs to Highway's targets.
  static F tanh(F x) {
    const I magnitude = _mm512_set1_epi32(0x7fffffff);
    const F a =
        _mm512_min_ps(_mm512_set1_ps(kTanhEnd),
                      _mm512_castsi512_ps(_mm512_and_si512(_mm512_castps_si512(x), magnitude)));
    const I piece = _mm512_srli_epi32(
        _mm512_castps_si512(_mm512_add_ps(a, _mm512_set1_ps(kTanhOffset))), kTanhShift);
    const F high = fma(look_up(3, piece), a, look_up(2, piece));
    const F low = fma(look_up(1, piece), a, look_up(0, piece));
    const F y = fma(high, mul(a, a), low);
    return _mm512_castsi512_ps(
        _mm512_ternarylogic_epi32(_mm512_castps_si512(y), _mm512_castps_si512(x), magnitude, 0xE4));
  }
  static F sigmoid(F half) {
    const F h = _mm512_set1_ps(0.5f);
    return fma(h, tanh(half), h);
  }

  static I broadcast_word(const std::uint8_t* p) {
    int word;
    __builtin_memcpy(&word, p, sizeof word);
    return _mm512_set1_epi32(word);
  }
  static I dot(I sum, I bytes, I weights) { return _mm512_dpbusd_epi32(sum, bytes, weights); }
  static I add_integers(I a, I b) { return _mm512_add_epi32(a, b); }
  static F to_float(I a) { return _mm512_cvtepi32_ps(a); }
  static void store_bytes(std::uint8_t* p, F a) {
    const __m128i bytes = _mm512_cvtsepi32_epi8(_mm512_cvtps_epi32(a));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm_xor_si128(bytes, _mm_set1_epi8(-128)));
  }
};

// Whether this CPU has what Avx512Lanes needs.
inline bool has_avx512_lanes() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx512vnni");
}

}  // namespace
}  // namespace steelyard::cpu

// SPDX-License-Identifier: Apache-2.0
// Narrow weights on any CPU: 16 lanes as an array, which the compiler makes vectors of as it can.
// Thread-safe.
#include <cmath>
#include <cstring>

#include "steelyard/engine/cpu/narrow-inl.h"

namespace steelyard::cpu {
namespace {

struct PlainLanes {
  struct F {
    float v[kNarrowLanes];
  };
  struct I {
    std::int32_t v[kNarrowLanes];
  };
  struct W {
    std::uint32_t v[kNarrowLanes];
  };

  template <class To, class Make>
  static To each(Make make) {
    To to;
    for (int i = 0; i < kNarrowLanes; ++i) to.v[i] = make(i);
    return to;
  }
  static float as_float(std::uint32_t bits) {
    float f;
    std::memcpy(&f, &bits, sizeof f);
    return f;
  }

  static F zero() { return {}; }
  static I no_integers() { return {}; }
  static F load(const float* p) {
    return each<F>([&](int i) { return p[i]; });
  }
  static I load_integers(const std::int32_t* p) {
    return each<I>([&](int i) { return p[i]; });
  }
  static W words(const std::uint32_t* p) {
    return each<W>([&](int i) { return p[i]; });
  }
  static void store(float* p, const F& a) { std::memcpy(p, a.v, sizeof a.v); }
  static F broadcast(const float* p) {
    return each<F>([&](int) { return *p; });
  }
  static F lower(const W& w) {
    return each<F>([&](int i) { return as_float(w.v[i] << 16); });
  }
  static F lower_by_shuffle(const W& w) { return lower(w); }
  static F upper(const W& w) {
    return each<F>([&](int i) { return as_float(w.v[i]); });
  }
  static F fma(const F& a, const F& b, const F& c) {
    return each<F>([&](int i) { return a.v[i] * b.v[i] + c.v[i]; });
  }
  static F mul(const F& a, const F& b) {
    return each<F>([&](int i) { return a.v[i] * b.v[i]; });
  }
  static F add(const F& a, const F& b) {
    return each<F>([&](int i) { return a.v[i] + b.v[i]; });
  }
  static F sub(const F& a, const F& b) {
    return each<F>([&](int i) { return a.v[i] - b.v[i]; });
  }
  static F relu(const F& a) {
    return each<F>([&](int i) { return a.v[i] < 0 ? 0.0f : a.v[i]; });
  }
  static F tanh(const F& a) {
    return each<F>([&](int i) { return std::tanh(a.v[i]); });
  }
  static F sigmoid(const F& half) {
    return each<F>([&](int i) { return 0.5f + 0.5f * std::tanh(half.v[i]); });
  }

  // Four unsigned bytes, the same in all lanes.
  static const std::uint8_t* broadcast_word(const std::uint8_t* p) { return p; }
  static I dot(const I& sum, const std::uint8_t* v, const W& w) {
    return each<I>([&](int i) {
      std::int32_t s = sum.v[i];
      for (int k = 0; k < 4; ++k) s += v[k] * std::int8_t(w.v[i] >> (8 * k));
      return s;
    });
  }
  static I add_integers(const I& a, const I& b) {
    return each<I>([&](int i) { return a.v[i] + b.v[i]; });
  }
  static F to_float(const I& a) {
    return each<F>([&](int i) { return float(a.v[i]); });
  }
  static void store_bytes(std::uint8_t* p, const F& a) {
    for (int i = 0; i < kNarrowLanes; ++i) {
      // NaN is neither: it becomes the lowest, as the conversion of AVX-512 makes it.
      const float limited = a.v[i] > -128 ? a.v[i] < 127 ? a.v[i] : 127.0f : -128.0f;
      p[i] = std::uint8_t(int(std::nearbyint(limited)) + 128);
    }
  }
};

}  // namespace

const NarrowKernels& plain_narrow_kernels() {
  using Set = NarrowSet<PlainLanes>;
  static const NarrowKernels kKernels = {&Set::bf16, nullptr, &Set::int8, &Set::to_bytes, nullptr};
  return kKernels;
}

}  // namespace steelyard::cpu

// SPDX-License-Identifier: Apache-2.0
// tanh and sigmoid of a vector to about 1e-6, for one instruction set. Included once per target.
// NaN stays NaN and infinities saturate.
#if defined(STEELYARD_CPU_ACTIVATIONS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef STEELYARD_CPU_ACTIVATIONS_INL
#undef STEELYARD_CPU_ACTIVATIONS_INL
#else
#define STEELYARD_CPU_ACTIVATIONS_INL
#endif

#include <hwy/highway.h>

#include "steelyard/engine/cpu/tanh_table.h"
#include "steelyard/model/network.h"

HWY_BEFORE_NAMESPACE();
namespace steelyard::cpu {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;
constexpr int kLanes = int(hn::MaxLanes(D()));

// x within [low, high], NaN where x is NaN: Min and Max of x86 return the second argument then,
// those of other instruction sets the number.
HWY_INLINE V clamp(V x, float low, float high) {
  const D d;
#if HWY_ARCH_X86 && HWY_TARGET != HWY_SCALAR
  return hn::Max(hn::Set(d, low), hn::Min(hn::Set(d, high), x));
#else
  x = hn::IfThenElse(hn::Gt(x, hn::Set(d, high)), hn::Set(d, high), x);
  return hn::IfThenElse(hn::Lt(x, hn::Set(d, low)), hn::Set(d, low), x);
#endif
}

#if HWY_TARGET == HWY_AVX3

HWY_INLINE __m512 look_up(int power, __m512i piece) {
  return _mm512_permutex2var_ps(_mm512_load_ps(kTanhTable[power]), piece,
                                _mm512_load_ps(kTanhTable[power] + 16));
}

HWY_INLINE V tanh_of(V v) {
  const __m512 x = v.raw;
  const __m512i magnitude = _mm512_set1_epi32(0x7fffffff);
  const __m512 a =
      _mm512_min_ps(_mm512_set1_ps(kTanhEnd),
                    _mm512_castsi512_ps(_mm512_and_si512(_mm512_castps_si512(x), magnitude)));
  const __m512i piece = _mm512_srli_epi32(
      _mm512_castps_si512(_mm512_add_ps(a, _mm512_set1_ps(kTanhOffset))), kTanhShift);
  const __m512 high = _mm512_fmadd_ps(look_up(3, piece), a, look_up(2, piece));
  const __m512 low = _mm512_fmadd_ps(look_up(1, piece), a, look_up(0, piece));
  const __m512 y = _mm512_fmadd_ps(high, _mm512_mul_ps(a, a), low);
  // Bits of y, sign of x.
  return V{_mm512_castsi512_ps(
      _mm512_ternarylogic_epi32(_mm512_castps_si512(y), _mm512_castps_si512(x), magnitude, 0xE4))};
}

#else

// The 13/6 rational of Eigen and MLAS, which is what ONNX Runtime computes.
HWY_INLINE V tanh_of(V x) {
  const D d;
  x = clamp(x, -9.0f, 9.0f);
  const V q = hn::Mul(x, x);
  V p = hn::Set(d, -2.76076847742355e-16f);
  p = hn::MulAdd(p, q, hn::Set(d, 2.00018790482477e-13f));
  p = hn::MulAdd(p, q, hn::Set(d, -8.60467152213735e-11f));
  p = hn::MulAdd(p, q, hn::Set(d, 5.12229709037114e-08f));
  p = hn::MulAdd(p, q, hn::Set(d, 1.48572235717979e-05f));
  p = hn::MulAdd(p, q, hn::Set(d, 6.37261928875436e-04f));
  p = hn::MulAdd(p, q, hn::Set(d, 4.89352455891786e-03f));
  V r = hn::Set(d, 1.19825839466702e-06f);
  r = hn::MulAdd(r, q, hn::Set(d, 1.18534705686654e-04f));
  r = hn::MulAdd(r, q, hn::Set(d, 2.26843463243900e-03f));
  r = hn::MulAdd(r, q, hn::Set(d, 4.89352518554385e-03f));
  return hn::Div(hn::Mul(x, p), r);
}

#endif

// sigmoid(2 * half).
HWY_INLINE V sigmoid_of(V half) {
  const V h = hn::Set(D(), 0.5f);
  return hn::MulAdd(h, tanh_of(half), h);
}

HWY_INLINE V activate(Activation a, V x) {
  switch (a) {
    case Activation::relu:
      return hn::IfThenElse(hn::Lt(x, hn::Zero(D())), hn::Zero(D()), x);
    case Activation::sigmoid:
      return sigmoid_of(hn::Mul(x, hn::Set(D(), 0.5f)));
    case Activation::tanh:
      return tanh_of(x);
    case Activation::none:
      break;
  }
  return x;
}

}  // namespace HWY_NAMESPACE
}  // namespace steelyard::cpu
HWY_AFTER_NAMESPACE();
#endif

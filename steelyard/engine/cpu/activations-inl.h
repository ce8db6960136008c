// SPDX-License-Identifier: Apache-2.0
// tanh and sigmoid of a vector to about 3e-7, for one instruction set. Included once per target.
// NaN stays NaN and infinities saturate.
#if defined(STEELYARD_CPU_ACTIVATIONS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef STEELYARD_CPU_ACTIVATIONS_INL
#undef STEELYARD_CPU_ACTIVATIONS_INL
#else
#define STEELYARD_CPU_ACTIVATIONS_INL
#endif

#include <hwy/highway.h>

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

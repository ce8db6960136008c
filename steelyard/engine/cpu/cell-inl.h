// SPDX-License-Identifier: Apache-2.0
// A cell's formula with any of ONNX's activation functions, from sums in memory to the new state.
// Included once per target.
#if defined(STEELYARD_CPU_CELL_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef STEELYARD_CPU_CELL_INL
#undef STEELYARD_CPU_CELL_INL
#else
#define STEELYARD_CPU_CELL_INL
#endif

#include <hwy/contrib/math/math-inl.h>

#include "steelyard/engine/cpu/activations-inl.h"
#include "steelyard/engine/cpu/kernels.h"

HWY_BEFORE_NAMESPACE();
namespace steelyard::cpu {
namespace HWY_NAMESPACE {

// NaN stays NaN: comparisons choose the constant only where they hold.
HWY_INLINE V apply(const GateFunction& f, V x) {
  const D d;
  const V zero = hn::Zero(d), one = hn::Set(d, 1.0f), alpha = hn::Set(d, f.alpha);
  switch (f.kind) {
    case GateFunction::relu:
      return hn::IfThenElse(hn::Lt(x, zero), zero, x);
    case GateFunction::tanh:
      return tanh_of(x);
    case GateFunction::sigmoid:
      return sigmoid_of(hn::Mul(x, hn::Set(d, 0.5f)));
    case GateFunction::affine:
      return hn::MulAdd(alpha, x, hn::Set(d, f.beta));
    case GateFunction::leaky_relu:
      return hn::IfThenElse(hn::Lt(x, zero), hn::Mul(alpha, x), x);
    case GateFunction::thresholded_relu:
      return hn::IfThenElse(hn::Le(x, alpha), zero, x);
    case GateFunction::scaled_tanh:
      return hn::Mul(alpha, tanh_of(hn::Mul(hn::Set(d, f.beta), x)));
    case GateFunction::hard_sigmoid:
      return clamp(hn::MulAdd(alpha, x, hn::Set(d, f.beta)), 0.0f, 1.0f);
    case GateFunction::elu:
      return hn::IfThenElse(hn::Lt(x, zero), hn::Mul(alpha, hn::Sub(hn::Exp(d, x), one)), x);
    case GateFunction::softsign:
      return hn::Div(x, hn::Add(one, hn::Abs(x)));
    case GateFunction::softplus:
      return hn::Add(hn::IfThenElse(hn::Lt(x, zero), zero, x),
                     hn::Log1p(d, hn::Exp(d, hn::Neg(hn::Abs(x)))));
  }
  return x;
}

// The sum of gate `g`, which lies `at` floats behind the job's sums. Weights of sigmoid gates are
// halved when they are packed.
HWY_INLINE V sum_of(const CellJob& job, std::ptrdiff_t at, int g) {
  const V sum = hn::Load(D(), job.sums + at + g * kLanes);
  return g == 2 || job.formula == Formula::plain ? sum : hn::Add(sum, sum);
}

// One block of one sample: `at` among the sums, `unit` among the states.
HWY_INLINE void run_cell_block(const CellJob& job, std::ptrdiff_t at, std::ptrdiff_t unit,
                               std::ptrdiff_t stack) {
  const D d;
  const GateFunction* f = job.functions;
  const V h = job.h ? hn::Load(d, job.h + unit) : hn::Zero(d);
  if (job.candidate) {
    const V n = apply(f[1], hn::Load(d, job.sums + at)),
            z = hn::Load(d, job.scratch + stack + unit);
    hn::Store(hn::MulAdd(z, hn::Sub(h, n), n), d, job.h_next + unit);
    return;
  }
  const V first = apply(f[0], sum_of(job, at, 0));
  if (job.formula == Formula::plain) {
    hn::Store(first, d, job.h_next + unit);
  } else if (job.formula == Formula::lstm) {
    const V forget = apply(f[0], sum_of(job, at, 1)), g = apply(f[1], sum_of(job, at, 2));
    const V c = hn::MulAdd(forget, hn::Load(d, job.c + unit), hn::Mul(first, g));
    hn::Store(c, d, job.c + unit);
    hn::Store(hn::Mul(apply(f[0], sum_of(job, at, 3)), apply(f[2], c)), d, job.h_next + unit);
  } else if (job.formula == Formula::gru) {
    const V z = apply(f[0], sum_of(job, at, 1));
    const V n = apply(f[1], hn::MulAdd(first, hn::Load(d, job.sums_n + unit), sum_of(job, at, 2)));
    hn::Store(hn::MulAdd(z, hn::Sub(h, n), n), d, job.h_next + unit);
  } else {
    hn::Store(hn::Mul(first, h), d, job.scratch + unit);
    hn::Store(apply(f[0], sum_of(job, at, 1)), d, job.scratch + stack + unit);
    hn::Store(sum_of(job, at, 2), d, job.scratch + 2 * stack + unit);
  }
}

void run_cell(const CellJob& job) {
  const std::ptrdiff_t padded = std::ptrdiff_t(job.blocks) * kLanes;
  const int gates = job.candidate ? 1 : gates_of(job.formula);
  for (int s = 0; s < job.samples; ++s) {
    for (int b = 0; b < job.blocks; ++b) {
      const std::ptrdiff_t unit = s * padded + std::ptrdiff_t(b) * kLanes;
      run_cell_block(job, unit * gates, unit, job.samples * padded);
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace steelyard::cpu
HWY_AFTER_NAMESPACE();
#endif

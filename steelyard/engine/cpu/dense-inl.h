// SPDX-License-Identifier: Apache-2.0
// Dense layers with few outputs: dot products. Wider ones are plain tiles. Included once per
// target.
#if defined(STEELYARD_CPU_DENSE_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef STEELYARD_CPU_DENSE_INL
#undef STEELYARD_CPU_DENSE_INL
#else
#define STEELYARD_CPU_DENSE_INL
#endif

#include "steelyard/engine/cpu/activations-inl.h"
#include "steelyard/engine/cpu/kernels.h"

HWY_BEFORE_NAMESPACE();
namespace steelyard::cpu {
namespace HWY_NAMESPACE {

// The lanes behind a state's last unit may hold anything, so they are masked, not multiplied by 0.
HWY_INLINE V dot(const float* x, const float* w, int n, V sum) {
  const D d;
  int k = 0;
  for (; k + kLanes <= n; k += kLanes) {
    sum = hn::MulAdd(hn::Load(d, w + k), hn::LoadU(d, x + k), sum);
  }
  if (k < n) {
    const auto rest = hn::FirstN(d, std::size_t(n - k));
    sum = hn::MulAdd(hn::Load(d, w + k), hn::MaskedLoad(rest, d, x + k), sum);
  }
  return sum;
}

void run_dense(const DenseJob& job) {
  const D d;
  for (int s = 0; s < job.samples; ++s) {
    const float* w = job.w;
    for (int o = 0; o < job.outputs; ++o) {
      V sum = hn::Zero(d);
      for (int i = 0; i < job.operands; ++i) {
        const Operand& x = job.x[i];
        sum = dot(x.data + s * x.sample, w, x.width, sum);
        w += (x.width + kLanes - 1) / kLanes * kLanes;
      }
      float y = hn::GetLane(hn::SumOfLanes(d, sum)) + job.b[o];
      if (job.activation != Activation::none) {
        y = hn::GetLane(activate(job.activation, hn::Set(d, y)));
      }
      job.y[s * job.y_sample + o] = y;
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace steelyard::cpu
HWY_AFTER_NAMESPACE();
#endif

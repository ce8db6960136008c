// SPDX-License-Identifier: Apache-2.0
// Narrow layers for many samples: lanes are samples, weights are broadcast. No lane is idle however
// few hidden units there are. Included once per target.
#if defined(STEELYARD_CPU_ABREAST_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef STEELYARD_CPU_ABREAST_INL
#undef STEELYARD_CPU_ABREAST_INL
#else
#define STEELYARD_CPU_ABREAST_INL
#endif

#include <algorithm>

#include "steelyard/engine/cpu/tile-inl.h"

HWY_BEFORE_NAMESPACE();
namespace steelyard::cpu {
namespace HWY_NAMESPACE {

// Turns one step of the caller's samples into columns, lane after lane.
HWY_INLINE void fill_columns(const Operand& x, std::ptrdiff_t time, int samples, int lanes,
                             float* columns) {
  const float* from = x.data + time * x.time;
  const int whole = samples / kLanes * kLanes;
  const hn::RebindToSigned<D> di;
  const auto index = hn::Mul(hn::Iota(di, 0), hn::Set(di, int(x.sample)));
  for (int i = 0; i < x.width; ++i) {
    float* to = columns + std::ptrdiff_t(i) * lanes;
    for (int s = 0; s < whole; s += kLanes) {
      hn::Store(hn::GatherIndex(D(), from + s * x.sample + i, index), D(), to + s);
    }
    for (int s = whole; s < samples; ++s) to[s] = from[s * x.sample + i];
  }
}

// acc[row][v] += w[k][gate] * columns[k][v]; returns where the next weights are.
template <Part P, int G, bool kInput, int kVectors>
HWY_INLINE const float* add_columns(V (&acc)[rows_of(P)][kVectors], const float* w,
                                    const float* columns, int n) {
  const D d;
  for (int k = 0; k < n; ++k, w += G, columns += kVectors * kLanes) {
    V x[kVectors];
    load_rows<kVectors>(x, columns, kLanes);
    STEELYARD_UNROLL
    for (int g = 0; g < G; ++g) {
      const V b = hn::Set(d, w[g]);
      const int row = kInput ? input_row(P, g) : g;
      add_scaled<kVectors>(acc[row], b, x);
    }
  }
  return w;
}

template <Part P, int kVectors>
HWY_INLINE void run_unit(const AbreastJob& job, const Tile& t, const float* w, std::ptrdiff_t time,
                         const float* h) {
  const D d;
  V acc[rows_of(P)][kVectors];
  for (int r = 0; r < rows_of(P); ++r) {
    for (int v = 0; v < kVectors; ++v) acc[r][v] = hn::Set(d, w[r]);
  }
  w += rows_of(P);
  for (int i = 0; i < job.operands; ++i) {
    const Operand& x = job.x[i];
    w = add_columns<P, input_gates(P), true>(acc, w, x.data + time * x.time, x.width);
  }
  if (h) add_columns<P, state_gates(P), false>(acc, w, h, job.hidden);
  HWY_ALIGN float sums[rows_of(P) * kVectors * kLanes];
  for (int r = 0; r < rows_of(P); ++r) {
    for (int v = 0; v < kVectors; ++v) hn::Store(acc[r][v], d, sums + (r * kVectors + v) * kLanes);
  }
  for (int v = 0; v < kVectors; ++v) {
    V row[rows_of(P)];
    load_rows<rows_of(P)>(row, sums + v * kLanes, kVectors * kLanes);
    finish<P>(t, row, v * kLanes);
  }
}

template <Part P, int kVectors>
const float* run_abreast_as(const AbreastJob& job) {
  constexpr int kWidth = kVectors * kLanes;
  const float* h = job.before;
  AbreastJob now = job;
  for (int i = 0; i < job.steps; ++i) {
    const std::ptrdiff_t time = job.reverse ? job.steps - 1 - i : i;
    if (job.columns) {
      fill_columns(job.x[0], time, job.samples, kWidth, job.columns);
      now.x[0].data = job.columns;
      now.x[0].time = 0;
    }
    float* next = job.sequence ? job.sequence + time * job.hidden * kWidth : job.h[i & 1];
    Tile t;
    t.activation = job.activation;
    const float* w = job.w;
    for (int unit = 0; unit < job.hidden; ++unit, w += job.unit_weights) {
      t.h = h ? h + unit * kWidth : nullptr;
      t.h_next = next + unit * kWidth;
      t.c = job.c + unit * kWidth;
      run_unit<P, kVectors>(now, t, w, time, h);
    }
    h = next;
  }
  return h;
}

template <int kVectors>
const float* run_abreast_wide(const AbreastJob& job) {
  switch (job.formula) {
    case Formula::gru:
      return run_abreast_as<Part::gru, kVectors>(job);
    case Formula::lstm:
      return run_abreast_as<Part::lstm, kVectors>(job);
    default:
      return run_abreast_as<Part::plain, kVectors>(job);
  }
}

constexpr int kMostVectors = kSumRegisters >= 24 ? 4 : 2;

const float* run_abreast(const AbreastJob& job) {
  if (job.vectors == 1) return run_abreast_wide<1>(job);
  if (job.vectors == 2 || kMostVectors == 2) return run_abreast_wide<2>(job);
  return run_abreast_wide<kMostVectors>(job);
}

}  // namespace HWY_NAMESPACE
}  // namespace steelyard::cpu
HWY_AFTER_NAMESPACE();
#endif

// SPDX-License-Identifier: Apache-2.0
// One direction of a layer over all its steps: which tiles are computed in which order. Included
// once per target.
#if defined(STEELYARD_CPU_LAYER_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef STEELYARD_CPU_LAYER_INL
#undef STEELYARD_CPU_LAYER_INL
#else
#define STEELYARD_CPU_LAYER_INL
#endif

#include <array>
#include <utility>

#include "steelyard/engine/cpu/tile-inl.h"

HWY_BEFORE_NAMESPACE();
namespace steelyard::cpu {
namespace HWY_NAMESPACE {

// A GRU's units are better cut into two strips than taken at once: the first one's activations run
// while the second is summed up (H 64: 16.8 instead of 17.7 us). An LSTM's wait for its weights.
constexpr int most_blocks(Formula f) {
  return f == Formula::plain ? 4 : f == Formula::gru ? (kSumRegisters + 7) / 8 : kSumRegisters / 4;
}
constexpr int most_samples(Formula f) {
  return f == Formula::plain ? kSumRegisters / 2 : kSumRegisters / gates_of(f);
}
constexpr Part part_of(Formula f) {
  return f == Formula::plain  ? Part::plain
         : f == Formula::gru  ? Part::gru
         : f == Formula::lstm ? Part::lstm
                              : Part::gates;
}

struct Moment {
  std::ptrdiff_t time;  // which step of the input
  const float* h;
  float* h_next;
  bool recurrent;
  bool backward;
};

template <Part P>
HWY_INLINE Tile tile_at(const LayerJob& job, const Moment& m, int block, int sample) {
  const Packed& w = *job.w;
  const std::ptrdiff_t state = w.padded(), at = sample * state + std::ptrdiff_t(block) * kLanes;
  const std::ptrdiff_t stack = job.samples * state;
  Tile t;
  const Operand &start = job.start, &start_n = job.start_n;
  t.start = start.data + m.time * start.time + sample * start.sample +
            std::ptrdiff_t(block) * input_gates(P) * kLanes;
  t.start_sample = start.sample;
  t.start_n = start_n.data + m.time * start_n.time + sample * start_n.sample +
              std::ptrdiff_t(block) * kLanes;
  t.start_n_sample = start_n.sample;
  t.wx = w.wx + std::ptrdiff_t(block) * kLanes * input_gates(P) * w.input;
  t.wr = w.wr + std::ptrdiff_t(block) * kLanes * state_gates(P) * w.hidden;
  t.operands = job.operands;
  for (int i = 0; i < job.operands; ++i) {
    const Operand& x = job.x[i];
    t.x[i] = x.data + m.time * x.time + sample * x.sample;
    t.x_sample[i] = x.sample;
    t.x_width[i] = x.width;
  }
  t.h = m.h ? m.h + at : nullptr;
  t.v = m.h ? m.h + sample * state : nullptr;
  t.width = m.recurrent ? w.hidden : 0;
  t.state_sample = state;
  t.h_next = m.h_next + at;
  t.c = job.c + at;
  t.rh = job.scratch + at;
  t.z = t.rh + stack;
  t.candidate = t.z + stack;
  if constexpr (P == Part::candidate) {
    t.start = t.candidate;
    t.start_sample = state;
    t.operands = 0;
    t.wr = w.wn + std::ptrdiff_t(block) * kLanes * w.hidden;
    t.v = job.scratch + sample * state;
  }
  t.keep_sample = state * input_gates(P);
  t.keep = job.keep
               ? job.keep + sample * t.keep_sample + std::ptrdiff_t(block) * input_gates(P) * kLanes
               : nullptr;
  t.keep_n = job.keep_n ? job.keep_n + at : nullptr;
  t.activation = w.activation;
  t.backward = m.backward;
  return t;
}

// One sample, strips of HG or HG + 1 blocks. Odd steps run backwards through the weights, so that
// those still in the first-level cache are used first.
template <Part P, int HG, int kMost>
HWY_INLINE void all_strips(const LayerJob& job, const Moment& m) {
  const Packed& w = *job.w;
  for (int i = 0; i < w.strips; ++i) {
    const int strip = m.backward ? w.strips - 1 - i : i;
    const Tile t = tile_at<P>(job, m, w.first_block(strip), 0);
    if constexpr (HG < kMost) {
      if (strip < w.extra) {
        run_tile<P, HG + 1, 1>(t);
        continue;
      }
    }
    run_tile<P, HG, 1>(t);
  }
}

template <Part P, int S>
HWY_NOINLINE void tile_of(const Tile& t) {
  run_tile<P, 1, S>(t);
}

template <Part P, int... S>
constexpr std::array<void (*)(const Tile&), sizeof...(S)> tiles(std::integer_sequence<int, S...>) {
  return {&tile_of<P, S + 1>...};
}

// Several samples: every block for all samples in turn, so that its weights stay near.
template <Part P, int kMost>
HWY_INLINE void all_samples(const LayerJob& job, const Moment& m) {
  static constexpr auto kTiles = tiles<P>(std::make_integer_sequence<int, kMost>());
  const Packed& w = *job.w;
  const int groups = (job.samples + kMost - 1) / kMost;
  const int each = job.samples / groups, more = job.samples % groups;
  for (int block = 0; block < w.blocks; ++block) {
    int sample = 0;
    for (int g = 0; g < groups; ++g) {
      const int count = each + (g < more);
      kTiles[count - 1](tile_at<P>(job, m, block, sample));
      sample += count;
    }
  }
}

// HG = 0: several samples.
template <Formula F, int HG>
const float* run_steps(const LayerJob& job) {
  constexpr Part P = part_of(F);
  const float* h = job.h;
  for (int i = 0; i < job.steps; ++i) {
    Moment m;
    m.time = job.reverse ? job.steps - 1 - i : i;
    m.h = h;
    m.h_next = job.sequence ? job.sequence + m.time * job.sequence_time : job.h_next[i & 1];
    m.recurrent = job.recurrent && h != nullptr;
    m.backward = i & 1;
    if constexpr (HG > 0) {
      all_strips<P, HG, most_blocks(F)>(job, m);
    } else {
      all_samples<P, most_samples(F)>(job, m);
    }
    if constexpr (P == Part::gates) {
      if (!job.keep) {
        if constexpr (HG > 0) {
          all_strips<Part::candidate, HG, most_blocks(F)>(job, m);
        } else {
          all_samples<Part::candidate, most_samples(F)>(job, m);
        }
      }
    }
    h = m.h_next;
  }
  return h;
}

template <Formula F, int... HG>
constexpr std::array<const float* (*)(const LayerJob&), sizeof...(HG)> runs(
    std::integer_sequence<int, HG...>) {
  return {&run_steps<F, HG>...};
}

template <Formula F>
HWY_INLINE const float* run_layer_as(const LayerJob& job) {
  static constexpr auto kRuns = runs<F>(std::make_integer_sequence<int, most_blocks(F) + 1>());
  return kRuns[job.samples > 1 ? 0 : job.w->base](job);
}

const float* run_layer(const LayerJob& job) {
  switch (job.w->formula) {
    case Formula::gru:
      return run_layer_as<Formula::gru>(job);
    case Formula::gru_reset_first:
      return run_layer_as<Formula::gru_reset_first>(job);
    case Formula::lstm:
      return run_layer_as<Formula::lstm>(job);
    case Formula::plain:
      break;
  }
  return run_layer_as<Formula::plain>(job);
}

Tiling tiling(Formula f) { return {most_blocks(f), most_samples(f)}; }

}  // namespace HWY_NAMESPACE
}  // namespace steelyard::cpu
HWY_AFTER_NAMESPACE();
#endif

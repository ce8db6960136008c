// SPDX-License-Identifier: Apache-2.0
// One tile: the gates of a strip of hidden units for S samples, from the weights to the new state.
// Lanes are hidden units, the weights are one linear stream, values are broadcast. Included once
// per target.
#if defined(STEELYARD_CPU_TILE_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef STEELYARD_CPU_TILE_INL
#undef STEELYARD_CPU_TILE_INL
#else
#define STEELYARD_CPU_TILE_INL
#endif

#include "steelyard/engine/cpu/activations-inl.h"
#include "steelyard/engine/cpu/kernels.h"

HWY_BEFORE_NAMESPACE();
namespace steelyard::cpu {
namespace HWY_NAMESPACE {

// Sums of 24 vectors fit beside weights and values in 32 registers, 12 in 16.
#if STEELYARD_SMALL_TILES
constexpr int kSumRegisters = 8;
#elif HWY_TARGET == HWY_AVX3 || HWY_ARCH_ARM
constexpr int kSumRegisters = 24;
#else
constexpr int kSumRegisters = 12;
#endif

// gates and candidate are the halves of gru_reset_first.
enum class Part { plain, gru, lstm, gates, candidate };

constexpr int rows_of(Part p) {
  return p == Part::gru || p == Part::lstm ? 4 : p == Part::gates ? 3 : 1;
}
constexpr int input_gates(Part p) { return p == Part::gru ? 3 : rows_of(p); }
constexpr int state_gates(Part p) { return p == Part::gates ? 2 : p == Part::gru ? 3 : rows_of(p); }
// A GRU keeps what the input gives to n (row 3) apart from what the state gives (row 2).
constexpr int input_row(Part p, int gate) { return p == Part::gru && gate == 2 ? 3 : gate; }

// A loop of one turn cannot carry the unrolling note, hence these.
template <int n>
HWY_INLINE void clear(V* to) {
  if constexpr (n == 1) {
    *to = hn::Zero(D());
  } else {
    STEELYARD_UNROLL
    for (int i = 0; i < n; ++i) to[i] = hn::Zero(D());
  }
}

template <int n>
HWY_INLINE void add(V* to, const V* from) {
  if constexpr (n == 1) {
    *to = hn::Add(*to, *from);
  } else {
    STEELYARD_UNROLL
    for (int i = 0; i < n; ++i) to[i] = hn::Add(to[i], from[i]);
  }
}

template <int n>
HWY_INLINE void pick(V* to, const V* from, int stride) {
  if constexpr (n == 1) {
    *to = *from;
  } else {
    STEELYARD_UNROLL
    for (int i = 0; i < n; ++i) to[i] = from[i * stride];
  }
}

template <int n>
HWY_INLINE void add_scaled(V* to, V b, const V* x) {
  to[0] = hn::MulAdd(b, x[0], to[0]);
  if constexpr (n > 2) {
    STEELYARD_UNROLL
    for (int i = 1; i < n; ++i) to[i] = hn::MulAdd(b, x[i], to[i]);
  } else if constexpr (n == 2) {
    to[1] = hn::MulAdd(b, x[1], to[1]);
  }
}

template <int n>
HWY_INLINE void load_rows(V* to, const float* from, int stride) {
  to[0] = hn::Load(D(), from);
  if constexpr (n > 2) {
    STEELYARD_UNROLL
    for (int i = 1; i < n; ++i) to[i] = hn::Load(D(), from + i * stride);
  } else if constexpr (n == 2) {
    to[1] = hn::Load(D(), from + stride);
  }
}

struct Tile {
  const float* start;
  std::ptrdiff_t start_sample;
  const float* start_n;
  std::ptrdiff_t start_n_sample;
  const float* wx;
  const float* wr;
  const float* x[2];
  std::ptrdiff_t x_sample[2];
  int x_width[2];
  int operands;
  const float* v;  // what wr multiplies: h, or r * h for a candidate
  int width;       // 0: no product
  const float* h;  // for the update, null = zero
  std::ptrdiff_t state_sample;
  float* h_next;
  float* c;
  float* candidate;  // gates: where n starts; candidate: unused
  float* rh;
  float* z;
  float* keep;
  std::ptrdiff_t keep_sample;
  float* keep_n;
  Activation activation;
  bool backward;  // read the weights from their end
};

// acc[set][s][row * HG + q] += w[k][gate][q] * v[s][k]
template <Part P, int G, bool kInput, int HG, int S, int KS>
HWY_INLINE const float* accumulate(V (&acc)[KS][S][rows_of(P) * HG], const float* w, const float* v,
                                   std::ptrdiff_t sample, int n, bool backward) {
  const D d;
  constexpr int kUnroll = KS > 2 ? KS : G * HG * S >= 16 ? 1 : G * HG * S >= 12 ? 2 : 4;
  const std::ptrdiff_t width = std::ptrdiff_t(G) * HG * kLanes;
  const float* const end = w + width * n;
  std::ptrdiff_t dw = width, dv = 1;
  if (S == 1 && backward) {
    w += width * (n - 1);
    v += n - 1;
    dw = -dw;
    dv = -dv;
  }
  int k = n;
  for (; k >= kUnroll; k -= kUnroll) {
    STEELYARD_UNROLL
    for (int u = 0; u < kUnroll; ++u) {
      STEELYARD_UNROLL
      for (int s = 0; s < S; ++s) {
        const V b = hn::Set(d, v[s * sample]);
        STEELYARD_UNROLL
        for (int g = 0; g < G; ++g) {
          const int row = kInput ? input_row(P, g) : g;
          STEELYARD_UNROLL
          for (int q = 0; q < HG; ++q) {
            V& a = acc[u % KS][s][row * HG + q];
            a = hn::MulAdd(hn::Load(d, w + (g * HG + q) * kLanes), b, a);
          }
        }
      }
      w += dw;
      v += dv;
    }
  }
  if constexpr (kUnroll > 1) {
    for (; k > 0; --k) {
      STEELYARD_UNROLL
      for (int s = 0; s < S; ++s) {
        const V b = hn::Set(d, v[s * sample]);
        STEELYARD_UNROLL
        for (int g = 0; g < G; ++g) {
          const int row = kInput ? input_row(P, g) : g;
          STEELYARD_UNROLL
          for (int q = 0; q < HG; ++q) {
            V& a = acc[0][s][row * HG + q];
            a = hn::MulAdd(hn::Load(d, w + (g * HG + q) * kLanes), b, a);
          }
        }
      }
      w += dw;
      v += dv;
    }
  }
  return end;
}

// From the sums of one block to its new state.
template <Part P>
HWY_INLINE void finish(const Tile& t, const V (&row)[rows_of(P)], std::ptrdiff_t at) {
  const D d;
  if constexpr (P == Part::plain) {
    hn::Store(activate(t.activation, row[0]), d, t.h_next + at);
  } else if constexpr (P == Part::lstm) {
    const V i = sigmoid_of(row[0]), f = sigmoid_of(row[1]), g = tanh_of(row[2]);
    const V c = hn::MulAdd(f, hn::Load(d, t.c + at), hn::Mul(i, g));
    hn::Store(c, d, t.c + at);
    hn::Store(hn::Mul(sigmoid_of(row[3]), tanh_of(c)), d, t.h_next + at);
  } else if constexpr (P == Part::gru) {
    const V n = tanh_of(hn::MulAdd(sigmoid_of(row[0]), row[2], row[3]));
    const V z = sigmoid_of(row[1]);
    const V h = t.h ? hn::Load(d, t.h + at) : hn::Zero(d);
    hn::Store(hn::MulAdd(z, hn::Sub(h, n), n), d, t.h_next + at);
  } else if constexpr (P == Part::gates) {
    const V h = t.h ? hn::Load(d, t.h + at) : hn::Zero(d);
    hn::Store(hn::Mul(sigmoid_of(row[0]), h), d, t.rh + at);
    hn::Store(sigmoid_of(row[1]), d, t.z + at);
    hn::Store(row[2], d, t.candidate + at);
  } else {
    const V n = tanh_of(row[0]), z = hn::Load(d, t.z + at);
    const V h = t.h ? hn::Load(d, t.h + at) : hn::Zero(d);
    hn::Store(hn::MulAdd(z, hn::Sub(h, n), n), d, t.h_next + at);
  }
}

template <Part P, int HG, int S, int KS>
HWY_INLINE void begin(const Tile& t, V (&acc)[KS][S][rows_of(P) * HG]) {
  const D d;
  constexpr int kGates = input_gates(P);
  STEELYARD_UNROLL
  for (int s = 0; s < S; ++s) {
    STEELYARD_UNROLL
    for (int q = 0; q < HG; ++q) {
      STEELYARD_UNROLL
      for (int g = 0; g < kGates; ++g) {
        acc[0][s][input_row(P, g) * HG + q] =
            hn::Load(d, t.start + s * t.start_sample + (q * kGates + g) * kLanes);
      }
      if constexpr (P == Part::gru) {
        acc[0][s][2 * HG + q] = hn::Load(d, t.start_n + s * t.start_n_sample + q * kLanes);
      }
    }
    STEELYARD_UNROLL
    for (int set = 1; set < KS; ++set) clear<rows_of(P) * HG>(acc[set][s]);
  }
}

template <Part P, int HG, int S, int KS>
HWY_INLINE void store_sums(const Tile& t, const V (&acc)[KS][S][rows_of(P) * HG]) {
  const D d;
  constexpr int kGates = input_gates(P);
  for (int s = 0; s < S; ++s) {
    for (int q = 0; q < HG; ++q) {
      for (int g = 0; g < kGates; ++g) {
        hn::Store(acc[0][s][input_row(P, g) * HG + q], d,
                  t.keep + s * t.keep_sample + (q * kGates + g) * kLanes);
      }
      if constexpr (P == Part::gru) {
        if (t.keep_n)
          hn::Store(acc[0][s][2 * HG + q], d, t.keep_n + s * t.state_sample + q * kLanes);
      }
    }
  }
}

// From sums in memory, [sample][row], to states: a loop instead of S copies, the code stays small.
template <Part P, int HG, int S>
HWY_INLINE void finish_stored(const Tile& t, const float* sums) {
  constexpr int kRows = rows_of(P) * HG;
  for (int s = 0; s < S; ++s) {
    for (int q = 0; q < HG; ++q) {
      V row[rows_of(P)];
      load_rows<rows_of(P)>(row, sums + (s * kRows + q) * kLanes, HG * kLanes);
      finish<P>(t, row, s * t.state_sample + q * kLanes);
    }
  }
}

// A GRU's block for several samples. Of its four sums only three are needed at a time: what the
// input gives to n waits in memory while the state is multiplied, so that all are in registers.
template <int S>
HWY_INLINE void run_gru_samples(const Tile& t) {
  const D d;
  constexpr Part P = Part::gru;
  V acc[1][S][4];
  HWY_ALIGN float sums[S * 4 * kLanes];
  STEELYARD_UNROLL
  for (int s = 0; s < S; ++s) {
    const float* start = t.start + s * t.start_sample;
    acc[0][s][0] = hn::Load(d, start);
    acc[0][s][1] = hn::Load(d, start + kLanes);
    acc[0][s][3] = hn::Load(d, start + 2 * kLanes);
  }
  const float* wx = t.wx;
  for (int i = 0; i < t.operands; ++i) {
    wx = accumulate<P, 3, true, 1, S, 1>(acc, wx, t.x[i], t.x_sample[i], t.x_width[i], false);
  }
  STEELYARD_UNROLL
  for (int s = 0; s < S; ++s) {
    hn::Store(acc[0][s][3], d, sums + (s * 4 + 3) * kLanes);
    acc[0][s][2] = hn::Load(d, t.start_n + s * t.start_n_sample);
  }
  if (t.width > 0) {
    accumulate<P, 3, false, 1, S, 1>(acc, t.wr, t.v, t.state_sample, t.width, false);
  }
  STEELYARD_UNROLL
  for (int s = 0; s < S; ++s) {
    STEELYARD_UNROLL
    for (int row = 0; row < 3; ++row) hn::Store(acc[0][s][row], d, sums + (s * 4 + row) * kLanes);
  }
  if (!t.keep) return finish_stored<P, 1, S>(t, sums);
  for (int s = 0; s < S; ++s) {
    for (int gate = 0; gate < 3; ++gate) {
      hn::Store(hn::Load(d, sums + (s * 4 + input_row(P, gate)) * kLanes), d,
                t.keep + s * t.keep_sample + gate * kLanes);
    }
    if (!t.keep_n) continue;
    hn::Store(hn::Load(d, sums + (s * 4 + 2) * kLanes), d, t.keep_n + s * t.state_sample);
  }
}

template <Part P, int HG, int S>
HWY_INLINE void run_tile(const Tile& t) {
  if constexpr (P == Part::gru && S > 1 && HG == 1) return run_gru_samples<S>(t);
  constexpr int kSums = S * HG * state_gates(P);
  constexpr int KS = kSums >= 8 ? 1 : kSums >= 3 ? 2 : 4;
  V acc[KS][S][rows_of(P) * HG];
  begin<P, HG, S, KS>(t, acc);
  const float* wx = t.wx;
  for (int i = 0; i < t.operands; ++i) {
    wx = accumulate<P, input_gates(P), true, HG, S, KS>(acc, wx, t.x[i], t.x_sample[i],
                                                        t.x_width[i], t.backward);
  }
  if (t.width > 0) {
    accumulate<P, state_gates(P), false, HG, S, KS>(acc, t.wr, t.v, t.state_sample, t.width,
                                                    t.backward);
  }
  STEELYARD_UNROLL
  for (int s = 0; s < S; ++s) {
    STEELYARD_UNROLL
    for (int set = 1; set < KS; ++set) add<rows_of(P) * HG>(acc[0][s], acc[set][s]);
  }
  if (t.keep) return store_sums<P, HG, S, KS>(t, acc);
  if constexpr (S == 1) {
    STEELYARD_UNROLL
    for (int q = 0; q < HG; ++q) {
      V row[rows_of(P)];
      pick<rows_of(P)>(row, acc[0][0] + q, HG);
      finish<P>(t, row, q * kLanes);
    }
  } else {
    constexpr int kRows = rows_of(P) * HG;
    HWY_ALIGN float sums[S * kRows * kLanes];
    STEELYARD_UNROLL
    for (int s = 0; s < S; ++s) {
      STEELYARD_UNROLL
      for (int r = 0; r < kRows; ++r) hn::Store(acc[0][s][r], D(), sums + (s * kRows + r) * kLanes);
    }
    finish_stored<P, HG, S>(t, sums);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace steelyard::cpu
HWY_AFTER_NAMESPACE();
#endif

// SPDX-License-Identifier: Apache-2.0
// The kernels for narrow weights, written once for a set of operations on 16 lanes (`Lanes`).
// Included by the file of each instruction set.
#pragma once

#include "steelyard/engine/cpu/narrow.h"

namespace steelyard::cpu {

// Where the words of a block lie, and how far it is to the next gate and group.
struct NarrowPlace {
  const std::uint32_t* words;
  std::ptrdiff_t gate, group;
};

// Always inlined: a copy compiled for one instruction set must not serve another.
inline __attribute__((always_inline)) NarrowPlace narrow_place(const NarrowPacked& w, int block) {
  const int first = block / kNarrowBlocks * kNarrowBlocks;
  const int wide = w.blocks - first < kNarrowBlocks ? w.blocks - first : kNarrowBlocks;
  const std::ptrdiff_t gate = std::ptrdiff_t(wide) * kNarrowLanes;
  return {w.words + first * w.block_words + (block - first) * kNarrowLanes, gate,
          gate * gates_of(w.formula)};
}

constexpr int narrow_row(Formula f, int gate, bool input) {
  return f == Formula::gru && gate == 2 && input ? 3 : gate;
}

// From sums to the new state of one block of one sample.
template <class L>
inline __attribute__((always_inline)) typename L::F lstm_state(const typename L::F (&row)[4],
                                                               float* c) {
  const auto i = L::sigmoid(row[0]), f = L::sigmoid(row[1]), g = L::tanh(row[2]);
  const auto next = L::fma(f, L::load(c), L::mul(i, g));
  L::store(c, next);
  return L::mul(L::sigmoid(row[3]), L::tanh(next));
}

template <class L>
inline __attribute__((always_inline)) typename L::F gru_state(const typename L::F (&row)[4],
                                                              typename L::F h) {
  const auto n = L::tanh(L::fma(L::sigmoid(row[0]), row[2], row[3]));
  const auto z = L::sigmoid(row[1]);
  return L::fma(z, L::sub(h, n), n);
}

template <class L, Formula F>
inline __attribute__((always_inline)) typename L::F narrow_state(
    const NarrowStep& j, const typename L::F (&row)[narrow_rows_of(F)], std::ptrdiff_t at) {
  if constexpr (F == Formula::lstm) {
    return lstm_state<L>(row, j.c + at);
  } else if constexpr (F == Formula::gru) {
    return gru_state<L>(row, j.h ? L::load(j.h + at) : L::zero());
  } else {
    return j.w->activation == Activation::relu ? L::relu(row[0]) : L::tanh(row[0]);
  }
}

// sum += words of two bf16 weights times two values each. The upper weight is used with the lower
// one behind it as the tail of its fraction, which packing has allowed for.
template <class Lanes, Formula F, int S, int NB, int Sets>
inline __attribute__((always_inline)) const std::uint32_t* add_bf16(
    typename Lanes::F (&sum)[Sets][S][NB][narrow_rows_of(F)], const std::uint32_t* words,
    const NarrowPlace& p, const float* v, std::ptrdiff_t sample, int width, bool input,
    bool backward) {
  using L = Lanes;
  constexpr int G = gates_of(F);
  const int groups = (width + 1) / 2, pairs = width / 2;
  const std::uint32_t* const end = words + groups * p.group;
  std::ptrdiff_t step = p.group;
  int dv = 2;
  const float* at = v;
  const std::uint32_t* w = words;
  if (backward) {
    w += (pairs - 1) * step;
    at += (pairs - 1) * 2;
    step = -step;
    dv = -2;
  }
  for (int k = 0; k < pairs; ++k, w += step, at += dv) {
    typename L::F low[S], high[S];
#pragma GCC unroll 8
    for (int s = 0; s < S; ++s) {
      low[s] = L::broadcast(at + s * sample);
      high[s] = L::broadcast(at + s * sample + 1);
    }
#pragma GCC unroll 8
    for (int g = 0; g < G; ++g) {
      const int row = narrow_row(F, g, input);
#pragma GCC unroll 8
      for (int q = 0; q < NB; ++q) {
        const std::uint32_t* at = w + g * p.gate + q * kNarrowLanes;
        const auto both = L::words(at);
        const auto lower = (g * NB + q) % 2 ? L::lower_by_shuffle(both) : L::lower(both);
#pragma GCC unroll 8
        for (int s = 0; s < S; ++s) {
          auto& a = sum[0][s][q][row];
          auto& b = sum[Sets - 1][s][q][row];
          a = L::fma(lower, low[s], a);
          b = L::fma(L::upper(both), high[s], b);
        }
      }
    }
  }
  if (width & 1) {
    const std::uint32_t* last = words + (groups - 1) * p.group;
    for (int g = 0; g < G; ++g) {
      const int row = narrow_row(F, g, input);
      for (int q = 0; q < NB; ++q) {
        const std::uint32_t* at = last + g * p.gate + q * kNarrowLanes;
        const auto lower = L::lower(L::words(at));
        for (int s = 0; s < S; ++s) {
          auto& a = sum[0][s][q][row];
          a = L::fma(lower, L::broadcast(v + s * sample + width - 1), a);
        }
      }
    }
  }
  return end;
}

// sum += fp32 weights times the caller's input.
template <class Lanes, Formula F, int S, int NB, int Sets>
inline __attribute__((always_inline)) void add_input(
    typename Lanes::F (&sum)[Sets][S][NB][narrow_rows_of(F)], const NarrowStep& j,
    const NarrowPlace& p, int block, int sample) {
  using L = Lanes;
  constexpr int G = gates_of(F);
  const int first = block / kNarrowBlocks * kNarrowBlocks;
  const float* w = j.w->wx + std::ptrdiff_t(first) * j.w->widths[0] * G * kNarrowLanes +
                   (block - first) * kNarrowLanes;
  const float* v = j.x[0] + sample * j.x_sample[0];
  for (int k = 0; k < j.w->widths[0]; ++k, ++v, w += p.group) {
    typename L::F x[S];
#pragma GCC unroll 8
    for (int s = 0; s < S; ++s) x[s] = L::broadcast(v + s * j.x_sample[0]);
#pragma GCC unroll 8
    for (int g = 0; g < G; ++g) {
      const int row = narrow_row(F, g, true);
#pragma GCC unroll 8
      for (int q = 0; q < NB; ++q) {
        const auto weights = L::load(w + g * p.gate + q * kNarrowLanes);
#pragma GCC unroll 8
        for (int s = 0; s < S; ++s) {
          auto& a = sum[0][s][q][row];
          a = L::fma(weights, x[s], a);
        }
      }
    }
  }
}

// Where the sums of one block of one sample start, or go.
template <Formula F>
inline __attribute__((always_inline)) std::ptrdiff_t narrow_sums_at(const NarrowPacked& w,
                                                                    int block, int sample) {
  return (std::ptrdiff_t(sample) * w.blocks + block) * narrow_rows_of(F) * kNarrowLanes;
}

template <class Lanes, Formula F, int S, int NB>
void narrow_bf16_tile(const NarrowStep& j, int block, int sample) {
  using L = Lanes;
  constexpr int R = narrow_rows_of(F), Sets = S == 1 ? 2 : 1;
  const NarrowPacked& w = *j.w;
  const std::ptrdiff_t padded = w.padded();
  const NarrowPlace place = narrow_place(w, block);
  typename L::F sum[Sets][S][NB][R];
  for (int s = 0; s < S; ++s) {
    for (int q = 0; q < NB; ++q) {
      for (int r = 0; r < R; ++r) {
        sum[Sets - 1][s][q][r] = L::zero();
        sum[0][s][q][r] =
            L::load((j.start ? j.start + narrow_sums_at<F>(w, block + q, sample + s)
                             : w.bias + std::ptrdiff_t(block + q) * R * kNarrowLanes) +
                    r * kNarrowLanes);
      }
    }
  }
  const std::uint32_t* words = place.words;
  if (w.wx) {
    if (!j.keep) add_input<L, F, S, NB, Sets>(sum, j, place, block, sample);
  } else {
    for (int i = 0; i < w.operands; ++i) {
      if (j.keep) {
        words += (w.widths[i] + 1) / 2 * place.group;
        continue;
      }
      words = add_bf16<L, F, S, NB, Sets>(sum, words, place, j.x[i] + sample * j.x_sample[i],
                                          j.x_sample[i], w.widths[i], true, j.backward);
    }
  }
  if (j.h && !j.start) {
    add_bf16<L, F, S, NB, Sets>(sum, words, place, j.h + sample * padded, padded, w.hidden, false,
                                j.backward);
  }
  for (int s = 0; s < S; ++s) {
    for (int q = 0; q < NB; ++q) {
      typename L::F row[R];
      for (int r = 0; r < R; ++r) {
        row[r] = Sets == 2 ? L::add(sum[0][s][q][r], sum[Sets - 1][s][q][r]) : sum[0][s][q][r];
      }
      if (!j.keep) {
        const float* scale = w.scale + std::ptrdiff_t(block + q) * gates_of(F) * kNarrowLanes;
        for (int r = 0; r < R; ++r) {
          row[r] = L::mul(row[r], L::load(scale + narrow_gate(F, r) * kNarrowLanes));
        }
      } else {
        for (int r = 0; r < R; ++r) {
          L::store(j.keep + narrow_sums_at<F>(w, block + q, sample + s) + r * kNarrowLanes, row[r]);
        }
        continue;
      }
      const std::ptrdiff_t at = (sample + s) * padded + std::ptrdiff_t(block + q) * kNarrowLanes;
      L::store(j.h_next + at, narrow_state<L, F>(j, row, at));
    }
  }
}

// How sums of products are made of words: four bytes a word, exact; or two fp16, summed up in fp16
// for a few words only, because every sum is rounded.
template <class Lanes>
struct ByteProducts {
  static constexpr int kWeights = 4, kBytes = 1, kWordsASum = 1 << 30;
  static constexpr bool kScaledInput = false;
  using Sum = typename Lanes::I;
  using Factor = decltype(Lanes::broadcast_word(nullptr));
  static Sum start(const NarrowPacked& w, std::ptrdiff_t at) {
    return Lanes::load_integers(w.start + at);
  }
  static Sum zero() { return Lanes::no_integers(); }
  static Factor factor(const std::uint8_t* v) { return Lanes::broadcast_word(v); }
  static Sum add(Sum s, Factor f, const std::uint32_t* words) {
    return Lanes::dot(s, f, Lanes::words(words));
  }
  static typename Lanes::F value(Sum a, Sum b) {
    return Lanes::to_float(Lanes::add_integers(a, b));
  }
  static void store(const NarrowStep& j, std::ptrdiff_t at, std::ptrdiff_t unit,
                    typename Lanes::F h) {
    Lanes::store_bytes(static_cast<std::uint8_t*>(j.low_h_next) + at,
                       Lanes::mul(h, Lanes::load(j.w->state_steps + unit)));
  }
};

template <class Lanes>
struct HalfProducts {
  static constexpr int kWeights = 2, kBytes = 2, kWordsASum = 32;  // 16 in each of two sums
  static constexpr bool kScaledInput = true;
  using Sum = typename Lanes::H;
  using Factor = typename Lanes::H;
  static Sum start(const NarrowPacked&, std::ptrdiff_t) { return Lanes::no_halves(); }
  static Sum zero() { return Lanes::no_halves(); }
  static Factor factor(const std::uint8_t* v) { return Lanes::broadcast_halves(v); }
  static Sum add(Sum s, Factor f, const std::uint32_t* words) {
    return Lanes::add_products(s, f, Lanes::load_halves(words));
  }
  static typename Lanes::F value(Sum a, Sum b) { return Lanes::sum_of_words(a, b); }
  static void store(const NarrowStep& j, std::ptrdiff_t at, std::ptrdiff_t, typename Lanes::F h) {
    Lanes::store_halves(static_cast<std::uint16_t*>(j.low_h_next) + at,
                        Lanes::limited(h, kLargestHalf));
  }
};

// sum += `groups` words a row times the values at `v`, from the first to the last or back.
template <class P, int G, int NB>
inline __attribute__((always_inline)) void add_words(typename P::Sum (&sum)[2][NB][G],
                                                     const std::uint32_t* words,
                                                     const NarrowPlace& p, const std::uint8_t* v,
                                                     int groups, bool backward) {
  std::ptrdiff_t step = p.group;
  int dv = P::kWeights * P::kBytes;
  if (backward) {
    words += (groups - 1) * step;
    v += (groups - 1) * dv;
    step = -step;
    dv = -dv;
  }
  const auto one = [&](int set) __attribute__((always_inline)) {
    const auto b = P::factor(v);
#pragma GCC unroll 8
    for (int g = 0; g < G; ++g) {
#pragma GCC unroll 8
      for (int q = 0; q < NB; ++q) {
        sum[set][q][g] = P::add(sum[set][q][g], b, words + g * p.gate + q * kNarrowLanes);
      }
    }
    words += step;
    v += dv;
  };
  int k = groups;
  for (; k >= 2; k -= 2) {
    one(0);
    one(1);
  }
  if (k) one(0);
}

// row += what the words of one operand give, in as many sums as it takes.
template <class Lanes, class P, Formula F, int NB>
inline __attribute__((always_inline)) void add_operand(
    typename Lanes::F (&row)[NB][narrow_rows_of(F)], const NarrowStep& j, const NarrowPlace& place,
    const std::uint32_t* words, const std::uint8_t* v, int width, int block, bool input, bool first,
    float factor) {
  using L = Lanes;
  constexpr int G = gates_of(F);
  const NarrowPacked& w = *j.w;
  const int groups = (width + P::kWeights - 1) / P::kWeights;
  for (int done = 0; done < groups;) {
    const int count = groups - done < P::kWordsASum ? groups - done : P::kWordsASum;
    const int begin = j.backward ? groups - done - count : done;
    typename P::Sum sum[2][NB][G];
#pragma GCC unroll 8
    for (int q = 0; q < NB; ++q) {
#pragma GCC unroll 8
      for (int g = 0; g < G; ++g) {
        const std::ptrdiff_t at = (((block + q) * 2 + !input) * G + g) * kNarrowLanes;
        sum[0][q][g] = first && done == 0 ? P::start(w, at) : P::zero();
        sum[1][q][g] = P::zero();
      }
    }
    add_words<P, G, NB>(sum, words + begin * place.group, place,
                        v + std::ptrdiff_t(begin) * P::kWeights * P::kBytes, count, j.backward);
#pragma GCC unroll 8
    for (int q = 0; q < NB; ++q) {
#pragma GCC unroll 8
      for (int g = 0; g < G; ++g) {
        const std::ptrdiff_t at = (((block + q) * 2 + !input) * G + g) * kNarrowLanes;
        auto scale = L::load(w.scale + at);
        if (P::kScaledInput && input) scale = L::mul(scale, L::broadcast(&factor));
        auto& to = row[q][narrow_row(F, g, input)];
        to = L::fma(P::value(sum[0][q][g], sum[1][q][g]), scale, to);
      }
    }
    done += count;
  }
}

template <class Lanes, class P, Formula F, int NB>
void narrow_word_tile(const NarrowStep& j, int block, int sample) {
  using L = Lanes;
  constexpr int R = narrow_rows_of(F);
  const NarrowPacked& w = *j.w;
  const std::ptrdiff_t padded = w.padded();
  const NarrowPlace place = narrow_place(w, block);
  typename L::F sums[1][1][NB][R];
  auto& row = sums[0][0];
  for (int q = 0; q < NB; ++q) {
    for (int r = 0; r < R; ++r) {
      row[q][r] = L::load((j.start ? j.start + narrow_sums_at<F>(w, block + q, sample)
                                   : w.bias + std::ptrdiff_t(block + q) * R * kNarrowLanes) +
                          r * kNarrowLanes);
    }
  }
  const std::uint32_t* words = place.words;
  if (w.wx) {
    if (!j.keep) add_input<L, F, 1, NB, 1>(sums, j, place, block, sample);
  } else {
    for (int i = 0; i < w.operands; ++i) {
      if (!j.keep) {
        const auto* v = static_cast<const std::uint8_t*>(j.low_x[i]);
        add_operand<L, P, F, NB>(row, j, place, words, v + sample * j.x_sample[i] * P::kBytes,
                                 w.widths[i], block, true, i == 0,
                                 j.x_scale ? j.x_scale[sample] : 1.0f);
      }
      words += (w.widths[i] + P::kWeights - 1) / P::kWeights * place.group;
    }
  }
  if (j.h && !j.start) {
    const auto* v = static_cast<const std::uint8_t*>(j.low_h);
    add_operand<L, P, F, NB>(row, j, place, words, v + sample * padded * P::kBytes, w.hidden, block,
                             false, true, 1.0f);
  }
  for (int q = 0; q < NB; ++q) {
    if (j.keep) {
      for (int r = 0; r < R; ++r) {
        L::store(j.keep + narrow_sums_at<F>(w, block + q, sample) + r * kNarrowLanes, row[q][r]);
      }
      continue;
    }
    const std::ptrdiff_t unit = std::ptrdiff_t(block + q) * kNarrowLanes;
    const std::ptrdiff_t at = sample * padded + unit;
    const auto h = narrow_state<L, F>(j, row[q], at);
    L::store(j.h_next + at, h);
    P::store(j, at, unit, h);
  }
}

// Strips from the last units to the first and back again: so the weights that are still near are
// used first, and no step begins with what the step before has ended with (see Packed).
template <class Tile>
inline __attribute__((always_inline)) void narrow_strips(const NarrowStep& j, Tile tile) {
  const int strips = (j.w->blocks + kNarrowBlocks - 1) / kNarrowBlocks;
  for (int i = 0; i < strips; ++i) {
    const int first = (j.backward ? i : strips - 1 - i) * kNarrowBlocks;
    tile(first, j.w->blocks - first >= kNarrowBlocks);
  }
}

// All samples for one strip, so that its weights stay near.
template <class Lanes, Formula F, int S, int NB>
inline __attribute__((always_inline)) void narrow_bf16_samples(const NarrowStep& j, int first) {
  int sample = 0;
  for (; sample + S <= j.samples; sample += S) narrow_bf16_tile<Lanes, F, S, NB>(j, first, sample);
  for (; sample < j.samples; ++sample) narrow_bf16_tile<Lanes, F, 1, NB>(j, first, sample);
}

template <class Lanes, Formula F>
void narrow_bf16_step(const NarrowStep& j) {
  narrow_strips(j, [&](int first, bool whole) {
    if (whole) {
      narrow_bf16_samples<Lanes, F, kNarrowSamples, kNarrowBlocks>(j, first);
    } else {
      narrow_bf16_samples<Lanes, F, 2 * kNarrowSamples, 1>(j, first);
    }
  });
}

template <class Lanes, class P, Formula F>
void narrow_word_step(const NarrowStep& j) {
  narrow_strips(j, [&](int first, bool whole) {
    for (int sample = 0; sample < j.samples; ++sample) {
      if (whole) {
        narrow_word_tile<Lanes, P, F, kNarrowBlocks>(j, first, sample);
      } else {
        narrow_word_tile<Lanes, P, F, 1>(j, first, sample);
      }
    }
  });
}

template <class Lanes>
struct NarrowSet {
  static void bf16(const NarrowStep& j) {
    switch (j.w->formula) {
      case Formula::gru:
        return narrow_bf16_step<Lanes, Formula::gru>(j);
      case Formula::lstm:
        return narrow_bf16_step<Lanes, Formula::lstm>(j);
      default:
        return narrow_bf16_step<Lanes, Formula::plain>(j);
    }
  }
  template <class P>
  static void words(const NarrowStep& j) {
    switch (j.w->formula) {
      case Formula::gru:
        return narrow_word_step<Lanes, P, Formula::gru>(j);
      case Formula::lstm:
        return narrow_word_step<Lanes, P, Formula::lstm>(j);
      default:
        return narrow_word_step<Lanes, P, Formula::plain>(j);
    }
  }
  static void int8(const NarrowStep& j) { words<ByteProducts<Lanes>>(j); }
  static void halves(const NarrowStep& j) { words<HalfProducts<Lanes>>(j); }
  static void to_bytes(const float* from, const float* steps, int n, std::uint8_t* to) {
    for (int i = 0; i < n; i += kNarrowLanes) {
      Lanes::store_bytes(to + i, Lanes::mul(Lanes::load(from + i), Lanes::load(steps + i)));
    }
  }
};

}  // namespace steelyard::cpu

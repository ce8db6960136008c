// SPDX-License-Identifier: Apache-2.0
// The matrix unit of Intel's AMX. While a tile is multiplied, other vectors run at half their speed
// at most, so that sums and activations follow each other; what they have between them is hidden by
// one step: a pair of blocks is multiplied before the pair before it is turned into states.
// Thread-safe.
#include "steelyard/engine/cpu/matrix.h"

#if defined(__x86_64__) && defined(__linux__) && (defined(__clang__) || __GNUC__ >= 12)

// GCC 12 takes the undefined operands of its own intrinsics for a slip (its bug 105593).
#ifndef __clang__
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <cpuid.h>
#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifdef __clang__
#pragma clang attribute push(                                                            \
    __attribute__((                                                                      \
        target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,amx-tile,amx-bf16,fma"))), \
    apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,amx-tile,amx-bf16,fma")
#endif

#include "steelyard/engine/cpu/narrow_avx512-inl.h"

namespace steelyard::cpu {
namespace {

using Lanes = Avx512Lanes;
constexpr int kSums = kMatrixRows * kMatrixSamples * kMatrixLanes;  // of one block
constexpr int kTileBytes = 64;                                      // of a row

// Tiles 0 to 3 hold sums, 4 to 6 the parts of the values, 7 weights. The numbers are part of the
// instructions, hence macros.
#define STEELYARD_MULTIPLY_spread(row) \
  _tile_loadd(7, w, kTileBytes);       \
  _tile_dpbf16ps(row, 4, 7);           \
  w += kMatrixTile;
#define STEELYARD_MULTIPLY_two(row) \
  _tile_loadd(7, w, kTileBytes);    \
  _tile_dpbf16ps(row, 4, 7);        \
  _tile_dpbf16ps(row, 5, 7);        \
  w += kMatrixTile;
#define STEELYARD_MULTIPLY_six(row)                \
  _tile_loadd(7, w, kTileBytes);                   \
  _tile_dpbf16ps(row, 4, 7);                       \
  _tile_dpbf16ps(row, 5, 7);                       \
  _tile_dpbf16ps(row, 6, 7);                       \
  _tile_loadd(7, w + kMatrixTile, kTileBytes);     \
  _tile_dpbf16ps(row, 4, 7);                       \
  _tile_dpbf16ps(row, 5, 7);                       \
  _tile_loadd(7, w + 2 * kMatrixTile, kTileBytes); \
  _tile_dpbf16ps(row, 4, 7);                       \
  w += 3 * kMatrixTile;
// A GRU keeps what the input gives to n (row 3) apart from what the state gives (row 2).
#define STEELYARD_GATES(products)     \
  STEELYARD_MULTIPLY_##products(0);   \
  STEELYARD_MULTIPLY_##products(1);   \
  if constexpr (F == Formula::lstm) { \
    STEELYARD_MULTIPLY_##products(2); \
    STEELYARD_MULTIPLY_##products(3); \
  } else if constexpr (kInput) {      \
    STEELYARD_MULTIPLY_##products(3); \
  } else {                            \
    STEELYARD_MULTIPLY_##products(2); \
  }

// Adds what one operand gives to the sums of one block; returns where the next one's weights are.
template <Formula F, bool kInput>
inline __attribute__((always_inline)) const std::uint16_t* add_operand(const MatrixOperand& operand,
                                                                       const std::uint16_t* values,
                                                                       const std::uint16_t* w) {
  const int tiles = operand.tiles();
  switch (operand.products) {
    case Products::spread:
      for (int k = 0; k < tiles; ++k, values += kMatrixTile) {
        _tile_loadd(4, values, kTileBytes);
        STEELYARD_GATES(spread)
      }
      break;
    case Products::two:
      for (int k = 0; k < tiles; ++k, values += 2 * kMatrixTile) {
        _tile_loadd(4, values, kTileBytes);
        _tile_loadd(5, values + kMatrixTile, kTileBytes);
        STEELYARD_GATES(two)
      }
      break;
    case Products::six:
      for (int k = 0; k < tiles; ++k, values += 3 * kMatrixTile) {
        _tile_loadd(4, values, kTileBytes);
        _tile_loadd(5, values + kMatrixTile, kTileBytes);
        _tile_loadd(6, values + 2 * kMatrixTile, kTileBytes);
        STEELYARD_GATES(six)
      }
  }
  return w;
}

// The sums of one block for one group, from the biases on.
template <Formula F>
inline __attribute__((always_inline)) void sum_up(const MatrixStep& j, int block, int group,
                                                  float* sums) {
  const MatrixPacked& w = *j.w;
  const float* bias = w.bias + std::ptrdiff_t(block) * kMatrixRows * kMatrixLanes;
  _tile_loadd(0, bias, 0);  // every row the same
  _tile_loadd(1, bias + kMatrixLanes, 0);
  _tile_loadd(2, bias + 2 * kMatrixLanes, 0);
  _tile_loadd(3, bias + 3 * kMatrixLanes, 0);
  const std::uint16_t* words = w.words + block * w.block_words;
  for (int i = 0; i < w.operands; ++i)
    words = add_operand<F, true>(w.x[i], j.x[i] + group * w.x[i].group(), words);
  if (j.h) add_operand<F, false>(w.h, j.h + group * w.h.group(), words);
  constexpr int kTile = kMatrixSamples * kMatrixLanes;
  _tile_stored(0, sums, kTileBytes);
  _tile_stored(1, sums + kTile, kTileBytes);
  _tile_stored(2, sums + 2 * kTile, kTileBytes);
  _tile_stored(3, sums + 3 * kTile, kTileBytes);
}

// The new state of one block of one sample.
template <Formula F>
inline __attribute__((always_inline)) __m512 new_state(const float* sums, float* state) {
  constexpr int kTile = kMatrixSamples * kMatrixLanes;
  const __m512 row[kMatrixRows] = {Lanes::load(sums), Lanes::load(sums + kTile),
                                   Lanes::load(sums + 2 * kTile), Lanes::load(sums + 3 * kTile)};
  if constexpr (F == Formula::lstm) return lstm_state<Lanes>(row, state);
  const __m512 h = gru_state<Lanes>(row, Lanes::load(state));
  Lanes::store(state, h);
  return h;
}

__m512 high_part(__m512 a) {
  return _mm512_castsi512_ps(
      _mm512_and_si512(_mm512_castps_si512(a), _mm512_set1_epi32(int(0xffff0000))));
}

// The upper halves of both.
__m512i upper_halves(__m512 a, __m512 b) {
  alignas(64) static constexpr std::uint16_t kOdd[32] = {1,  3,  5,  7,  9,  11, 13, 15, 17, 19, 21,
                                                         23, 25, 27, 29, 31, 33, 35, 37, 39, 41, 43,
                                                         45, 47, 49, 51, 53, 55, 57, 59, 61, 63};
  return _mm512_permutex2var_epi16(_mm512_castps_si512(a), _mm512_load_si512(kOdd),
                                   _mm512_castps_si512(b));
}

// 32 values as parts, a tile each.
template <int kParts>
inline __attribute__((always_inline)) void store_parts(__m512 a, __m512 b, std::uint16_t* to) {
#pragma GCC unroll 3
  for (int part = 0; part < kParts; ++part) {
    _mm512_storeu_si512(to + part * kMatrixTile, upper_halves(a, b));
    a = _mm512_sub_ps(a, high_part(a));
    b = _mm512_sub_ps(b, high_part(b));
  }
}

struct Pair {
  int first = -1, group = 0;
  const float* sums = nullptr;
};

// The new states of two blocks (of the last one perhaps) of one group.
template <Formula F, int kParts>
inline __attribute__((always_inline)) void finish(const MatrixStep& j, const Pair& p) {
  const MatrixPacked& w = *j.w;
  const int left = j.samples - p.group * kMatrixSamples;
  const int samples = left < kMatrixSamples ? left : kMatrixSamples;
  const bool both = p.first + 1 < w.blocks;
  constexpr int kTile = kMatrixSamples * kMatrixLanes;
  float* state = j.state + (std::ptrdiff_t(p.group) * w.blocks + p.first) * kTile;
  std::uint16_t* next =
      j.h_next + p.group * w.h.group() + std::ptrdiff_t(p.first / 2) * kParts * kMatrixTile;
  for (int s = 0; s < samples; ++s) {
    const float* sums = p.sums + s * kMatrixLanes;
    float* own = state + s * kMatrixLanes;
    const __m512 a = new_state<F>(sums, own);
    const __m512 b = both ? new_state<F>(sums + kSums, own + kTile) : _mm512_setzero_ps();
    store_parts<kParts>(a, b, next + s * kMatrixDepth);
    if (!j.output) continue;
    float* output = j.output + (std::ptrdiff_t(p.group) * kMatrixSamples + s) * w.padded() +
                    p.first * kMatrixLanes;
    Lanes::store(output, a);
    if (both) Lanes::store(output + kMatrixLanes, b);
  }
}

template <Formula F, int kParts>
void run_step(const MatrixStep& j) {
  const MatrixPacked& w = *j.w;
  const int groups = (j.samples + kMatrixSamples - 1) / kMatrixSamples;
  Pair before;
  float* sums = j.sums;
  for (int first = 0; first < w.blocks; first += 2) {
    for (int group = 0; group < groups; ++group) {
      // GCC does not know that loading a tile reads memory.
      asm volatile("" ::: "memory");
      sum_up<F>(j, first, group, sums);
      if (first + 1 < w.blocks) sum_up<F>(j, first + 1, group, sums + kSums);
      if (before.sums) finish<F, kParts>(j, before);
      before = {first, group, sums};
      sums = sums == j.sums ? j.sums + 2 * kSums : j.sums;
    }
  }
  finish<F, kParts>(j, before);
  asm volatile("" ::: "memory");
}

void step(const MatrixStep& j) {
  const bool lstm = j.w->formula == Formula::lstm;
  if (j.w->h.products == Products::six)
    return lstm ? run_step<Formula::lstm, 3>(j) : run_step<Formula::gru, 3>(j);
  lstm ? run_step<Formula::lstm, 2>(j) : run_step<Formula::gru, 2>(j);
}

__m512 load_some(const float* from, int count) {
  return count >= kMatrixLanes
             ? _mm512_loadu_ps(from)
             : _mm512_maskz_loadu_ps(__mmask16((1u << (count > 0 ? count : 0)) - 1), from);
}

// Where the halves of a spread row come from, by its width: parts of value i are 2 i + 1 (high),
// 2 i (middle) and 33 + 2 i (low). What is left over is the high part of value 15, a zero there.
struct SpreadOrder {
  alignas(64) std::uint16_t from[kMatrixLanes + 1][kSpread * kMatrixLanes];
};
constexpr SpreadOrder spread_order() {
  SpreadOrder order{};
  for (int width = 1; width <= kMatrixLanes; ++width) {
    for (int at = 0; at < kSpread * kMatrixLanes; ++at) {
      const int product = at / width, i = product < kSpread ? at % width : kMatrixLanes - 1;
      const int part = product < kSpread ? kValuePart[product] : 0;
      order.from[width][at] = std::uint16_t(2 * i + (part == 0 ? 1 : part == 1 ? 0 : 33));
    }
  }
  return order;
}
constexpr SpreadOrder kSpreadOrder = spread_order();

// Up to 16 values as three parts, laid side by side as Products::spread has them.
inline __attribute__((always_inline)) void spread(const float* row, int width, int tiles,
                                                  std::uint16_t* to) {
  const __m512 v = load_some(row, width), rest = _mm512_sub_ps(v, high_part(v));
  const __m512i low = _mm512_castps_si512(_mm512_sub_ps(rest, high_part(rest)));
  const __m512i high_and_middle = _mm512_mask_blend_epi16(
      0xaaaaaaaa, _mm512_srli_epi32(_mm512_castps_si512(rest), 16), _mm512_castps_si512(v));
  for (int k = 0; k < tiles; ++k) {
    const __m512i order = _mm512_loadu_si512(kSpreadOrder.from[width] + k * kMatrixDepth);
    _mm512_storeu_si512(to + k * kMatrixTile,
                        _mm512_permutex2var_epi16(high_and_middle, order, low));
  }
}

void lay_out(const float* rows, std::ptrdiff_t stride, int samples, const MatrixOperand& operand,
             std::uint16_t* tiles) {
  const int count = operand.tiles();
  for (int s = 0; s < samples; ++s, rows += stride, tiles += kMatrixDepth) {
    if (operand.products == Products::spread) {
      spread(rows, operand.width, count, tiles);
      continue;
    }
    for (int k = 0; k < count; ++k) {
      const int at = k * kMatrixDepth, left = operand.width - at;
      const __m512 a = load_some(rows + at, left);
      const __m512 b =
          load_some(rows + at + (left > kMatrixLanes ? kMatrixLanes : 0), left - kMatrixLanes);
      std::uint16_t* to = tiles + k * value_parts(operand.products) * kMatrixTile;
      operand.products == Products::six ? store_parts<3>(a, b, to) : store_parts<2>(a, b, to);
    }
  }
}

// Eight tiles of 16 rows of 64 bytes.
void begin() {
  alignas(64) std::uint8_t setting[64] = {1};
  for (int i = 0; i < 8; ++i) {
    setting[16 + 2 * i] = kTileBytes;
    setting[48 + i] = kMatrixSamples;
  }
  asm volatile("" ::"r"(setting) : "memory");  // GCC takes it for read in part only
  _tile_loadconfig(setting);
}

void end() { _tile_release(); }

// The CPU has it, the system saves it, and this process may use it (Linux wants to be asked).
bool available() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (!has_avx512_lanes() || !__get_cpuid_count(7, 0, &a, &b, &c, &d)) return false;
  constexpr unsigned kBf16 = 1u << 22, kTile = 1u << 24, kSaved = 1u << 27;
  if ((d & kBf16) == 0 || (d & kTile) == 0) return false;
  __get_cpuid(1, &a, &b, &c, &d);
  if ((c & kSaved) == 0) return false;
  unsigned low = 0, high = 0;
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  if ((low >> 17 & 3) != 3) return false;
  constexpr int kAsk = 0x1023, kTileData = 18;  // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
  return syscall(SYS_arch_prctl, kAsk, kTileData) == 0;
}

}  // namespace

const MatrixKernels* amx_kernels() {
  static const MatrixKernels kKernels = {&begin, &end, &step, &lay_out};
  static const bool kHere = available();
  return kHere ? &kKernels : nullptr;
}

}  // namespace steelyard::cpu

#ifdef __clang__
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

#else

namespace steelyard::cpu {
const MatrixKernels* amx_kernels() { return nullptr; }
}  // namespace steelyard::cpu

#endif

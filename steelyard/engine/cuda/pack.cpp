// SPDX-License-Identifier: Apache-2.0
// The layouts of pack.h. Thread-safe.
#include "steelyard/engine/cuda/pack.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace steelyard::cuda {
namespace {

std::uint32_t bits_of(float value) {
  std::uint32_t bits;
  std::memcpy(&bits, &value, 4);
  return bits;
}
float float_of(std::uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, 4);
  return value;
}

void round_rows(std::vector<float>& w, int columns, CudaWeights weights) {
  if (weights == CudaWeights::fp16)
    for (float& value : w) value = rounded_to_half(value);
  if (weights == CudaWeights::bf16)
    for (float& value : w) value = rounded_to_bfloat(value);
  if (weights != CudaWeights::int8) return;
  for (std::size_t row = 0; row * columns < w.size(); ++row) {
    float* begin = w.data() + row * columns;
    float most = 0;
    for (int k = 0; k < columns; ++k) most = std::max(most, std::abs(begin[k]));
    const float scale = most / 127;
    const bool is_zero = scale < std::numeric_limits<float>::min();
    for (int k = 0; k < columns; ++k)
      begin[k] = is_zero ? 0 : std::nearbyint(begin[k] / scale) * scale;
  }
}

// What one direction's weights are, seen by gate, unit and column, with zeros outside.
struct View {
  const Recurrent& layer;
  int direction;
  int r_columns;  // hidden, except for the input weights of a stack
  View(const Recurrent& of, int d, int columns = 0)
      : layer(of), direction(d), r_columns(columns > 0 ? columns : of.hidden) {}
  int gates() const { return gates_of(layer.cell); }
  std::size_t row(int gate, int unit) const {
    return (std::size_t(direction) * gates() + gate) * layer.hidden + unit;
  }
  double w(int gate, int unit, int k) const {
    if (unit >= layer.hidden || k >= layer.input) return 0;
    return layer.w[row(gate, unit) * layer.input + k];
  }
  double r(int gate, int unit, int k) const {
    if (unit >= layer.hidden || k >= r_columns) return 0;
    return layer.r[row(gate, unit) * r_columns + k];
  }
  double bias(int half, int gate, int unit) const {
    if (unit >= layer.hidden) return 0;
    const std::size_t all = std::size_t(gates()) * layer.hidden;
    return layer
        .b[(std::size_t(direction) * 2 + half) * all + std::size_t(gate) * layer.hidden + unit];
  }
};

bool is_candidate(Cell cell, int gate) { return cell == Cell::gru && gate == 2; }

double scale_of(const Recurrent& layer, int gate, const GateScales& scales) {
  switch (layer.cell) {
    case Cell::gru:
      return gate == 2 ? scales.tanh : scales.sigmoid;
    case Cell::lstm:
      return gate == 3 ? scales.tanh : scales.sigmoid;
    case Cell::rnn:
      break;
  }
  return layer.activation == Activation::relu ? 1.0 : scales.tanh;
}

// The slots of one thread, in the order of Slice::load.
void pack_thread(const View& view, const Geometry& geometry, const GateScales& scales,
                 int first_unit, int lane, std::vector<float>& slots) {
  const auto scale = [&](int gate) { return scale_of(view.layer, gate, scales); };
  slots.clear();
  for (int u = 0; u < geometry.units; ++u)
    for (int gate = 0; gate < geometry.gates; ++gate)
      for (int i = 0; i < geometry.slice; ++i) {
        // Four neighbours a lane, so that a lane reads the state 16 bytes at a time.
        const int k = geometry.lanes == 1 ? i : (i / 4 * geometry.lanes + lane) * 4 + i % 4;
        slots.push_back(float(scale(gate) * view.r(gate, first_unit + u, k)));
      }
  const int own = first_unit + (geometry.units == 2 ? lane & 1 : 0);
  const int owner = lane / geometry.units, share = geometry.features_per_owner();
  for (int gate = 0; gate < geometry.gates; ++gate)
    for (int i = 0; i < share; ++i) {
      const int k = owner * share + i;
      const bool elsewhere = is_candidate(view.layer.cell, gate) || k >= kRowFloats;
      slots.push_back(elsewhere ? 0.f : float(scale(gate) * view.w(gate, own, k)));
    }
  for (int k = 0; k < kRowFloats; ++k)
    slots.push_back(view.layer.cell == Cell::gru ? float(scale(2) * view.w(2, own, k)) : 0.f);
  for (int gate = 0; gate < geometry.gates; ++gate) {
    double bias = view.bias(1, gate, own);
    if (!is_candidate(view.layer.cell, gate)) bias += view.bias(0, gate, own);
    slots.push_back(owner == 0 ? float(scale(gate) * bias) : 0.f);
  }
  slots.push_back(view.layer.cell == Cell::gru ? float(scale(2) * view.bias(0, 2, own)) : 0.f);
}

std::uint32_t pair(double low, double high) {
  return half_bits(float(low)) | std::uint32_t(half_bits(float(high))) << 16;
}

}  // namespace

std::uint16_t half_bits(float value) {
  const std::uint32_t bits = bits_of(value), sign = bits >> 16 & 0x8000;
  const std::uint32_t magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return std::uint16_t(sign | 0x7e00);
  if (magnitude >= 0x477ff000) return std::uint16_t(sign | 0x7c00);  // rounds to infinity
  if (magnitude < 0x38800000) {  // subnormal: let the addition round
    const float shifted = float_of(magnitude) + 0.5f;
    return std::uint16_t(sign | (bits_of(shifted) - 0x3f000000));
  }
  const std::uint32_t odd = magnitude >> 13 & 1;
  return std::uint16_t(sign | ((magnitude + 0xc8000fff + odd) >> 13));
}

float rounded_to_half(float value) {
  const std::uint16_t half = half_bits(value);
  const int exponent = half >> 10 & 31, mantissa = half & 1023;
  float magnitude;
  if (exponent == 31)
    magnitude = mantissa ? NAN : INFINITY;
  else
    magnitude = exponent ? std::ldexp(float(mantissa | 1024), exponent - 25)
                         : std::ldexp(float(mantissa), -24);
  return half & 0x8000 ? -magnitude : magnitude;
}

float rounded_to_bfloat(float value) {
  const std::uint32_t bits = bits_of(value);
  if ((bits & 0x7fffffff) > 0x7f800000) return value;
  return float_of((bits + 0x7fff + (bits >> 16 & 1)) & 0xffff0000);
}

Network rounded(Network network, CudaWeights weights) {
  for (Recurrent& layer : network.layers) {
    round_rows(layer.w, layer.input, weights);
    round_rows(layer.r, layer.hidden, weights);
  }
  for (Dense& dense : network.head) round_rows(dense.w, dense.input, weights);
  return network;
}

Blocks blocks_of(const Geometry& geometry, int hidden, int ranks) {
  const int per_warp = geometry.units_per_warp();
  const int share = (hidden + ranks - 1) / ranks;
  const int warps = (share + per_warp - 1) / per_warp;
  return {warps * 32, warps * per_warp, ranks};
}

namespace {

std::vector<float> pack_views(const Recurrent& layer, int r_columns, const Geometry& geometry,
                              const Blocks& blocks, bool approximate) {
  const GateScales& scales = approximate ? kApproximateScales : kExactScales;
  const std::size_t slots = geometry.slots(), threads = blocks.threads;
  std::vector<float> packed(std::size_t(layer.directions) * blocks.ranks * slots * threads);
  std::vector<float> thread_slots;
  for (int direction = 0; direction < layer.directions; ++direction)
    for (int rank = 0; rank < blocks.ranks; ++rank)
      for (int thread = 0; thread < blocks.threads; ++thread) {
        const int group = thread / geometry.lanes, lane = thread % geometry.lanes;
        // One lane a unit means one warp: its lanes repeat the units.
        const int unit = geometry.lanes == 1 ? thread % warp_width(geometry.slice)
                                             : rank * blocks.units + group * geometry.units;
        pack_thread({layer, direction, r_columns}, geometry, scales, unit, lane, thread_slots);
        const std::size_t base = (std::size_t(direction) * blocks.ranks + rank) * slots * threads;
        for (std::size_t slot = 0; slot < slots; ++slot)
          packed[base + slot * threads + thread] = thread_slots[slot];
      }
  return packed;
}

// The input weights in the recurrent ones' place. A candidate's input bias takes the place of its
// recurrent one, which the other half of the block adds.
Recurrent as_recurrent(const Recurrent& layer) {
  Recurrent turned = layer;
  turned.r = layer.w;
  turned.w.assign(layer.w.size(), 0.f);
  if (layer.cell != Cell::gru) return turned;
  const std::size_t all = std::size_t(3) * layer.hidden;
  for (int d = 0; d < layer.directions; ++d)
    for (int unit = 0; unit < layer.hidden; ++unit) {
      const std::size_t at = std::size_t(d) * 2 * all + 2 * layer.hidden + unit;
      turned.b[at + all] = layer.b[at];
    }
  return turned;
}

}  // namespace

std::vector<float> pack_slices(const Recurrent& layer, const Geometry& geometry,
                               const Blocks& blocks, bool approximate) {
  return pack_views(layer, layer.hidden, geometry, blocks, approximate);
}

Stack pack_stack(const Network& network, const Geometry& geometry, const Blocks& blocks,
                 bool approximate) {
  Stack stack;
  const auto append = [](std::vector<float>& to, const std::vector<float>& more) {
    to.insert(to.end(), more.begin(), more.end());
  };
  for (const Recurrent& layer : network.layers) {
    append(stack.recurrent, pack_views(layer, layer.hidden, geometry, blocks, approximate));
    append(stack.projection,
           pack_views(as_recurrent(layer), layer.input, geometry, blocks, approximate));
  }
  return stack;
}

std::vector<float> pack_head(const Dense& dense, int directions, int hidden, int padded) {
  std::vector<float> packed(std::size_t(directions) * dense.output * padded);
  for (int direction = 0; direction < directions; ++direction)
    for (int n = 0; n < dense.output; ++n)
      for (int k = 0; k < hidden; ++k)
        packed[(std::size_t(direction) * dense.output + n) * padded + k] =
            dense.w[std::size_t(n) * dense.input + direction * hidden + k];
  return packed;
}

// mma.m16n8k16, A row-major: a thread of group g = lane / 4 and t = lane % 4 holds rows g, g + 8
// and columns 2t, 2t + 1, 2t + 8, 2t + 9 of each 16 x 16 tile. Input columns: the features, then
// two columns that read 1: the bias in two halves, because one half has 11 bits only.
Matrix pack_matrix(const Recurrent& layer, int tiles, int input_columns) {
  const View view{layer, 0};
  const int gates = view.gates(), threads = 32 * tiles;
  Matrix matrix;
  const auto row_of = [](int thread, int half) {
    return 16 * (thread / 32) + (thread % 32) / 4 + half * 8;
  };
  const auto add = [&](auto&& value) {  // value(thread, row half, first column offset)
    for (int thread = 0; thread < threads; ++thread) matrix.fragments.push_back(value(thread));
  };
  for (int gate = 0; gate < gates; ++gate) {
    const double s = scale_of(layer, gate, kApproximateScales);
    for (int tile = 0; tile < tiles; ++tile)
      for (int e = 0; e < 4; ++e)
        add([&](int thread) {
          const int row = row_of(thread, e & 1), k = 16 * tile + thread % 4 * 2 + (e >> 1) * 8;
          return pair(s * view.r(gate, row, k), s * view.r(gate, row, k + 1));
        });
  }
  for (int gate = 0; gate < gates; ++gate) {
    const double s = scale_of(layer, gate, kApproximateScales);
    const auto column = [&](int row, int k) -> double {
      if (k < layer.input) return s * view.w(gate, row, k);
      double bias = view.bias(0, gate, row);
      if (!is_candidate(layer.cell, gate)) bias += view.bias(1, gate, row);
      bias *= s;
      const double high = rounded_to_half(float(bias));
      if (k == layer.input) return high;
      return k == layer.input + 1 ? bias - high : 0;
    };
    for (int block = 0; block < input_columns / 8; ++block)
      for (int half = 0; half < 2; ++half)
        add([&](int thread) {
          const int row = row_of(thread, half), k = 8 * block + thread % 4 * 2;
          return pair(column(row, k), column(row, k + 1));
        });
  }
  for (int unit = 0; unit < 16 * tiles; ++unit)
    matrix.biases.push_back(layer.cell == Cell::gru ? float(view.bias(1, 2, unit)) : 0.f);
  return matrix;
}

std::vector<float> transposed(const std::vector<float>& w, int directions, int rows, int columns) {
  std::vector<float> out(w.size());
  for (int d = 0; d < directions; ++d)
    for (int row = 0; row < rows; ++row)
      for (int k = 0; k < columns; ++k)
        out[(std::size_t(d) * columns + k) * rows + row] =
            w[(std::size_t(d) * rows + row) * columns + k];
  return out;
}

}  // namespace steelyard::cuda

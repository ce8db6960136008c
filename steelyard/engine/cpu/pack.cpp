// SPDX-License-Identifier: Apache-2.0
// Packing: see kernels.h for the orders. Thread-safe.
#include "steelyard/engine/cpu/pack.h"

#include <algorithm>

namespace steelyard::cpu {
namespace {

// Writes gates [first, last) of `source` [gate][unit][width] to [strip][width][gate][block][lane].
void pack_matrix(const Packed& p, const float* source, int width, int first, int last,
                 float* packed) {
  for (int strip = 0; strip < p.strips; ++strip) {
    const int begin = p.first_block(strip), end = begin + p.blocks_of(strip);
    float* to = packed + std::size_t(begin) * p.lanes * (last - first) * width;
    for (int k = 0; k < width; ++k) {
      for (int gate = first; gate < last; ++gate) {
        const float* rows = source + std::size_t(onnx_gate(p.formula, gate)) * p.hidden * width;
        for (int unit = begin * p.lanes; unit < end * p.lanes; ++unit) {
          *to++ = unit < p.hidden
                      ? rows[std::size_t(unit) * width + k] * gate_scale(p.formula, gate)
                      : 0.0f;
        }
      }
    }
  }
}

}  // namespace

int onnx_gate(Formula f, int gate) {
  static constexpr int kGru[] = {1, 0, 2}, kLstm[] = {0, 2, 3, 1};
  return f == Formula::lstm ? kLstm[gate] : f == Formula::plain ? 0 : kGru[gate];
}

float gate_scale(Formula f, int gate) { return f == Formula::plain || gate == 2 ? 1.0f : 0.5f; }

Formula formula_of(const Recurrent& layer) {
  if (layer.cell == Cell::lstm) return Formula::lstm;
  if (layer.cell == Cell::rnn) return Formula::plain;
  return layer.linear_before_reset ? Formula::gru : Formula::gru_reset_first;
}

void PackedWeights::lay_out(int lanes, int most_blocks) {
  Packed& p = packed_;
  p.lanes = lanes;
  p.blocks = (p.hidden - 1) / lanes + 1;
  p.strips = (p.blocks - 1) / most_blocks + 1;
  p.base = p.blocks / p.strips;
  p.extra = p.blocks % p.strips;
}

PackedWeights::PackedWeights(const Recurrent& layer, int direction, int lanes, int most_blocks) {
  Packed& p = packed_;
  p.formula = formula_of(layer);
  p.activation = layer.activation;
  p.hidden = layer.hidden;
  p.input = layer.input;
  lay_out(lanes, most_blocks);
  const int gates = gates_of(p.formula), early = early_gates_of(p.formula);
  const std::size_t units = std::size_t(p.padded()), rows = std::size_t(gates) * p.hidden;
  const float* w = layer.w.data() + direction * rows * p.input;
  const float* r = layer.r.data() + direction * rows * p.hidden;
  const float* b = layer.b.data() + direction * 2 * rows;

  wx_ = Buffer(times(units * gates, p.input));
  pack_matrix(p, w, p.input, 0, gates, wx_.data());
  wr_ = Buffer(times(units * early, p.hidden));
  pack_matrix(p, r, p.hidden, 0, early, wr_.data());
  if (early < gates) {
    wn_ = Buffer(times(units, p.hidden));
    pack_matrix(p, r, p.hidden, early, gates, wn_.data());
  }
  bias_ = Buffer(units * gates);
  bias_n_ = Buffer(units);
  for (int unit = 0; unit < p.hidden; ++unit) {
    const int block = unit / lanes, lane = unit % lanes;
    for (int gate = 0; gate < gates; ++gate) {
      const std::size_t at = std::size_t(onnx_gate(p.formula, gate)) * p.hidden + unit;
      const bool apart = p.formula == Formula::gru && gate == 2;
      bias_.data()[(std::size_t(block) * gates + gate) * lanes + lane] =
          (b[at] + (apart ? 0.0f : b[rows + at])) * gate_scale(p.formula, gate);
      if (apart) bias_n_.data()[unit] = b[rows + at];
    }
  }
  p.wx = wx_.data();
  p.wr = wr_.data();
  p.wn = wn_.data();
  p.bias = bias_.data();
  p.bias_n = bias_n_.data();
}

PackedWeights::PackedWeights(const Dense& layer, int lanes, int most_blocks) {
  Packed& p = packed_;
  p.activation = layer.activation;
  p.hidden = layer.output;
  p.input = layer.input;
  lay_out(lanes, most_blocks);
  wx_ = Buffer(times(std::size_t(p.padded()), p.input));
  pack_matrix(p, layer.w.data(), p.input, 0, 1, wx_.data());
  bias_ = Buffer(std::size_t(p.padded()));
  std::copy(layer.b.begin(), layer.b.end(), bias_.data());
  p.wx = wx_.data();
  p.bias = bias_.data();
  p.bias_n = bias_.data();
}

Buffer dense_rows(const Dense& layer, int operands, int lanes) {
  const int width = layer.input / operands, padded = (width + lanes - 1) / lanes * lanes;
  Buffer rows(times(std::size_t(padded) * operands, layer.output));
  const float* from = layer.w.data();
  for (int row = 0; row < layer.output * operands; ++row, from += width) {
    std::copy(from, from + width, rows.data() + std::size_t(row) * padded);
  }
  return rows;
}

}  // namespace steelyard::cpu

// SPDX-License-Identifier: Apache-2.0
// Weights from a network's order to the order in which kernels read them. Packed weights are
// immutable and may be shared by threads.
#pragma once

#include "steelyard/engine/cpu/buffer.h"
#include "steelyard/engine/cpu/kernels.h"

namespace steelyard::cpu {

// Owns what Packed points to.
class PackedWeights {
 public:
  // One direction of a recurrent layer. Strips have at most `most_blocks` blocks, all nearly equal.
  PackedWeights(const Recurrent&, int direction, int lanes, int most_blocks);
  // A dense layer whose outputs are the lanes.
  PackedWeights(const Dense&, int lanes, int most_blocks);

  PackedWeights(const PackedWeights&) = delete;
  PackedWeights& operator=(const PackedWeights&) = delete;

  const Packed& packed() const { return packed_; }

 private:
  void lay_out(int lanes, int most_blocks);
  Packed packed_;
  Buffer wx_, wr_, wn_, bias_, bias_n_;
};

// Rows for DenseJob: the input falls into `operands` equal parts, each padded to whole vectors.
Buffer dense_rows(const Dense&, int operands, int lanes);

Formula formula_of(const Recurrent&);
// Our gate -> that of ONNX: GRU z r h becomes r z n, LSTM i o f c becomes i f g o.
int onnx_gate(Formula, int gate);
// Sigmoid gates are halved, which is exact.
float gate_scale(Formula, int gate);

// One direction's matrices, gates in our order and halved where they are a sigmoid's.
struct Matrices {
  const Recurrent& layer;
  int direction;
  Formula formula;

  float w(int gate, int unit, int k) const {
    return at(layer.w, gate, unit, layer.input, k) * gate_scale(formula, gate);
  }
  float r(int gate, int unit, int k) const {
    return at(layer.r, gate, unit, layer.hidden, k) * gate_scale(formula, gate);
  }
  float bias(int gate, int unit, bool recurrent) const {
    const std::size_t gates = gates_of(layer.cell), H = layer.hidden;
    return layer.b[((direction * 2 + recurrent) * gates + onnx_gate(formula, gate)) * H + unit] *
           gate_scale(formula, gate);
  }

 private:
  float at(const std::vector<float>& m, int gate, int unit, int width, int k) const {
    const std::size_t gates = gates_of(layer.cell), row = onnx_gate(formula, gate);
    return m[((direction * gates + row) * layer.hidden + unit) * width + k];
  }
};

}  // namespace steelyard::cpu

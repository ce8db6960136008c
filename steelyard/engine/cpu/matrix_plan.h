// SPDX-License-Identifier: Apache-2.0
// Whole windows of many samples on the matrix unit, from a zero state: layer after layer, a chunk
// of the batch at a time. All memory is taken when the plan is made. Belongs to one session.
#pragma once

#include <vector>

#include "steelyard/engine/cpu/head.h"
#include "steelyard/engine/cpu/matrix_pack.h"

namespace steelyard::cpu {

class MatrixPlan {
 public:
  // Whether the unit can run the network and is the fastest way for such a batch.
  static bool suits(const Network&, const Kernels&, Products, int batch);

  // `row`: how many samples stand side by side in the caller's input, at least `batch`.
  MatrixPlan(const Network&, const MatrixWeights&, const Kernels&, PackCache&, int batch,
             int window, int row);
  // False, and nothing done, when an input is not finite: its parts would not be what it is.
  bool infer(const float* input, float* output);

 private:
  struct Pass {
    const MatrixPacked* w = nullptr;
    bool reverse = false, from_last_step = false;
    int layer = 0;
    Buffer x;      // first layer: one step's input as tiles
    Buffer h;      // tiles, a slot for every step where the next layer reads them all, else two
    Buffer state;  // of the formula
    bool sequence = false;
    int last = 0;  // slot of the newest state
  };
  bool is_finite(const float* input) const;
  Pass make_pass(const Network&, int layer, int direction) const;
  void run_pass(Pass&, const float* input, int samples, float* states);
  // Halves of one slot of Pass::h.
  std::ptrdiff_t slot(const Pass& p) const { return p.w->h.group() * groups_; }

  const MatrixKernels& kernels_;
  const MatrixWeights& weights_;
  int batch_, window_, chunk_, groups_, outputs_;
  Operand input_;  // strides of the caller's input
  std::vector<Pass> passes_;
  std::vector<int> first_pass_;
  Buffer sums_, states_;  // states_: of the last layer, [direction][sample][padded]
  Head head_;
};

}  // namespace steelyard::cpu

// SPDX-License-Identifier: Apache-2.0
// Whole windows from a zero state: layer after layer, a chunk of the batch at a time. Belongs to
// one session.
#pragma once

#include <memory>
#include <vector>

#include "steelyard/engine/cpu/head.h"

namespace steelyard::cpu {

class Windows {
 public:
  // `row`: how many samples stand side by side in the caller's input, at least `batch`.
  Windows(const Network&, const Kernels&, PackCache&, int batch, int window, int row);
  void infer(const float* input, float* output);

 private:
  // One direction of one layer.
  struct Pass {
    std::shared_ptr<const PackedWeights> packed, packed_input;
    LayerJob job;
    // What the input gives to all steps at once, where that is worth its memory.
    bool project = false;
    LayerJob projection;
    bool from_last_step = false;  // only the last time step is read
    Buffer h, c, scratch, sums, sequence;
  };
  Pass make_pass(const Network&, int layer, int direction, PackCache&) const;
  void run_pass(Pass&, int samples);

  const Kernels& kernels_;
  int batch_, window_, chunk_;
  int directions_;            // of the last layer
  Operand input_;             // strides of the caller's input
  std::vector<Pass> passes_;  // layer after layer, forward before reverse
  std::vector<int> first_pass_;
  int outputs_;
  Head head_;
};

}  // namespace steelyard::cpu

// SPDX-License-Identifier: Apache-2.0
// Whole windows: layer after layer, a chunk of the batch at a time. Belongs to one session.
#pragma once

#include <memory>
#include <vector>

#include "steelyard/engine/cpu/head.h"
#include "steelyard/engine/cpu/states.h"
#include "steelyard/engine/cpu/stepwise.h"

namespace steelyard::cpu {

class Windows {
 public:
  // `row`: how many samples stand side by side in the caller's input, at least `batch`. `carries`:
  // infer() takes and gives states.
  Windows(const Network&, const Kernels&, PackCache&, int batch, int window, int row, bool carries);
  void infer(const float* input, float* output, const Carried* = nullptr);

 private:
  // One direction of one layer.
  struct Pass {
    std::shared_ptr<const PackedWeights> packed, packed_input;
    LayerJob job;
    // What the input gives to all steps at once, where that is worth its memory.
    bool project = false;
    LayerJob projection;
    bool from_last_step = false;         // only the last time step is read
    const float* last_step = nullptr;    // where it is, when it is not where the state ends
    std::unique_ptr<Stepwise> stepwise;  // runs the job where the kernels alone cannot
    StatePlace place;
    Buffer h, c, scratch, sums, sequence;
    Buffer before;  // states that were given
  };
  Pass make_pass(const Network&, int layer, int direction, PackCache&) const;
  const float* run_pass(Pass&, int samples, const Carried*);
  void answer(const Operand* states, int samples, int first, float* output);

  const Kernels& kernels_;
  int batch_, window_, row_;
  bool carries_;
  Readout readout_;
  bool answer_batch_first_;
  int chunk_;
  int directions_;            // of the last layer
  Operand input_;             // strides of the caller's input
  std::vector<Pass> passes_;  // layer after layer, forward before reverse
  std::vector<int> first_pass_;
  int outputs_;
  Head head_;
};

}  // namespace steelyard::cpu

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
  void infer(const float* input, float* output);
  void infer(const float* input, float* output, const Carried&);

 private:
  // One direction of one layer.
  struct Pass {
    std::shared_ptr<const PackedWeights> packed, packed_input;
    LayerJob job;
    // What the input gives to all steps at once, where that is worth its memory.
    bool project = false;
    LayerJob projection;
    bool from_last_step = false;  // only the last time step is read
    // What is read, when it is not where the state ends: the last step, or every step from here on.
    const float* read = nullptr;
    std::unique_ptr<Stepwise> stepwise;  // runs the job where the kernels alone cannot
    StatePlace place;
    Buffer h, c, scratch, sums, sequence;
    Buffer before;  // states that were given
  };
  Pass make_pass(const Network&, int layer, int direction, PackCache&) const;
  void place_input(const float* input, int first);
  const float* run_pass(Pass&, int samples);
  const float* run_pass(Pass&, int samples, const Carried&);
  static Operand what_is_read(const Pass& p, const float* h) {
    return {p.read ? p.read : h, p.job.sequence_time, p.job.w->padded(), p.job.w->hidden};
  }
  void answer(const Operand* states, int samples, int first, float* output) {
    if (every_step_) return answer_every_step(states, samples, first, output);
    head_.run(states, directions_, samples, output + std::ptrdiff_t(first) * outputs_);
  }
  void answer_every_step(const Operand* states, int samples, int first, float* output);

  const Kernels& kernels_;
  int batch_, window_, row_;
  bool carries_, every_step_, answer_batch_first_;
  int chunk_;
  int directions_;            // of the last layer
  Operand input_;             // strides of the caller's input
  std::vector<Pass> passes_;  // layer after layer, forward before reverse
  std::vector<int> first_pass_;
  int outputs_;
  Head head_;
};

}  // namespace steelyard::cpu

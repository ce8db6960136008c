// SPDX-License-Identifier: Apache-2.0
// Whole windows, or single steps with the state carried over, with narrow weights. All memory is
// taken when the plan is made. Belongs to one session.
#pragma once

#include <span>
#include <vector>

#include "steelyard/engine/cpu/head.h"
#include "steelyard/engine/cpu/narrow_pack.h"

namespace steelyard::cpu {

class NarrowPlan {
 public:
  // `row`: how many samples stand side by side in the caller's input, 0 = `batch`.
  // What a plan keeps: its output alone, the state from call to call, or every state for a look at
  // its size.
  enum class Keeps { nothing, state, everything };
  NarrowPlan(const Network&, const NarrowWeights&, const Kernels&, PackCache&, int batch,
             int window, Keeps, int row = 0);

  // From a zero state, or for Keeps::state from the last one.
  void infer(const float* input, float* output);
  // Keeps::state: the half of the next infer() that does not depend on its input.
  void prepare();
  void reset();
  // Keeps::everything: how large each state of one direction of a layer became in the last infer().
  void raise_to_largest(int layer, int direction, std::vector<float>& states) const;

 private:
  struct Pass {
    const NarrowPacked* w = nullptr;
    bool reverse = false, from_last_step = false;
    int layer = 0;
    // [slot][sample][padded]: a slot for every step where the next layer reads them all, else two;
    // `low` is h as halves or bytes.
    Buffer h, low, c, sums;
    bool sequence = false;
    const float* state = nullptr;
    const void* low_state = nullptr;
    unsigned turn = 0;
  };
  Pass make_pass(const Network&, int layer, int direction, int chunk, Keeps) const;
  void run_pass(Pass&, const float* input, int samples);
  void narrow_input(const float* input, int samples);
  Buffer low_buffer(std::size_t values) const;
  // State or input number `at`, where values are kept as halves or bytes.
  void* low(const Buffer&, std::size_t at) const;
  std::size_t slot(const Pass& p) const { return std::size_t(p.w->padded()) * chunk_; }

  const NarrowWeights& weights_;
  const NarrowKernels& kernels_;
  int batch_, window_, chunk_, features_;
  bool carries_, prepared_ = false;
  Operand input_;
  // Many features, as halves or bytes: the chunk's input [step][sample][padded], and for halves
  // what it was divided by, [step][sample].
  Buffer row_, low_input_, input_scale_;
  std::vector<Pass> passes_;
  std::vector<int> first_pass_;
  int outputs_;
  Head head_;
};

// What eight bits must cover for these windows [n][window][features].
NarrowRanges measure_ranges(const Network&, const Kernels&, std::span<const float> windows,
                            int window);

}  // namespace steelyard::cpu

// SPDX-License-Identifier: Apache-2.0
// Whole windows, or single steps with the state carried over, with narrow weights. All memory is
// taken when the plan is made. Belongs to one session.
#pragma once

#include <span>
#include <vector>

#include "steelyard/engine/cpu/head.h"
#include "steelyard/engine/cpu/narrow_pack.h"
#include "steelyard/engine/cpu/states.h"

namespace steelyard::cpu {

class NarrowPlan {
 public:
  // `row`: how many samples stand side by side in the caller's input, 0 = `batch`.
  // What a plan keeps: its output alone, the state from call to call, or every state for a look at
  // its size. `takes_states`: infer() takes and gives states.
  enum class Keeps { nothing, state, everything };
  NarrowPlan(const Network&, const NarrowWeights&, const Kernels&, PackCache&, int batch,
             int window, Keeps, int row = 0, bool takes_states = false);

  // From the states that are given, else from zeros; for Keeps::state from the last ones.
  void infer(const float* input, float* output, const Carried* = nullptr);
  // Keeps::state: the half of the next infer() that does not depend on its input.
  void prepare();
  // To zeros, or for Keeps::state to the states that are given.
  void reset(const Carried& = {});
  // Keeps::everything: how large each state of one direction of a layer became in the last infer().
  void raise_to_largest(int layer, int direction, std::vector<float>& states) const;

 private:
  struct Pass {
    const NarrowPacked* w = nullptr;
    bool reverse = false, from_last_step = false;
    int layer = 0;
    // [slot][sample][padded]: a slot for every step where the next layer reads them all, else two.
    Buffer h, bytes, c, sums;
    bool sequence = false;
    const float* state = nullptr;
    const std::uint8_t* byte_state = nullptr;
    unsigned turn = 0;
    StatePlace place;
    Buffer before, byte_before;    // states that were given
    Buffer old_c, left;            // of windows that end early
    bool read_at_the_end = false;  // the last step's slot is read, not the state
  };
  Pass make_pass(const Network&, int layer, int direction, int chunk, Keeps) const;
  void run_pass(Pass&, const float* input, int samples, const std::int32_t* lengths);
  // narrow_states.cpp: states that are given and wanted, windows that end early
  void make_room(Pass&, const Network&, int direction, int chunk) const;
  void begin(Pass&, const Carried&, int samples);
  void leave(const Pass&, const Carried&, int samples) const;
  void keep_old_step(Pass&, const NarrowStep&, const std::int32_t* lengths, int time) const;
  void end_early(Pass&, int samples, const std::int32_t* lengths);
  void answer(int samples, int first, float* output);
  void to_bytes(const float* input, int samples);
  std::size_t slot(const Pass& p) const { return std::size_t(p.w->padded()) * chunk_; }

  const NarrowWeights& weights_;
  const NarrowKernels& kernels_;
  int batch_, window_, chunk_, features_;
  bool carries_, prepared_ = false, takes_states_;
  Readout readout_;
  bool answer_batch_first_;
  int row_of_batch_;  // samples side by side in the caller's input
  Operand input_;
  Buffer row_, bytes_;  // int8 and many features: the chunk's input, [step][sample][padded]
  std::vector<Pass> passes_;
  std::vector<int> first_pass_;
  int outputs_;
  Head head_;
};

// What eight bits must cover for these windows [n][window][features].
NarrowRanges measure_ranges(const Network&, const Kernels&, std::span<const float> windows,
                            int window);

}  // namespace steelyard::cpu

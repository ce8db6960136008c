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
  // What a plan keeps: its output alone, the state from call to call, or every state for a look at
  // its size.
  enum class Keeps { nothing, state, everything };
  // `row`: how many samples stand side by side in the caller's input, 0 = `batch`. `takes_states`:
  // infer() takes and gives states.
  NarrowPlan(const Network&, const NarrowWeights&, const Kernels&, PackCache&, int batch,
             int window, Keeps, int row = 0, bool takes_states = false);

  // From zero states, or for Keeps::state from the last ones.
  void infer(const float* input, float* output);
  // The same with what goes along; states that are given are for others than Keeps::state.
  void infer(const float* input, float* output, const Carried&);
  // Keeps::state: the half of the next infer() that does not depend on its input.
  void prepare();
  // To zeros, or to the states that are given.
  void reset();
  void reset(const Carried&);
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
    // What is read, when it is not where the state ends: the last step, or every step from here on.
    const float* read = nullptr;
    StatePlace place;
    // States that were given, as they are and as halves or bytes of a sample's factor [sample].
    // `sums` then hold their product.
    Buffer before, low_before, factors;
    bool begins_with_sums = false;
    Buffer old_c, left;  // of windows that end early
  };
  Pass make_pass(const Network&, int layer, int direction, int chunk, Keeps) const;
  template <bool kEndsEarly>
  void run_pass(Pass&, const float* input, int samples, const std::int32_t* lengths);
  Operand what_is_read(const Pass& p) const {
    return {p.read ? p.read : p.state, std::ptrdiff_t(slot(p)), p.w->padded(), p.w->hidden};
  }
  void answer(const Operand* states, int samples, int first, float* output) {
    if (every_step_) return answer_every_step(states, samples, first, output);
    head_.run(states, int(passes_.size()) - first_pass_.back(), samples,
              output + std::ptrdiff_t(first) * outputs_);
  }
  void narrow_input(const float* input, int samples);
  Buffer low_buffer(std::size_t values) const;
  // State or input number `at`, where values are kept as halves or bytes.
  void* low(const Buffer&, std::size_t at) const;
  // narrow_states.cpp: what goes along with a query
  void make_room(Pass&, const Network&, int direction, int chunk) const;
  void begin(const Carried&, int samples);
  bool narrow_state(Pass&, int samples, bool limit) const;
  void multiply_by_factors(Pass&, int samples) const;
  void leave(const Pass&, const Carried&, int samples) const;
  void keep_cells(Pass&) const;
  void keep_old_step(const Pass&, const NarrowStep&, const std::int32_t* lengths, int time) const;
  void keep_old_low(const Pass&, const NarrowStep&, const std::int32_t* lengths, int time) const;
  void end_early(Pass&, int samples, const std::int32_t* lengths);
  void answer_every_step(const Operand* states, int samples, int first, float* output);
  std::size_t slot(const Pass& p) const { return std::size_t(p.w->padded()) * chunk_; }

  const NarrowWeights& weights_;
  const NarrowKernels& kernels_;
  int batch_, window_, chunk_, features_;
  bool carries_, prepared_ = false, takes_states_;
  bool every_step_, answer_batch_first_;
  int row_of_batch_;  // samples side by side in the caller's input
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

// SPDX-License-Identifier: Apache-2.0
// States on their way into and out of plans with narrow weights, windows that end early, and what
// is answered: see narrow_plan.h.
#include <algorithm>
#include <cstring>

#include "steelyard/engine/cpu/narrow_plan.h"

namespace steelyard::cpu {
namespace {

constexpr std::uint8_t kByteZero = 128;

// Bytes are as many as there are floats, so that both have one stride.
std::uint8_t* bytes_of(Buffer& buffer) { return reinterpret_cast<std::uint8_t*>(buffer.data()); }

}  // namespace

void NarrowPlan::make_room(Pass& pass, const Network& network, int direction, int chunk) const {
  const Recurrent& layer = network.layers[pass.layer];
  const std::size_t state = times(pass.w->padded(), chunk);
  pass.place = StatePlace(network, pass.layer, direction);
  if (takes_states_) {
    pass.before = Buffer(state);
    if (weights_.int8()) pass.byte_before = Buffer(state / sizeof(float) + 1);
  }
  if (layer.ends_early) {
    pass.left = Buffer(state);
    if (layer.cell == Cell::lstm) pass.old_c = Buffer(state);
  }
}

// A state beyond its range is limited where weights multiply it, as everything in bytes is.
void NarrowPlan::begin(Pass& pass, const Carried& carried, int samples) {
  const std::ptrdiff_t padded = pass.w->padded();
  const StatePlace& at = pass.place;
  read_rows(carried, at.h, at.hidden, samples, padded, pass.before.data());
  if (pass.c) read_rows(carried, at.c, at.hidden, samples, padded, pass.c.data());
  pass.state = pass.before.data();
  if (!weights_.int8()) return;
  for (int s = 0; s < samples; ++s) {
    kernels_.to_bytes(pass.before.data() + s * padded, pass.w->state_steps, int(padded),
                      bytes_of(pass.byte_before) + s * padded);
  }
  pass.byte_state = bytes_of(pass.byte_before);
}

void NarrowPlan::leave(const Pass& pass, const Carried& carried, int samples) const {
  const std::ptrdiff_t padded = pass.w->padded();
  const StatePlace& at = pass.place;
  write_rows(carried, at.h, at.hidden, samples, pass.state, padded);
  if (pass.c) write_rows(carried, at.c, at.hidden, samples, pass.c.data(), padded);
}

// After a step that is not every sample's: the others get back what they had.
void NarrowPlan::keep_old_step(Pass& pass, const NarrowStep& step, const std::int32_t* lengths,
                               int time) const {
  const std::ptrdiff_t padded = pass.w->padded();
  keep_old(lengths, time, step.samples, padded, step.h, step.h_next);
  if (pass.old_c) keep_old(lengths, time, step.samples, padded, pass.old_c.data(), step.c);
  for (int s = 0; step.byte_h_next && s < step.samples; ++s) {
    if (time < lengths[s]) continue;
    std::uint8_t* row = step.byte_h_next + s * padded;
    if (step.byte_h) {
      std::memcpy(row, step.byte_h + s * padded, padded);
    } else {
      std::memset(row, kByteZero, padded);
    }
  }
}

// After all steps: states apart from a sequence that becomes zeros behind the windows' ends.
void NarrowPlan::end_early(Pass& pass, int samples, const std::int32_t* lengths) {
  const std::ptrdiff_t padded = pass.w->padded();
  if (pass.state) {
    std::memcpy(pass.left.data(), pass.state, sizeof(float) * samples * padded);
  }
  clear_empty(lengths, samples, padded, pass.left.data());
  if (pass.c) clear_empty(lengths, samples, padded, pass.c.data());
  pass.state = pass.left.data();
  for (int t = 0; pass.sequence && t < window_; ++t) {
    const std::size_t at = t * slot(pass);
    keep_old(lengths, t, samples, padded, nullptr, pass.h.data() + at);
    for (int s = 0; weights_.int8() && s < samples; ++s) {
      if (t < lengths[s]) continue;
      std::memset(bytes_of(pass.bytes) + at + s * padded, kByteZero, padded);
    }
  }
}

// Of samples from `first` on; `output` is that of the batch.
void NarrowPlan::answer(int samples, int first, float* output) {
  const int last = first_pass_.back(), directions = int(passes_.size()) - last;
  const bool every_step = readout_ == Readout::every_step && !carries_;
  Operand states[2];
  for (int d = 0; d < directions; ++d) {
    const Pass& pass = passes_[last + d];
    const float* read = every_step             ? pass.h.data()
                        : pass.read_at_the_end ? pass.h.data() + (window_ - 1) * slot(pass)
                                               : pass.state;
    states[d] = {read, std::ptrdiff_t(slot(pass)), pass.w->padded(), pass.w->hidden};
  }
  if (!every_step) {
    return head_.run(states, directions, samples, output + std::ptrdiff_t(first) * outputs_);
  }
  const std::ptrdiff_t at = std::ptrdiff_t(first) * (answer_batch_first_ ? window_ : 1) * outputs_;
  head_.run_steps(states, directions, samples, window_, answer_batch_first_, row_of_batch_,
                  output + at);
}

}  // namespace steelyard::cpu

// SPDX-License-Identifier: Apache-2.0
// What goes along with queries of narrow weights: states that are given and wanted, windows that
// end early, answers for every step. See narrow_plan.h.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "steelyard/engine/cpu/narrow_plan.h"

namespace steelyard::cpu {
namespace {

int low_zero(Narrow kind) { return kind == Narrow::int8 ? 128 : 0; }

}  // namespace

void NarrowPlan::make_room(Pass& pass, const Network& network, int direction, int chunk) const {
  const Recurrent& layer = network.layers[pass.layer];
  const std::size_t state = times(pass.w->padded(), chunk);
  pass.place = StatePlace(network, pass.layer, direction);
  if (takes_states_) {
    pass.before = Buffer(state);
    if (weights_.kind() != Narrow::bf16) {
      pass.low_before = low_buffer(state);
      pass.factors = Buffer(std::size_t(chunk) + pass.w->padded());  // and a row
      if (!pass.sums) pass.sums = Buffer(times(state, narrow_rows_of(pass.w->formula)));
    }
  }
  if (layer.ends_early) {
    pass.left = Buffer(state);
    if (layer.cell == Cell::lstm) pass.old_c = Buffer(state);
  }
}

void NarrowPlan::begin(const Carried& carried, int samples) {
  for (Pass& pass : passes_) {
    const std::ptrdiff_t padded = pass.w->padded();
    const StatePlace& at = pass.place;
    read_rows(carried, at.h, at.hidden, samples, padded, pass.before.data());
    if (pass.c) read_rows(carried, at.c, at.hidden, samples, padded, pass.c.data());
    pass.state = pass.before.data();
    if (weights_.kind() == Narrow::bf16) continue;
    // A state that waits for a window's first step, because others end later, has no sums of its
    // own: it is limited.
    const bool limit = carried.lengths != nullptr;
    if (narrow_state(pass, samples, limit)) multiply_by_factors(pass, samples);
    pass.low_state = low(pass.low_before, 0);
  }
}

// Given states as bytes, each sample's divided by a factor where one of them is beyond its range,
// or as halves, which have a factor always. Returns whether factors must be multiplied in.
bool NarrowPlan::narrow_state(Pass& pass, int samples, bool limit) const {
  const std::ptrdiff_t padded = pass.w->padded();
  const int hidden = pass.w->hidden;
  float *factors = pass.factors.data(), *row = factors + chunk_;
  bool needed = false;
  for (int s = 0; s < samples; ++s) {
    const float* h = pass.before.data() + s * padded;
    void* to = low(pass.low_before, s * padded);
    if (weights_.kind() == Narrow::halves) {
      auto* halves = static_cast<std::uint16_t*>(to);
      if (!limit) factors[s] = kernels_.to_halves(h, int(padded), halves);
      for (int k = 0; limit && k < hidden; ++k) {
        halves[k] = half_of(std::clamp(h[k], -kLargestHalf, kLargestHalf));
      }
      needed = true;
      continue;
    }
    const float* steps = pass.w->state_steps;
    float factor = 1;
    for (int k = 0; k < hidden; ++k) {
      const float ranges = std::abs(h[k]) * steps[k] / 127;
      if (std::isfinite(ranges)) factor = std::max(factor, ranges);
    }
    factors[s] = limit ? 1 : factor;
    needed = needed || factor > 1;
    for (int k = 0; k < hidden; ++k) row[k] = h[k] / factors[s];
    kernels_.to_bytes(row, steps, int(padded), static_cast<std::uint8_t*>(to));
  }
  return needed && !limit;
}

// What the states give to the first step's sums, with their factors.
void NarrowPlan::multiply_by_factors(Pass& pass, int samples) const {
  NarrowStep step;
  step.w = pass.w;
  step.samples = samples;
  step.h = pass.before.data();
  step.low_h = low(pass.low_before, 0);
  step.keep = pass.sums.data();
  kernels_.step(weights_.kind())(step);
  const std::ptrdiff_t each = pass.w->padded() * narrow_rows_of(pass.w->formula);
  for (int s = 0; s < samples; ++s) {
    float* sums = pass.sums.data() + s * each;
    const float factor = pass.factors.data()[s];
    for (std::ptrdiff_t i = 0; i < each; ++i) {
      sums[i] = pass.w->bias[i] + factor * (sums[i] - pass.w->bias[i]);
    }
  }
  pass.begins_with_sums = true;
}

void NarrowPlan::infer(const float* input, float* output, const Carried& carried) {
  const int last = first_pass_.back();
  for (int first = 0; first < batch_; first += chunk_) {
    const int samples = std::min(chunk_, batch_ - first);
    const float* from = input + first * input_.sample;
    const Carried here = carried.from(first);
    const std::int32_t* lengths = here.own_lengths();
    if (!carries_) {
      reset();
      if (here.before) begin(here, samples);
    }
    if (low_input_) narrow_input(from, samples);
    Operand states[2];
    for (int p = 0; p < int(passes_.size()); ++p) {
      Pass& pass = passes_[p];
      if (lengths && pass.left) {
        run_pass<true>(pass, from, samples, lengths);
      } else {
        run_pass<false>(pass, from, samples, nullptr);
      }
      if (here.after) leave(pass, here, samples);
      if (p >= last) states[p - last] = what_is_read(pass);
    }
    answer(states, samples, first, output);
  }
  prepared_ = false;
}

void NarrowPlan::reset(const Carried& carried) {
  reset();
  if (carried.before) begin(carried, batch_);
}

void NarrowPlan::leave(const Pass& pass, const Carried& carried, int samples) const {
  const StatePlace& at = pass.place;
  const std::ptrdiff_t padded = pass.w->padded();
  write_rows(carried, at.h, at.hidden, samples, pass.state, padded);
  if (pass.c) write_rows(carried, at.c, at.hidden, samples, pass.c.data(), padded);
}

// Where windows end early every step is done for all samples, and those for which it is none get
// back what they had.
void NarrowPlan::keep_cells(Pass& pass) const {
  if (pass.c) std::memcpy(pass.old_c.data(), pass.c.data(), pass.c.size() * sizeof(float));
}

void NarrowPlan::keep_old_step(const Pass& pass, const NarrowStep& step,
                               const std::int32_t* lengths, int time) const {
  const std::ptrdiff_t padded = pass.w->padded();
  keep_old(lengths, time, step.samples, padded, step.h, step.h_next);
  if (pass.c) keep_old(lengths, time, step.samples, padded, pass.old_c.data(), step.c);
  keep_old_low(pass, step, lengths, time);
}

void NarrowPlan::keep_old_low(const Pass& pass, const NarrowStep& step, const std::int32_t* lengths,
                              int time) const {
  if (!step.low_h_next) return;
  const Narrow kind = weights_.kind();
  const std::ptrdiff_t bytes = pass.w->padded() * low_bytes(kind);
  for (int s = 0; s < step.samples; ++s) {
    if (time < lengths[s]) continue;
    auto* row = static_cast<std::uint8_t*>(step.low_h_next) + s * bytes;
    if (step.low_h) {
      std::memcpy(row, static_cast<const std::uint8_t*>(step.low_h) + s * bytes, bytes);
    } else {
      std::memset(row, low_zero(kind), bytes);
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
  NarrowStep zeros;
  zeros.samples = samples;
  for (int t = 0; pass.sequence && t < window_; ++t) {
    const std::size_t at = t * slot(pass);
    keep_old(lengths, t, samples, padded, nullptr, pass.h.data() + at);
    zeros.low_h_next = low(pass.low, at);
    keep_old_low(pass, zeros, lengths, t);
  }
}

// Of samples from `first` on; `output` is that of the batch.
void NarrowPlan::answer_every_step(const Operand* states, int samples, int first, float* output) {
  const std::ptrdiff_t at = std::ptrdiff_t(first) * (answer_batch_first_ ? window_ : 1) * outputs_;
  head_.run_steps(states, int(passes_.size()) - first_pass_.back(), samples, window_,
                  answer_batch_first_, row_of_batch_, output + at);
}

}  // namespace steelyard::cpu

// SPDX-License-Identifier: Apache-2.0
// Plans and runs layers with narrow weights: see narrow_plan.h.
#include "steelyard/engine/cpu/narrow_plan.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace steelyard::cpu {
namespace {

// Few enough samples that their states stay in the cache, and no more than a quarter of a gigabyte
// for what one layer leaves to the next.
int chunk_of(const Network& network, int batch, int window, bool takes_states) {
  std::size_t chunk = 48;
  if (network.layers.size() > 1 || network.readout == Readout::every_step || takes_states ||
      network.ends_early()) {
    int widest = 1;
    for (const Recurrent& layer : network.layers) widest = std::max(widest, layer.hidden);
    constexpr std::size_t kFloats = std::size_t(1) << 26;
    chunk = std::clamp<std::size_t>(kFloats / widest / 2 / window, 1, chunk);
  }
  return int(std::min<std::size_t>(chunk, std::size_t(batch)));
}

std::ptrdiff_t padded_features(int features) {
  return std::ptrdiff_t(features + kNarrowLanes - 1) / kNarrowLanes * kNarrowLanes;
}

}  // namespace

NarrowPlan::NarrowPlan(const Network& network, const NarrowWeights& weights, const Kernels& kernels,
                       PackCache& cache, int batch, int window, Keeps keeps, int row,
                       bool takes_states)
    : weights_(weights),
      kernels_(*kernels.narrow),
      batch_(batch),
      window_(window),
      chunk_(keeps == Keeps::state ? batch : chunk_of(network, batch, window, takes_states)),
      features_(network.features),
      carries_(keeps == Keeps::state),
      takes_states_(takes_states),
      every_step_(network.readout == Readout::every_step && keeps == Keeps::nothing),
      answer_batch_first_(network.answer_batch_first),
      row_of_batch_(row ? row : batch),
      outputs_(network.outputs()),
      head_(network, kernels, cache, std::max(chunk_, network.answers(window))) {
  input_.width = network.features;
  input_.time = std::ptrdiff_t(network.features) * (network.batch_first ? 1 : row_of_batch_);
  input_.sample = std::ptrdiff_t(network.features) * (network.batch_first ? window : 1);
  if (low_bytes(weights.kind()) > 0 && features_ > kNarrowFeatures) {
    const std::size_t rows = times(chunk_, window);
    row_ = Buffer(padded_features(features_));
    std::memset(row_.data(), 0, row_.size() * sizeof(float));
    low_input_ = low_buffer(times(padded_features(features_), rows));
    if (weights.kind() == Narrow::halves) input_scale_ = Buffer(rows);
  }
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    first_pass_.push_back(int(passes_.size()));
    for (int d = 0; d < network.layers[l].directions; ++d) {
      passes_.push_back(make_pass(network, int(l), d, chunk_, keeps));
    }
  }
  reset();
}

NarrowPlan::Pass NarrowPlan::make_pass(const Network& network, int index, int direction, int chunk,
                                       Keeps keeps) const {
  const Recurrent& layer = network.layers[index];
  const bool last = index + 1 == int(network.layers.size());
  Pass pass;
  pass.w = &weights_.packed(index, direction);
  pass.layer = index;
  pass.reverse = layer.reverse || direction == 1;
  // A last step that is not where every sample's state ends.
  const bool read_at_the_end = last && keeps == Keeps::nothing &&
                               network.readout == Readout::last_step &&
                               (layer.ends_early || (pass.reverse && takes_states_));
  pass.sequence = keeps == Keeps::everything || (last && every_step_) ||
                  (keeps == Keeps::nothing && (!last || read_at_the_end));
  pass.from_last_step = last && pass.reverse && network.readout == Readout::last_step &&
                        keeps != Keeps::everything && !read_at_the_end;
  const std::size_t state = times(pass.w->padded(), chunk);
  pass.h = Buffer(times(state, pass.sequence ? window_ : 2));
  if (low_bytes(weights_.kind()) > 0) pass.low = low_buffer(pass.h.size());
  if (layer.cell == Cell::lstm) pass.c = Buffer(state);
  if (keeps == Keeps::state) pass.sums = Buffer(times(state, narrow_rows_of(pass.w->formula)));
  if (last && every_step_) pass.read = pass.h.data();
  if (read_at_the_end) pass.read = pass.h.data() + (window_ - 1) * state;
  make_room(pass, network, direction, chunk);
  // Pages are made real now, not in the first infer().
  for (Buffer* b : {&pass.h, &pass.low, &pass.sums}) {
    if (*b) std::memset(b->data(), 0, b->size() * sizeof(float));
  }
  return pass;
}

void NarrowPlan::reset() {
  for (Pass& pass : passes_) {
    pass.state = nullptr;
    pass.low_state = nullptr;
    pass.turn = 0;  // fp16 sums depend on their order: the same window must give the same answer
    if (pass.c) std::memset(pass.c.data(), 0, pass.c.size() * sizeof(float));
    pass.begins_with_sums = false;
  }
  prepared_ = false;
}

void NarrowPlan::prepare() {
  if (prepared_) return;
  for (Pass& pass : passes_) {
    if (pass.begins_with_sums) continue;
    NarrowStep step;
    step.w = pass.w;
    step.samples = batch_;
    step.backward = pass.turn & 1;
    step.h = pass.state;
    step.low_h = pass.low_state;
    step.keep = pass.sums.data();
    kernels_.step(weights_.kind())(step);
  }
  prepared_ = true;
}

Buffer NarrowPlan::low_buffer(std::size_t values) const {
  return Buffer(times(values, low_bytes(weights_.kind())) / sizeof(float) + 1);
}

void* NarrowPlan::low(const Buffer& buffer, std::size_t at) const {
  auto* bytes = reinterpret_cast<std::uint8_t*>(const_cast<float*>(buffer.data()));
  return buffer ? bytes + at * low_bytes(weights_.kind()) : nullptr;
}

void NarrowPlan::narrow_input(const float* input, int samples) {
  const int padded = int(padded_features(features_));
  for (int t = 0; t < window_; ++t) {
    for (int s = 0; s < samples; ++s) {
      const std::size_t row = std::size_t(t) * chunk_ + s;
      void* to = low(low_input_, row * padded);
      std::memcpy(row_.data(), input + t * input_.time + s * input_.sample,
                  features_ * sizeof(float));
      if (input_scale_) {
        input_scale_.data()[row] =
            kernels_.to_halves(row_.data(), padded, static_cast<std::uint16_t*>(to));
      } else {
        kernels_.to_bytes(row_.data(), weights_.feature_steps().data(), padded,
                          static_cast<std::uint8_t*>(to));
      }
    }
  }
}

template <bool kEndsEarly>
void NarrowPlan::run_pass(Pass& pass, const float* input, int samples,
                          const std::int32_t* lengths) {
  const auto run = kernels_.step(weights_.kind());
  NarrowStep step;
  step.w = pass.w;
  step.samples = samples;
  step.c = pass.c.data();
  step.start = prepared_ || pass.begins_with_sums ? pass.sums.data() : nullptr;
  int steps = pass.from_last_step ? 1 : window_;
  if constexpr (kEndsEarly) steps = *std::max_element(lengths, lengths + samples);
  for (int i = 0; i < steps; ++i) {
    const int time = pass.from_last_step ? window_ - 1 : pass.reverse ? steps - 1 - i : i;
    if (pass.layer == 0) {
      step.x[0] = input + time * input_.time;
      step.x_sample[0] = input_.sample;
      if (low_input_) {
        const std::size_t row = std::size_t(time) * chunk_;
        step.x_sample[0] = padded_features(features_);
        step.low_x[0] = low(low_input_, row * step.x_sample[0]);
        if (input_scale_) step.x_scale = input_scale_.data() + row;
      }
    } else {
      const int before = first_pass_[pass.layer - 1];
      for (int d = 0; d < pass.w->operands; ++d) {
        const Pass& from = passes_[before + d];
        const std::size_t at = from.sequence ? time * slot(from) : 0;
        step.x[d] = from.sequence ? from.h.data() + at : from.state;
        step.low_x[d] = from.sequence ? low(from.low, at) : from.low_state;
        step.x_sample[d] = from.w->padded();
      }
    }
    const std::size_t at = (pass.sequence ? std::size_t(time) : pass.turn & 1) * slot(pass);
    step.backward = pass.turn++ & 1;
    step.h = pass.state;
    step.low_h = pass.low_state;
    step.h_next = pass.h.data() + at;
    step.low_h_next = low(pass.low, at);
    if constexpr (kEndsEarly) keep_cells(pass);
    run(step);
    if constexpr (kEndsEarly) keep_old_step(pass, step, lengths, time);
    pass.state = step.h_next;
    pass.low_state = step.low_h_next;
    step.start = nullptr;
  }
  pass.begins_with_sums = false;
  if constexpr (kEndsEarly) end_early(pass, samples, lengths);
}
template void NarrowPlan::run_pass<false>(Pass&, const float*, int, const std::int32_t*);
template void NarrowPlan::run_pass<true>(Pass&, const float*, int, const std::int32_t*);

void NarrowPlan::infer(const float* input, float* output) {
  const int last = first_pass_.back();
  for (int first = 0; first < batch_; first += chunk_) {
    const int samples = std::min(chunk_, batch_ - first);
    const float* from = input + first * input_.sample;
    if (!carries_) reset();
    if (low_input_) narrow_input(from, samples);
    Operand states[2];
    for (int p = 0; p < int(passes_.size()); ++p) {
      Pass& pass = passes_[p];
      run_pass<false>(pass, from, samples, nullptr);
      if (p >= last) states[p - last] = what_is_read(pass);
    }
    answer(states, samples, first, output);
  }
  prepared_ = false;
}

void NarrowPlan::raise_to_largest(int layer, int direction, std::vector<float>& states) const {
  const Pass& pass = passes_[first_pass_[layer] + direction];
  const std::size_t padded = std::size_t(pass.w->padded());
  for (std::size_t row = 0; row < std::size_t(chunk_) * window_; ++row) {
    for (std::size_t i = 0; i < states.size(); ++i) {
      const float size = std::abs(pass.h.data()[row * padded + i]);
      if (std::isfinite(size)) states[i] = std::max(states[i], size);
    }
  }
}

}  // namespace steelyard::cpu

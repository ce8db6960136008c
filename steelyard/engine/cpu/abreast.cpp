// SPDX-License-Identifier: Apache-2.0
// Plans and runs groups of samples abreast. All memory is taken when the plan is made. Belongs to
// one session.
#include "steelyard/engine/cpu/abreast.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "steelyard/engine/cpu/stepwise.h"

namespace steelyard::cpu {
namespace {

int vectors_of(const Kernels& kernels, int batch) {
  return batch > 2 * kernels.lanes ? kernels.vectors : batch > kernels.lanes ? 2 : 1;
}

// [unit][starts, inputs x gates, states x gates] as AbreastJob wants them, from weights packed with
// one block a strip.
Buffer unit_weights(const Packed& p) {
  const int gates = gates_of(p.formula), starts = p.formula == Formula::gru ? 4 : gates;
  const std::size_t each = starts + std::size_t(p.input + p.hidden) * gates;
  Buffer weights(times(each, p.hidden));
  float* to = weights.data();
  for (int unit = 0; unit < p.hidden; ++unit) {
    const int block = unit / p.lanes, lane = unit % p.lanes;
    const float* bias = p.bias + std::ptrdiff_t(block) * gates * p.lanes + lane;
    const float *wx = p.wx + std::ptrdiff_t(block) * gates * p.lanes * p.input + lane,
                *wr = p.wr + std::ptrdiff_t(block) * gates * p.lanes * p.hidden + lane;
    for (int g = 0; g < gates; ++g) to[g] = bias[g * p.lanes];
    if (p.formula == Formula::gru) {
      to[3] = to[2];
      to[2] = p.bias_n[unit];
    }
    to += starts;
    for (int i = 0; i < p.input * gates; ++i) *to++ = wx[std::ptrdiff_t(i) * p.lanes];
    for (int i = 0; i < p.hidden * gates; ++i) *to++ = wr[std::ptrdiff_t(i) * p.lanes];
  }
  return weights;
}

}  // namespace

bool Abreast::suits(const Network& network, const Kernels& kernels, int batch, int window) {
  if (batch < kernels.lanes || kernels.lanes == 1) return false;
  // One step of a whole group is gathered with 32-bit offsets.
  const double reach = double(network.features) * std::max(window, batch) * kernels.lanes;
  if (reach > std::numeric_limits<int>::max() / 2) return false;
  double padded = 0, used = 0;
  if (network.readout == Readout::every_step) return false;
  for (const Recurrent& layer : network.layers) {
    if (formula_of(layer) == Formula::gru_reset_first || Stepwise::needed(layer)) return false;
    const int blocks = (layer.hidden + kernels.lanes - 1) / kernels.lanes;
    if (blocks > 3) return false;
    padded += double(blocks) * kernels.lanes * layer.hidden;
    used += double(layer.hidden) * layer.hidden;
  }
  const std::size_t sequence = std::size_t(window) * network.layers[0].hidden * 2;
  const bool deep = network.layers.size() > 1;
  return padded > 1.2 * used && (!deep || sequence < std::size_t(1) << 20);
}

Abreast::Abreast(const Network& network, const Kernels& kernels, PackCache& cache, int batch,
                 int window, int row, bool carries)
    : kernels_(kernels),
      batch_(batch),
      window_(window),
      width_(vectors_of(kernels, batch) * kernels.lanes),
      carries_(carries),
      outputs_(network.outputs()),
      columns_(times(network.features, width_)),
      head_(network, kernels, cache, width_) {
  input_.width = network.features;
  input_.time = std::ptrdiff_t(network.features) * (network.batch_first ? 1 : row);
  input_.sample = std::ptrdiff_t(network.features) * (network.batch_first ? window : 1);
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    first_pass_.push_back(int(passes_.size()));
    for (int d = 0; d < network.layers[l].directions; ++d) {
      passes_.push_back(make_pass(network, int(l), d));
    }
  }
  last_ = first_pass_.back();
  rows_ = Buffer(times(network.layers.back().output() + 2 * kernels.lanes, width_));
}

Abreast::Pass Abreast::make_pass(const Network& network, int index, int direction) const {
  const Recurrent& layer = network.layers[index];
  const bool last = index + 1 == int(network.layers.size());
  const PackedWeights packed(layer, direction, kernels_.lanes, 1);
  Pass pass;
  pass.weights = unit_weights(packed.packed());
  AbreastJob& job = pass.job;
  job.formula = formula_of(layer);
  job.activation = layer.activation;
  job.hidden = layer.hidden;
  job.vectors = width_ / kernels_.lanes;
  job.reverse = layer.reverse || direction == 1;
  // Where every state is wanted, the one that is read is kept on its way to the last.
  const bool first_is_read = last && job.reverse && network.readout == Readout::last_step;
  pass.from_last_step = first_is_read && !carries_;
  job.steps = pass.from_last_step ? 1 : window_;
  job.w = pass.weights.data();
  job.unit_weights = std::ptrdiff_t(pass.weights.size()) / layer.hidden;
  const std::size_t state = times(layer.hidden, width_);
  if (index == 0) {
    job.operands = 1;
    job.x[0] = input_;
    job.columns = const_cast<float*>(columns_.data());
  } else {
    const int before = first_pass_[index - 1];
    job.operands = network.layers[index - 1].directions;
    for (int d = 0; d < job.operands; ++d) {
      const AbreastJob& from = passes_[before + d].job;
      job.x[d] = {from.sequence, std::ptrdiff_t(from.hidden) * width_, 0, from.hidden};
      if (pass.from_last_step) job.x[d].data += job.x[d].time * (window_ - 1);
    }
  }
  pass.h = Buffer(times(state, 2));
  job.h[0] = pass.h.data();
  job.h[1] = pass.h.data() + state;
  if (!last || (first_is_read && carries_)) {
    pass.sequence = Buffer(times(state, window_));
    std::memset(pass.sequence.data(), 0, pass.sequence.size() * sizeof(float));
    job.sequence = pass.sequence.data();
    if (first_is_read) pass.last_step = job.sequence + state * (window_ - 1);
  }
  if (carries_) {
    pass.place = StatePlace(network, index, direction);
    pass.before = Buffer(state);
  }
  if (layer.cell == Cell::lstm) pass.c = Buffer(state);
  job.c = pass.c.data();
  return pass;
}

// Returns the columns that are read.
const float* Abreast::run_pass(Pass& pass, int samples, const Carried* carried) {
  AbreastJob& job = pass.job;
  const StatePlace& place = pass.place;
  job.samples = samples;
  job.before = nullptr;
  if (carried && carried->before) {
    read_columns(*carried, place.h, place.hidden, samples, width_, pass.before.data());
    if (pass.c) read_columns(*carried, place.c, place.hidden, samples, width_, pass.c.data());
    job.before = pass.before.data();
  } else if (pass.c) {
    std::memset(pass.c.data(), 0, pass.c.size() * sizeof(float));
  }
  const float* h = kernels_.abreast(job);
  if (carried && carried->after) {
    write_columns(*carried, place.h, place.hidden, samples, h, width_);
    if (pass.c) write_columns(*carried, place.c, place.hidden, samples, pass.c.data(), width_);
  }
  return pass.last_step ? pass.last_step : h;
}

void Abreast::run_group(const float* input, int samples, const Carried* carried, float* output) {
  const std::ptrdiff_t lanes = kernels_.lanes;
  float* rows = rows_.data();
  Operand states[2];
  for (int p = 0; p < int(passes_.size()); ++p) {
    Pass& pass = passes_[p];
    AbreastJob& job = pass.job;
    if (job.columns) {
      job.x[0].data = input + (pass.from_last_step ? input_.time * (window_ - 1) : 0);
    }
    const float* h = run_pass(pass, samples, carried);
    if (p < last_) continue;
    const std::ptrdiff_t padded = (job.hidden + lanes - 1) / lanes * lanes;
    for (int k = 0; k < job.hidden; ++k) {
      for (int s = 0; s < samples; ++s) rows[s * padded + k] = h[std::ptrdiff_t(k) * width_ + s];
    }
    states[p - last_] = {rows, 0, padded, job.hidden};
    rows += padded * width_;
  }
  head_.run(states, int(passes_.size()) - last_, samples, output);
}

void Abreast::infer(const float* input, float* output, const Carried* carried) {
  for (int first = 0; first < batch_; first += width_) {
    const CarriedPart part(carried, first);
    run_group(input + first * input_.sample, std::min(width_, batch_ - first), part.get(),
              output + std::ptrdiff_t(first) * outputs_);
  }
}

}  // namespace steelyard::cpu

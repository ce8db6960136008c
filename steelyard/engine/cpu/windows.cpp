// SPDX-License-Identifier: Apache-2.0
// Plans and runs whole windows. All memory is taken when the plan is made. Belongs to one session.
#include "steelyard/engine/cpu/windows.h"

#include <algorithm>
#include <cstring>

namespace steelyard::cpu {
namespace {

// Enough samples that weights are read seldom, few enough that their states stay in the cache; and
// no more than a quarter of a gigabyte for what one layer leaves to the next.
int chunk_of(const Network& network, const Kernels& kernels, int batch, int window,
             bool sequences) {
  int widest = 1, samples = 1;
  for (const Recurrent& layer : network.layers) {
    widest = std::max(widest, layer.hidden);
    samples = std::max(samples, kernels.tiling(formula_of(layer)).samples);
  }
  std::size_t chunk = std::size_t(samples) * std::clamp(512 / widest, 4, 8);
  if (sequences) {
    constexpr std::size_t kFloats = std::size_t(1) << 26;
    chunk = std::min(chunk, std::max<std::size_t>(1, kFloats / widest / 2 / window));
  }
  return int(std::min<std::size_t>(chunk, std::size_t(batch)));
}

// From this many inputs on, one product for all steps beats one in every step.
constexpr int kProjectedInputs = 12;

// Whether a step of the last layer is read that is not its last: then every step is kept.
bool keeps_last_layer(const Network& network, bool carries) {
  const Recurrent& layer = network.layers.back();
  const bool backwards = layer.reverse || layer.directions == 2;
  return network.readout == Readout::every_step ||
         (network.readout == Readout::last_step && (layer.ends_early || (backwards && carries)));
}

}  // namespace

Windows::Windows(const Network& network, const Kernels& kernels, PackCache& cache, int batch,
                 int window, int row, bool carries)
    : kernels_(kernels),
      batch_(batch),
      window_(window),
      row_(row),
      carries_(carries),
      every_step_(network.readout == Readout::every_step),
      answer_batch_first_(network.answer_batch_first),
      chunk_(chunk_of(network, kernels, batch, window,
                      network.layers.size() > 1 || keeps_last_layer(network, carries))),
      directions_(network.layers.back().directions),
      outputs_(network.outputs()),
      head_(network, kernels, cache, std::max(chunk_, network.answers(window))) {
  input_.width = network.features;
  input_.time = std::ptrdiff_t(network.features) * (network.batch_first ? 1 : row);
  input_.sample = std::ptrdiff_t(network.features) * (network.batch_first ? window : 1);
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    first_pass_.push_back(int(passes_.size()));
    for (int d = 0; d < network.layers[l].directions; ++d) {
      passes_.push_back(make_pass(network, int(l), d, cache));
    }
  }
}

Windows::Pass Windows::make_pass(const Network& network, int index, int direction,
                                 PackCache& cache) const {
  const Recurrent& layer = network.layers[index];
  const bool last = index + 1 == int(network.layers.size());
  Pass pass;
  pass.packed = cache.layer(index, direction, chunk_ == 1);
  LayerJob& job = pass.job;
  job.w = &pass.packed->packed();
  job.reverse = layer.reverse || direction == 1;
  const bool keeps = last && keeps_last_layer(network, carries_);
  pass.from_last_step = last && job.reverse && network.readout == Readout::last_step && !keeps;
  job.steps = pass.from_last_step ? 1 : window_;
  const std::size_t state = times(job.w->padded(), chunk_);
  const int gates = gates_of(job.w->formula);

  if (index == 0) {
    job.operands = 1;
    job.x[0] = input_;
  } else {
    const int before = first_pass_[index - 1];
    job.operands = network.layers[index - 1].directions;
    for (int d = 0; d < job.operands; ++d) {
      const LayerJob& from = passes_[before + d].job;
      job.x[d] = {from.sequence, from.sequence_time, from.w->padded(), from.w->hidden};
      if (pass.from_last_step) job.x[d].data += job.x[d].time * (window_ - 1);
    }
  }
  job.start.data = job.w->bias;
  job.start_n.data = job.w->bias_n;
  pass.h = Buffer(times(state, 2));
  job.h_next[0] = pass.h.data();
  job.h_next[1] = pass.h.data() + state;
  if (!last || keeps) {
    pass.sequence = Buffer(times(state, window_));
    job.sequence = pass.sequence.data();
    job.sequence_time = std::ptrdiff_t(state);
    pass.read = every_step_ ? job.sequence : job.sequence + job.sequence_time * (window_ - 1);
  }
  if (layer.cell == Cell::lstm) pass.c = Buffer(state);
  job.c = pass.c.data();
  if (job.w->formula == Formula::gru_reset_first) pass.scratch = Buffer(times(state, 3));
  job.scratch = pass.scratch.data();

  pass.project = chunk_ == 1 && job.steps > 1 && layer.input >= kProjectedInputs;
  if (pass.project) {
    pass.packed_input = cache.layer(index, direction, false);
    pass.sums = Buffer(times(times(state, gates), window_));
    LayerJob& projection = pass.projection;
    projection = job;
    projection.w = &pass.packed_input->packed();
    projection.steps = 1;
    projection.samples = window_;
    for (Operand& x : projection.x) x.sample = x.time;
    projection.recurrent = false;
    projection.reverse = false;
    projection.sequence = nullptr;
    projection.keep = pass.sums.data();
    job.operands = 0;
    job.start = {pass.sums.data(), job.w->padded() * gates, 0, 0};
  }
  if (Stepwise::needed(layer)) {
    pass.stepwise =
        std::make_unique<Stepwise>(network, index, direction, kernels_, cache, chunk_, chunk_ == 1);
  }
  if (carries_) {
    pass.place = StatePlace(network, index, direction);
    pass.before = Buffer(state);
  }
  for (Buffer* b : {&pass.h, &pass.c, &pass.scratch, &pass.sums, &pass.sequence, &pass.before}) {
    // Pages are made real now, not in the first infer().
    if (*b) std::memset(b->data(), 0, b->size() * sizeof(float));
  }
  return pass;
}

// Returns where the state after the last step is, as the next does.
const float* Windows::run_pass(Pass& pass, int samples) {
  pass.job.samples = samples;
  if (pass.c) std::memset(pass.c.data(), 0, sizeof(float) * samples * pass.job.w->padded());
  if (pass.project) kernels_.layer(pass.projection);
  pass.job.h = nullptr;
  return pass.stepwise ? pass.stepwise->run(pass.job, nullptr) : kernels_.layer(pass.job);
}

const float* Windows::run_pass(Pass& pass, int samples, const Carried& carried) {
  LayerJob& job = pass.job;
  const StatePlace& place = pass.place;
  const std::ptrdiff_t padded = job.w->padded();
  job.samples = samples;
  job.h = nullptr;
  if (carried.before) {
    read_rows(carried, place.h, place.hidden, samples, padded, pass.before.data());
    if (pass.c) read_rows(carried, place.c, place.hidden, samples, padded, pass.c.data());
    job.h = pass.before.data();
  } else if (pass.c) {
    std::memset(pass.c.data(), 0, sizeof(float) * samples * padded);
  }
  if (pass.project) kernels_.layer(pass.projection);
  const float* h =
      pass.stepwise ? pass.stepwise->run(job, carried.own_lengths()) : kernels_.layer(job);
  if (carried.after) {
    write_rows(carried, place.h, place.hidden, samples, h, padded);
    if (pass.c) write_rows(carried, place.c, place.hidden, samples, pass.c.data(), padded);
  }
  return h;
}

// Of samples from `first` on; `output` is that of the batch.
void Windows::answer_every_step(const Operand* states, int samples, int first, float* output) {
  const std::ptrdiff_t at = std::ptrdiff_t(first) * (answer_batch_first_ ? window_ : 1) * outputs_;
  head_.run_steps(states, directions_, samples, window_, answer_batch_first_, row_, output + at);
}

// Of the first layer, for samples from `first` on.
void Windows::place_input(const float* input, int first) {
  const int second = first_pass_.size() > 1 ? first_pass_[1] : int(passes_.size());
  for (int p = 0; p < second; ++p) {
    Pass& pass = passes_[p];
    LayerJob& job = pass.project ? pass.projection : pass.job;
    job.x[0].data =
        input + first * input_.sample + (pass.from_last_step ? input_.time * (window_ - 1) : 0);
  }
}

void Windows::infer(const float* input, float* output) {
  const int final = first_pass_.back();
  for (int first = 0; first < batch_; first += chunk_) {
    const int samples = std::min(chunk_, batch_ - first);
    place_input(input, first);
    Operand last[2];
    for (int p = 0; p < int(passes_.size()); ++p) {
      const float* h = run_pass(passes_[p], samples);
      if (p >= final) last[p - final] = what_is_read(passes_[p], h);
    }
    answer(last, samples, first, output);
  }
}

void Windows::infer(const float* input, float* output, const Carried& carried) {
  const int final = first_pass_.back();
  for (int first = 0; first < batch_; first += chunk_) {
    const int samples = std::min(chunk_, batch_ - first);
    place_input(input, first);
    Operand last[2];
    for (int p = 0; p < int(passes_.size()); ++p) {
      const float* h = run_pass(passes_[p], samples, carried.from(first));
      if (p >= final) last[p - final] = what_is_read(passes_[p], h);
    }
    answer(last, samples, first, output);
  }
}

}  // namespace steelyard::cpu

// SPDX-License-Identifier: Apache-2.0
// Plans and runs windows on the matrix unit: see matrix_plan.h.
#include "steelyard/engine/cpu/matrix_plan.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace steelyard::cpu {
namespace {

std::uint16_t* halves(const Buffer& buffer) {
  return reinterpret_cast<std::uint16_t*>(const_cast<float*>(buffer.data()));
}

void clear(Buffer& buffer) { std::memset(buffer.data(), 0, buffer.size() * sizeof(float)); }

// Few enough samples that their states stay in the cache, and no more than a quarter of a gigabyte
// for what one layer leaves to the next.
int chunk_of(const Network& network, int batch, int window) {
  std::size_t chunk = 4 * kMatrixSamples;
  if (network.layers.size() > 1) {
    std::size_t widest = 1;
    for (const Recurrent& layer : network.layers)
      widest = std::max(widest, std::size_t(layer.output()));
    constexpr std::size_t kBytes = std::size_t(1) << 28;
    const std::size_t groups = kBytes / (widest * 6 * window) / kMatrixSamples;
    chunk = std::clamp<std::size_t>(groups, 1, 4) * kMatrixSamples;
  }
  return int(std::min<std::size_t>(chunk, std::size_t(batch)));
}

bool all_finite(const float* values, std::size_t count) {
  constexpr std::uint32_t kExponent = 0x7f800000;
  std::uint32_t wrong = 0;
  for (std::size_t i = 0; i < count; ++i)
    wrong |= (std::bit_cast<std::uint32_t>(values[i]) & kExponent) == kExponent;
  return wrong == 0;
}

}  // namespace

bool MatrixPlan::suits(const Network& network, const Kernels& kernels, Products products,
                       int batch) {
  if (!kernels.matrix) return false;
  // Where it is faster than the other kernels of the same CPU, measured on a Xeon of family 6 model
  // 207. A group costs the same however few its samples.
  const bool six = products == Products::six;
  const int rows = (batch + kMatrixSamples - 1) / kMatrixSamples * kMatrixSamples;
  if (batch < rows * (six ? 0.75 : 0.5)) return false;
  return std::all_of(network.layers.begin(), network.layers.end(), [&](const Recurrent& layer) {
    switch (formula_of(layer)) {
      case Formula::gru:
        return layer.hidden >= (six ? 96 : 17);
      case Formula::lstm:
        return layer.hidden >= (six ? 64 : 17);
      default:
        return false;
    }
  });
}

MatrixPlan::MatrixPlan(const Network& network, const MatrixWeights& weights, const Kernels& kernels,
                       PackCache& cache, int batch, int window, int row)
    : kernels_(*kernels.matrix),
      weights_(weights),
      batch_(batch),
      window_(window),
      chunk_(chunk_of(network, batch, window)),
      groups_((chunk_ + kMatrixSamples - 1) / kMatrixSamples),
      outputs_(network.outputs()),
      sums_(kMatrixSums),
      head_(network, kernels, cache, chunk_) {
  input_.width = network.features;
  input_.time = std::ptrdiff_t(network.features) * (network.batch_first ? 1 : row);
  input_.sample = std::ptrdiff_t(network.features) * (network.batch_first ? window : 1);
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    first_pass_.push_back(int(passes_.size()));
    for (int d = 0; d < network.layers[l].directions; ++d)
      passes_.push_back(make_pass(network, int(l), d));
  }
  const Pass& last = passes_.back();
  states_ = Buffer(
      times(times(last.w->padded(), chunk_), passes_.size() - std::size_t(first_pass_.back())));
  clear(sums_);
  clear(states_);
}

MatrixPlan::Pass MatrixPlan::make_pass(const Network& network, int index, int direction) const {
  const Recurrent& layer = network.layers[index];
  const bool last = index + 1 == int(network.layers.size());
  Pass pass;
  pass.w = &weights_.packed(index, direction);
  pass.layer = index;
  pass.reverse = layer.reverse || direction == 1;
  pass.sequence = !last;
  pass.from_last_step = last && pass.reverse && network.readout == Readout::last_step;
  const std::size_t samples = std::size_t(groups_) * kMatrixSamples;
  if (index == 0) pass.x = Buffer(times(pass.w->x[0].group(), groups_) / 2);
  pass.h = Buffer(times(slot(pass), pass.sequence ? window_ : 2) / 2);
  pass.state = Buffer(times(pass.w->padded(), samples));
  // Rows of samples that are not there are multiplied too, so they must be numbers; and pages are
  // made real now, not in the first infer().
  for (Buffer* b : {&pass.x, &pass.h, &pass.state}) {
    if (*b) clear(*b);
  }
  return pass;
}

void MatrixPlan::run_pass(Pass& pass, const float* input, int samples, float* states) {
  const int groups = (samples + kMatrixSamples - 1) / kMatrixSamples;
  const MatrixPacked& w = *pass.w;
  MatrixStep step;
  step.w = &w;
  step.samples = samples;
  step.state = pass.state.data();
  step.sums = sums_.data();
  std::memset(step.state, 0, sizeof(float) * w.padded() * groups * kMatrixSamples);
  const int steps = pass.from_last_step ? 1 : window_;
  for (int i = 0; i < steps; ++i) {
    const int time = pass.from_last_step ? window_ - 1 : pass.reverse ? steps - 1 - i : i;
    if (pass.layer == 0) {
      for (int g = 0; g < groups; ++g) {
        const int first = g * kMatrixSamples;
        kernels_.lay_out(input + time * input_.time + first * input_.sample, input_.sample,
                         std::min(samples - first, kMatrixSamples), w.x[0],
                         halves(pass.x) + g * w.x[0].group());
      }
      step.x[0] = halves(pass.x);
    } else {
      const int before = first_pass_[pass.layer - 1];
      for (int d = 0; d < w.operands; ++d) {
        const Pass& from = passes_[before + d];
        step.x[d] = halves(from.h) + time * slot(from);
      }
    }
    const int at = pass.sequence ? time : i & 1;
    step.h = i == 0 ? nullptr : halves(pass.h) + pass.last * slot(pass);
    step.h_next = halves(pass.h) + at * slot(pass);
    step.output = i + 1 == steps ? states : nullptr;
    kernels_.step(step);
    pass.last = at;
  }
}

bool MatrixPlan::is_finite(const float* input) const {
  // A piece of a batch has gaps between the steps.
  const bool steps_apart = input_.sample == input_.width;
  for (int t = 0; t < (steps_apart ? window_ : 1); ++t) {
    if (!all_finite(input + t * input_.time, std::size_t(batch_) * input_.sample)) return false;
  }
  return true;
}

bool MatrixPlan::infer(const float* input, float* output) {
  if (!is_finite(input)) return false;
  kernels_.begin();
  const int final = first_pass_.back();
  for (int first = 0; first < batch_; first += chunk_) {
    const int samples = std::min(chunk_, batch_ - first);
    Operand last[2];
    for (int p = 0; p < int(passes_.size()); ++p) {
      const std::ptrdiff_t padded = passes_[p].w->padded();
      float* states = p >= final ? states_.data() + (p - final) * padded * chunk_ : nullptr;
      run_pass(passes_[p], input + first * input_.sample, samples, states);
      if (states) last[p - final] = {states, 0, padded, passes_[p].w->hidden};
    }
    head_.run(last, int(passes_.size()) - final, samples,
              output + std::ptrdiff_t(first) * outputs_);
  }
  kernels_.end();
  return true;
}

}  // namespace steelyard::cpu

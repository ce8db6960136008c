// SPDX-License-Identifier: Apache-2.0
// What eight bits must cover, from windows like those to come: see narrow_plan.h. Thread-safe.
#include <algorithm>
#include <cmath>

#include "steelyard/engine/cpu/narrow_plan.h"

namespace steelyard::cpu {
namespace {

// What window `k` of a batch begins with by itself, alone; empty: zeros.
std::vector<float> own_states(const Network& network, std::size_t k) {
  std::size_t rows = 1;
  for (const Recurrent& layer : network.layers) {
    const std::size_t units = layer.output();
    rows = std::max({rows, layer.initial_h.size() / units, layer.initial_c.size() / units});
  }
  const std::vector<float> all = initial_states(network, int(rows));
  std::vector<float> own;
  for (std::size_t l = 0; l < network.layers.size() && !all.empty(); ++l) {
    const Recurrent& layer = network.layers[l];
    for (int i = 0; i < layer.directions * (layer.cell == Cell::lstm ? 2 : 1); ++i) {
      const auto from = all.begin() + std::ptrdiff_t(own.size() * rows + k % rows * layer.hidden);
      own.insert(own.end(), from, from + layer.hidden);
    }
  }
  return own;
}

// States that the network itself begins with have bytes of their own, however large they are.
void cover_own_states(const Network& network, NarrowRanges& ranges) {
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    const Recurrent& layer = network.layers[l];
    for (std::size_t i = 0; i < layer.initial_h.size(); ++i) {
      const std::size_t direction = i / (layer.initial_h.size() / layer.directions);
      float& range = ranges.states[l][direction][i % layer.hidden];
      range = std::max(range, std::abs(layer.initial_h[i]));
    }
  }
}

}  // namespace

NarrowRanges measure_ranges(const Network& network, const Kernels& kernels,
                            std::span<const float> windows, int window) {
  const std::size_t each = std::size_t(window) * network.features, count = windows.size() / each;
  NarrowRanges ranges;
  ranges.features.assign(network.features, 0);
  for (std::size_t i = 0; i < windows.size(); ++i) {
    float& range = ranges.features[i % network.features];
    if (std::isfinite(windows[i])) range = std::max(range, std::abs(windows[i]));
  }
  for (const Recurrent& layer : network.layers) {
    ranges.states.emplace_back(layer.directions, std::vector<float>(layer.hidden));
  }
  const NarrowWeights weights(network, *kernels.narrow, nullptr);
  PackCache cache(network, kernels);
  NarrowPlan plan(network, weights, kernels, cache, 1, window, NarrowPlan::Keeps::everything, 0,
                  true);
  std::vector<float> output(std::size_t(network.outputs()) * network.answers(window));
  std::vector<float> left(state_size(network));
  constexpr std::size_t kEnough = 64;
  for (std::size_t k = 0; k < std::min(count, kEnough); ++k) {
    const float* at = windows.data() + k * count / std::min(count, kEnough) * each;
    const std::vector<float> own = own_states(network, k);
    // Where states are given, windows follow windows, and states grow beyond those of the first.
    for (int turn = 0; turn < (network.states_in.empty() ? 1 : 2); ++turn) {
      Carried carried;
      carried.batch = 1;
      carried.before = turn > 0 ? left.data() : own.empty() ? nullptr : own.data();
      carried.after = left.data();
      plan.infer(at, output.data(), carried);
      for (std::size_t l = 0; l < network.layers.size(); ++l) {
        for (int d = 0; d < network.layers[l].directions; ++d) {
          plan.raise_to_largest(int(l), d, ranges.states[l][d]);
        }
      }
    }
  }
  for (float& range : ranges.features) range = range > 0 ? range : 1.0f;
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    const bool bounded = network.layers[l].activation != Activation::relu;
    for (auto& states : ranges.states[l]) {
      for (float& range : states) {
        // Other windows may go a little further.
        range = range > 0 ? range * 1.1f : 1.0f;
        if (bounded) range = std::min(range, 1.0f);
      }
    }
  }
  cover_own_states(network, ranges);
  return ranges;
}

}  // namespace steelyard::cpu

// SPDX-License-Identifier: Apache-2.0
// The order of a network's states, and words. Thread-safe.
#include "steelyard/model/network.h"

#include <fmt/format.h>

#include <algorithm>

#include "steelyard/base/error.h"

namespace steelyard {
namespace {

std::size_t states_of(const Recurrent& layer) { return layer.cell == Cell::lstm ? 2 : 1; }

// One direction's part of `own`, [1 or batch][hidden], to `to`, [batch][hidden].
void copy_own(const Recurrent& layer, const std::vector<float>& own, int direction, int batch,
              float* to) {
  if (own.empty()) return;
  const auto hidden = static_cast<std::size_t>(layer.hidden);
  const std::size_t each = own.size() / static_cast<std::size_t>(layer.directions);
  const std::size_t rows = each / hidden, windows = static_cast<std::size_t>(batch);
  if (rows != 1 && rows != windows)
    throw Error(
        fmt::format("the model's own initial states are those of {} windows, not {}", rows, batch),
        fmt::format("use a batch of {}", rows));
  const float* from = own.data() + static_cast<std::size_t>(direction) * each;
  for (std::size_t s = 0; s < windows; ++s)
    std::copy_n(from + (rows == 1 ? 0 : s * hidden), hidden, to + s * hidden);
}

}  // namespace

const char* name_of(GateFunction::Kind kind) {
  static constexpr const char* kNames[] = {
      "Relu",       "Tanh",        "Sigmoid", "Affine",   "LeakyRelu", "ThresholdedRelu",
      "ScaledTanh", "HardSigmoid", "Elu",     "Softsign", "Softplus"};
  return kNames[kind];
}

std::size_t state_size(const Network& network) {
  std::size_t size = 0;
  for (const Recurrent& layer : network.layers)
    size += states_of(layer) * static_cast<std::size_t>(layer.output());
  return size;
}

std::size_t state_offset(const Network& network, const LayerState& state) {
  std::size_t offset = 0;
  for (int l = 0; l < state.layer; ++l) {
    const Recurrent& layer = network.layers[static_cast<std::size_t>(l)];
    offset += states_of(layer) * static_cast<std::size_t>(layer.output());
  }
  const Recurrent& layer = network.layers[static_cast<std::size_t>(state.layer)];
  const std::size_t before =
      static_cast<std::size_t>(state.direction) * states_of(layer) + (state.cell ? 1 : 0);
  return offset + before * static_cast<std::size_t>(layer.hidden);
}

std::vector<float> initial_states(const Network& network, int batch) {
  if (std::all_of(network.layers.begin(), network.layers.end(), [](const Recurrent& layer) {
        return layer.initial_h.empty() && layer.initial_c.empty();
      }))
    return {};
  const auto windows = static_cast<std::size_t>(batch);
  std::vector<float> states(state_size(network) * windows, 0.0f);
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    const Recurrent& layer = network.layers[l];
    for (int d = 0; d < layer.directions; ++d) {
      const auto at = [&](bool cell) {
        return &states[state_offset(network, {static_cast<int>(l), d, cell}) * windows];
      };
      copy_own(layer, layer.initial_h, d, batch, at(false));
      if (layer.cell == Cell::lstm) copy_own(layer, layer.initial_c, d, batch, at(true));
    }
  }
  return states;
}

}  // namespace steelyard

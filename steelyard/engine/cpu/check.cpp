// SPDX-License-Identifier: Apache-2.0
// The checks of a Network: sizes, lengths of weights, what follows what. Thread-safe.
#include "steelyard/engine/cpu/check.h"

#include <fmt/format.h>

#include <cstddef>

#include "steelyard/base/error.h"

namespace steelyard::cpu {
namespace {

constexpr int kMostUnits = 1 << 16, kMostLayers = 64;
constexpr const char* kHint = "Export the model again, or check how the Network was filled.";

std::string named(const char* kind, std::size_t index, const std::string& node) {
  return node.empty() ? fmt::format("{} layer {}", kind, index + 1)
                      : fmt::format("{} layer {} ({})", kind, index + 1, node);
}

void check_size(const std::string& layer, const char* what, int value) {
  if (value >= 1 && value <= kMostUnits) return;
  throw Error(
      fmt::format("{} has {} {}, where 1 to {} are possible.", layer, value, what, kMostUnits),
      kHint);
}

void check_length(const std::string& layer, const char* what, std::size_t has, std::size_t needs) {
  if (has == needs) return;
  throw Error(fmt::format("{} has {} {}, but its sizes need {}.", layer, has, what, needs), kHint);
}

void check_follows(const std::string& layer, int input, int before) {
  if (input == before) return;
  throw Error(fmt::format("{} reads {} values, but {} come before it.", layer, input, before),
              kHint);
}

void check_recurrent(const Recurrent& r, const std::string& layer, int before) {
  check_size(layer, "inputs", r.input);
  check_size(layer, "hidden units", r.hidden);
  if (r.directions != 1 && r.directions != 2) {
    throw Error(
        fmt::format("{} has {} directions, where 1 or 2 are possible.", layer, r.directions),
        kHint);
  }
  if (r.directions == 2 && r.reverse) {
    throw Error(layer + " is bidirectional and reverse at once.", kHint);
  }
  if (r.cell == Cell::rnn && r.activation != Activation::tanh && r.activation != Activation::relu) {
    throw Error(layer + " is an RNN whose activation is neither tanh nor relu.",
                "Use tanh or relu, or another runtime.");
  }
  check_follows(layer, r.input, before);
  const std::size_t rows = std::size_t(r.directions) * gates_of(r.cell) * r.hidden;
  check_length(layer, "input weights", r.w.size(), rows * r.input);
  check_length(layer, "recurrent weights", r.r.size(), rows * r.hidden);
  check_length(layer, "biases", r.b.size(), rows * 2);
  if (!r.functions.empty()) {
    check_length(layer, "activations", r.functions.size(),
                 std::size_t(r.directions) * functions_of(r.cell));
  }
  const std::size_t states = std::size_t(r.output());
  for (const std::vector<float>* own : {&r.initial_h, &r.initial_c}) {
    if (own->size() % states != 0 || (own == &r.initial_c && r.cell != Cell::lstm && !own->empty()))
      throw Error(fmt::format("{} begins with {} values of states, which its {} units have not.",
                              layer, own->size(), states),
                  kHint);
  }
}

}  // namespace

void check_network(const Network& network) {
  if (network.layers.empty()) throw Error("the network has no recurrent layer.", kHint);
  if (network.layers.size() > kMostLayers || network.head.size() > kMostLayers) {
    throw Error(fmt::format("the network has more than {} layers.", kMostLayers), kHint);
  }
  if (network.window < 0) {
    throw Error(fmt::format("the network's window of {} steps is negative.", network.window),
                kHint);
  }
  check_size("the network", "features", network.features);
  int before = network.features;
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    const Recurrent& r = network.layers[i];
    check_recurrent(r, named("recurrent", i, r.node), before);
    before = r.output();
  }
  for (std::size_t i = 0; i < network.head.size(); ++i) {
    const Dense& dense = network.head[i];
    const std::string layer = named("dense", i, dense.node);
    check_size(layer, "outputs", dense.output);
    check_follows(layer, dense.input, before);
    check_length(layer, "weights", dense.w.size(), std::size_t(dense.input) * dense.output);
    check_length(layer, "biases", dense.b.size(), std::size_t(dense.output));
    before = dense.output;
  }
}

}  // namespace steelyard::cpu

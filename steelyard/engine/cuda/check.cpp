// SPDX-License-Identifier: Apache-2.0
// The checks of a Network: sizes, lengths of weights, what follows what. Thread-safe.
#include "steelyard/engine/cuda/check.h"

#include <cstddef>

#include "steelyard/base/error.h"

namespace steelyard::cuda {
namespace {

// A direction's state must fit a block's shared memory or the scratch beside it; wider layers are
// matrix products, which other runtimes do better.
constexpr int kMostUnits = 8192, kMostLayers = 8;
constexpr const char* kHint = "Export the model again, or check how the Network was filled.";

void check_size(const std::string& layer, const char* what, int value) {
  if (value >= 1 && value <= kMostUnits) return;
  throw Error(layer + " has " + std::to_string(value) + " " + what +
                  ", where native-cuda takes 1 to " + std::to_string(kMostUnits) + ".",
              "Use another runtime for this model.");
}

void check_length(const std::string& layer, const char* what, std::size_t has, std::size_t needs) {
  if (has == needs) return;
  throw Error(layer + " has " + std::to_string(has) + " " + what + ", but its sizes need " +
                  std::to_string(needs) + ".",
              kHint);
}

void check_follows(const std::string& layer, int input, int before) {
  if (input == before) return;
  throw Error(layer + " reads " + std::to_string(input) + " values, but " + std::to_string(before) +
                  " come before it.",
              kHint);
}

void check_recurrent(const Recurrent& r, const std::string& layer, int before) {
  check_size(layer, "inputs", r.input);
  check_size(layer, "hidden units", r.hidden);
  if (r.directions != 1 && r.directions != 2)
    throw Error(
        layer + " has " + std::to_string(r.directions) + " directions, where 1 or 2 are possible.",
        kHint);
  if (r.directions == 2 && r.reverse)
    throw Error(layer + " is bidirectional and reverse at once.", kHint);
  if (r.cell == Cell::rnn && r.activation != Activation::tanh && r.activation != Activation::relu)
    throw Error(layer + " is an RNN whose activation is neither tanh nor relu.",
                "Use tanh or relu, or another runtime.");
  check_follows(layer, r.input, before);
  const std::size_t rows = std::size_t(r.directions) * gates_of(r.cell) * r.hidden;
  check_length(layer, "input weights", r.w.size(), rows * r.input);
  check_length(layer, "recurrent weights", r.r.size(), rows * r.hidden);
  check_length(layer, "biases", r.b.size(), rows * 2);
}

}  // namespace

std::string layer_name(const char* kind, std::size_t index, const std::string& node) {
  const std::string name = std::string(kind) + " layer " + std::to_string(index + 1);
  return node.empty() ? name : name + " (" + node + ")";
}

void check_network(const Network& network) {
  if (network.layers.empty()) throw Error("the network has no recurrent layer.", kHint);
  if (network.layers.size() > kMostLayers)
    throw Error("the network has " + std::to_string(network.layers.size()) +
                    " recurrent layers, where native-cuda takes 1 to " +
                    std::to_string(kMostLayers) + ".",
                "Use another runtime for this model.");
  if (network.window < 0)
    throw Error("the network's window of " + std::to_string(network.window) + " steps is negative.",
                kHint);
  if (const std::string more = beyond_plain(network); !more.empty())
    throw Error("native-cuda runs whole windows from zero states, and this model " + more + ".",
                "Use native-cpu or another runtime for this model.");
  check_size("the network", "features", network.features);
  int before = network.features;
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    const Recurrent& r = network.layers[i];
    check_recurrent(r, layer_name("recurrent", i, r.node), before);
    before = r.output();
  }
  for (std::size_t i = 0; i < network.head.size(); ++i) {
    const Dense& dense = network.head[i];
    const std::string layer = layer_name("dense", i, dense.node);
    check_size(layer, "outputs", dense.output);
    check_follows(layer, dense.input, before);
    check_length(layer, "weights", dense.w.size(), std::size_t(dense.input) * dense.output);
    check_length(layer, "biases", dense.b.size(), std::size_t(dense.output));
    before = dense.output;
  }
}

}  // namespace steelyard::cuda

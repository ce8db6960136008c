// SPDX-License-Identifier: Apache-2.0
// The choice of kernels by shape, device and batch. Thread-safe.
#include "steelyard/engine/cuda/plan.h"

#include <algorithm>

#include "steelyard/base/error.h"
#include "steelyard/engine/cuda/pack.h"

namespace steelyard::cuda {
namespace {

constexpr int kMostHeadRows = 64;    // a wider first dense layer is left to the host
constexpr int kMostWords = 4096;     // of a window: polling more of them costs more than a launch
constexpr int kStaticShared = 4096;  // what the kernels declare themselves, rounded up

// Why a network is not for the kernels that hold one layer in registers; empty when it is.
std::string objection(const Network& network, int most_features) {
  if (network.layers.size() != 1) return "it has several recurrent layers";
  const Recurrent& layer = network.layers.front();
  if (layer.input > most_features)
    return "it has " + std::to_string(layer.input) + " features, not up to " +
           std::to_string(most_features);
  if (layer.cell == Cell::gru && !layer.linear_before_reset)
    return "its GRU applies the reset before the product";
  return {};
}

std::vector<Kernel> fitting(const std::vector<Kernel>& all, const Recurrent& layer,
                            const CudaOptions& options) {
  std::vector<Kernel> fit;
  const bool approximate = options.activations == CudaActivations::approximate;
  for (const Kernel& kernel : all)
    if (kernel.geometry.gates == gates_of(layer.cell) && kernel.approximate == approximate &&
        kernel.geometry.padded() >= layer.hidden)
      fit.push_back(kernel);
  std::stable_sort(fit.begin(), fit.end(), [](const Kernel& a, const Kernel& b) {
    return a.geometry.padded() < b.geometry.padded();
  });
  return fit;
}

// Why the layers cannot be a stack of equal blocks; empty when they can.
std::string stack_objection(const Network& network) {
  const Recurrent& first = network.layers.front();
  for (const Recurrent& layer : network.layers) {
    if (layer.cell == Cell::gru && !layer.linear_before_reset)
      return "its GRU applies the reset before the product";
    if (layer.reverse) return "a layer of several runs backwards alone";
    if (layer.cell != first.cell || layer.hidden != first.hidden ||
        layer.directions != first.directions || layer.activation != first.activation)
      return "its recurrent layers differ";
  }
  return {};
}

std::size_t persistent_shared(const Network& network, const Kernel& kernel, int window) {
  if (kernel.geometry.lanes == 1) return warp_floats(window) * sizeof(float);
  const std::size_t rows = std::size_t(window) + 1;
  const std::size_t head =
      head_on_device(network) ? std::size_t(device_outputs(network)) * kernel.geometry.padded() : 0;
  return (rows * kRowFloats + head) * sizeof(float);
}

// The fewest blocks whose threads are enough for all units; 0 when none are.
int ranks_for(const Kernel& kernel, int hidden) {
  for (const int ranks : {2, 4, 8}) {
    const Blocks blocks = blocks_of(kernel.geometry, hidden, ranks);
    if (blocks.threads <= kernel.most_threads && ranks * blocks.units <= kernel.geometry.padded())
      return ranks;
  }
  return 0;
}

void add_persistent(const Network& network, int window, const CudaOptions& options,
                    const CudaDevice& device, const Shelf& shelf, std::vector<Plan>& plans) {
  const Recurrent& layer = network.layers.front();
  const auto add = [&](Way way, const Kernel& kernel, int ranks) {
    if (persistent_shared(network, kernel, window) + kStaticShared <=
        std::size_t(device.shared_bytes))
      plans.push_back({way, kernel, {}, ranks});
  };
  for (const Kernel& kernel : fitting(shelf.warps, layer, options)) add(Way::warp, kernel, 1);
  for (const Kernel& kernel : fitting(shelf.blocks, layer, options))
    if (blocks_of(kernel.geometry, layer.hidden, 1).threads <= kernel.most_threads)
      add(Way::block, kernel, 1);
  if (device.major < 9) return;
  for (const Kernel& kernel : fitting(shelf.clusters, layer, options))
    if (const int ranks = ranks_for(kernel, layer.hidden)) add(Way::cluster, kernel, ranks);
}

void add_stacks(const Network& network, int window, const CudaOptions& options,
                const CudaDevice& device, const Shelf& shelf, std::vector<Plan>& plans) {
  const Recurrent& layer = network.layers.front();
  const int widest = std::max(network.features, network.layers.back().input);
  for (const Kernel& kernel : fitting(shelf.stacks, layer, options)) {
    const int padded = kernel.geometry.padded();
    if (padded < widest) continue;
    if (2 * blocks_of(kernel.geometry, layer.hidden, 1).threads > kernel.most_threads) continue;
    if (stack_floats(network, kernel.geometry, window) * sizeof(float) + 2 * kStaticShared <=
        std::size_t(device.shared_bytes))
      plans.push_back({Way::stack, kernel, {}, 1});
  }
}

void add_launched(const Network& network, int batch, const CudaOptions& options,
                  const CudaDevice& device, const Shelf& shelf, std::vector<Plan>& plans) {
  const Recurrent& layer = network.layers.front();
  if (options.weights == CudaWeights::fp16 && device.major >= 8 && layer.directions == 1 &&
      objection(network, 14).empty()) {
    const MatrixKernel* best = nullptr;
    for (const MatrixKernel& kernel : shelf.matrices)
      if (kernel.gates == gates_of(layer.cell) && kernel.tiles * 16 >= layer.hidden &&
          kernel.input_columns >= layer.input + 2 &&
          (best == nullptr || kernel.tiles < best->tiles ||
           (kernel.tiles == best->tiles && kernel.input_columns < best->input_columns)))
        best = &kernel;
    if (best != nullptr) plans.push_back({Way::matrix, {}, *best, 1});
  }
  // A window a block while that does not leave windows waiting for an SM.
  const int windows = batch <= 2 * device.processors ? 1 : 4;
  if (objection(network, kMostFeatures).empty())
    for (const Kernel& kernel : fitting(shelf.tiles, layer, options))
      if (kernel.windows == windows &&
          blocks_of(kernel.geometry, layer.hidden, 1).threads <= kernel.most_threads)
        plans.push_back({Way::tile, kernel, {}, 1});
}

std::string why_not_persistent(const Network& network, int batch, int window) {
  if (batch != 1) return "a batch of " + std::to_string(batch) + " is not one window";
  if (!objection(network, kMostFeatures).empty())
    if (std::string why = stack_objection(network); !why.empty()) return why;
  if (words_for(window, network.features) > kMostWords)
    return "a window of " + std::to_string(window) + " steps is too long";
  return {};
}

}  // namespace

std::string Plan::words() const {
  const auto threads = [&] { return std::to_string(kernel.geometry.padded()) + " units"; };
  switch (way) {
    case Way::warp:
      return "persistent, one warp a direction, up to " + threads();
    case Way::block:
      return "persistent, one SM a direction, up to " + threads() + ", " +
             std::to_string(kernel.geometry.lanes) + " lanes for " +
             std::to_string(kernel.geometry.units);
    case Way::cluster:
      return "persistent, a cluster of " + std::to_string(ranks) + " SMs a direction, up to " +
             threads() + ", " + std::to_string(kernel.geometry.lanes) + " lanes for " +
             std::to_string(kernel.geometry.units);
    case Way::stack:
      return "persistent, one SM a layer and direction, up to " + threads();
    case Way::tick:
      return "persistent, one SM, a time step a query, up to " + threads();
    case Way::matrix:
      return "one launch, tensor cores, up to " + std::to_string(16 * matrix.tiles) + " units";
    case Way::tile:
      return "one launch, fp32 weights in registers, up to " + threads();
    case Way::layers:
      break;
  }
  return "a launch for each layer";
}

bool head_on_device(const Network& network) {
  return !network.head.empty() && network.head.front().output <= kMostHeadRows;
}
int device_outputs(const Network& network) {
  return head_on_device(network) ? network.head.front().output : network.layers.back().hidden;
}

std::size_t stack_floats(const Network& network, const Geometry& geometry, int window) {
  const std::size_t rows = std::max(window, 4);
  const std::size_t head = head_on_device(network) ? device_outputs(network) : 0;
  return (rows + head) * geometry.padded();
}

Walk walk_of(const Recurrent& layer, Readout readout, int direction, int window) {
  const bool reversed = layer.reverse || direction == 1;
  // At the last time step a reverse direction has seen that step only.
  const int steps = reversed && readout == Readout::last_step ? 1 : window;
  return {steps, reversed ? 1 : 0};
}

std::vector<Plan> plans_for_steps(const Network& network, int batch, const CudaOptions& options,
                                  const CudaDevice& device, const Shelf& shelf) {
  for (const Recurrent& layer : network.layers)
    if (layer.directions != 1 || layer.reverse)
      throw Error("a layer that reads from the end needs the whole window, so it cannot stream.",
                  "Measure this model with another scenario.");
  std::vector<Plan> plans;
  const bool forced = options.mode == CudaMode::persistent;
  std::string why = batch == 1 ? objection(network, kMostFeatures)
                               : "a batch of " + std::to_string(batch) + " is not one window";
  if (why.empty() && (forced || (options.mode == CudaMode::automatic && !device.watched))) {
    const Recurrent& layer = network.layers.front();
    for (const Kernel& kernel : fitting(shelf.ticks, layer, options))
      if (blocks_of(kernel.geometry, layer.hidden, 1).threads <= kernel.most_threads)
        plans.push_back({Way::tick, kernel, {}, 1});
    why = "its units are too many for the registers of one SM";
  }
  if (forced && plans.empty())
    throw Error("native-cuda cannot keep a kernel running for this network: " + why + ".",
                "Leave native-cuda.mode to automatic.");
  if (!forced) plans.push_back({});
  return plans;
}

std::vector<Plan> plans_for(const Network& network, int batch, int window,
                            const CudaOptions& options, const CudaDevice& device,
                            const Shelf& shelf) {
  std::vector<Plan> plans;
  const bool forced = options.mode == CudaMode::persistent;
  // A kernel that never ends would be killed by the system where a display hangs on the device.
  const bool wanted = forced || (options.mode == CudaMode::automatic && !device.watched);
  std::string why = why_not_persistent(network, batch, window);
  if (wanted && why.empty()) {
    if (objection(network, kMostFeatures).empty())
      add_persistent(network, window, options, device, shelf, plans);
    else
      add_stacks(network, window, options, device, shelf, plans);
    if (plans.empty())
      why = "its " + std::to_string(network.layers.front().hidden) +
            " units are too many for the registers that this device can join";
  }
  if (forced) {
    if (plans.empty())
      throw Error("native-cuda cannot keep a kernel running for this network: " + why + ".",
                  "Leave native-cuda.mode to automatic.");
  } else {
    add_launched(network, batch, options, device, shelf, plans);
    plans.push_back({});
  }
  if (options.geometry > 0 && options.geometry < int(plans.size()))
    plans.erase(plans.begin(), plans.begin() + options.geometry);
  return plans;
}

}  // namespace steelyard::cuda

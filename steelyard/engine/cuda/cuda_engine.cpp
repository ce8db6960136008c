// SPDX-License-Identifier: Apache-2.0
// The front door: checks what comes in, tries the plans in their order, keeps what was uploaded.
#include "steelyard/engine/cuda/cuda_engine.h"

#include <algorithm>
#include <map>
#include <mutex>

#include "steelyard/base/error.h"
#include "steelyard/engine/cuda/check.h"
#include "steelyard/engine/cuda/launched.h"
#include "steelyard/engine/cuda/pack.h"
#include "steelyard/engine/cuda/persistent.h"
#include "steelyard/engine/cuda/plan.h"

namespace steelyard {
namespace {

CudaDevice device_of(const CudaOptions& options) {
  const CudaStatus status = cuda_status();
  if (status.kind != CudaStatus::ready) throw Error(status.reason + ".", status.hint);
  for (CudaDevice& device : cuda_devices())
    if (device.index == options.device) return device;
  throw Error("there is no CUDA device " + std::to_string(options.device) + ".",
              "List the devices with `steelyard devices`.");
}

class Engine final : public CudaEngine {
 public:
  Engine(const Network& network, const CudaOptions& options)
      : network_(cuda::rounded(network, options.weights)),
        options_(options),
        device_(device_of(options)) {
    cuda::use_device(device_.index);
  }

  std::unique_ptr<CudaSession> open(int batch, int window) const override {
    check_sizes(batch, window);
    cuda::use_device(device_.index);
    return first_of(cuda::plans_for(network_, batch, window, options_, device_),
                    [&](const cuda::Plan& plan) { return open(plan, batch, window); });
  }

  std::unique_ptr<CudaSession> open_steps(int batch) const override {
    check_sizes(batch, std::max(network_.window, 1));
    cuda::use_device(device_.index);
    return first_of(cuda::plans_for_steps(network_, batch, options_, device_),
                    [&](const cuda::Plan& plan) { return open_steps(plan, batch); });
  }

  int features() const override { return network_.features; }
  int outputs() const override { return network_.outputs(); }

 private:
  template <class Open>
  static std::unique_ptr<CudaSession> first_of(const std::vector<cuda::Plan>& plans, Open&& open) {
    for (std::size_t i = 0; i < plans.size(); ++i) {
      const bool last = i + 1 == plans.size();
      try {
        if (auto session = open(plans[i])) return session;
      } catch (const Error&) {
        if (last) throw;
      }
    }
    throw Error("the GPU has no room for another kernel that keeps running.",
                "Close other sessions, or set native-cuda.mode to launch.");
  }

  std::unique_ptr<CudaSession> open(const cuda::Plan& plan, int batch, int window) const {
    const std::lock_guard lock(mutex_);
    if (plan.way == cuda::Way::layers)
      return cuda::open_layers(network_, layers(), batch, window, options_, device_);
    if (cuda::is_persistent(plan.way))
      return cuda::open_persistent(network_, plan, weights(plan), window, options_, device_);
    return cuda::open_launched(network_, plan, weights(plan), batch, window, options_, device_);
  }

  std::unique_ptr<CudaSession> open_steps(const cuda::Plan& plan, int batch) const {
    const std::lock_guard lock(mutex_);
    if (plan.way == cuda::Way::layers)
      return cuda::open_layer_steps(network_, layers(), batch, options_, device_);
    return cuda::open_ticks(network_, plan, weights(plan), options_, device_);
  }

  std::shared_ptr<const cuda::LayerWeights> layers() const {
    if (!layers_) layers_ = cuda::upload_layers(network_, device_.index);
    return layers_;
  }
  std::shared_ptr<const cuda::Weights> weights(const cuda::Plan& plan) const {
    auto& kept =
        weights_[plan.way == cuda::Way::matrix ? plan.matrix.function : plan.kernel.function];
    if (!kept) kept = cuda::upload(network_, plan, device_.index);
    return kept;
  }

  void check_sizes(int batch, int window) const {
    if (batch < 1 || window < 1)
      throw Error("batch (" + std::to_string(batch) + ") and window (" + std::to_string(window) +
                      ") must be at least 1.",
                  "Choose positive sizes.");
    if (network_.window != 0 && network_.window != window)
      throw Error("the network is made for windows of " + std::to_string(network_.window) +
                      " steps, not " + std::to_string(window) + ".",
                  "Open it with a window of " + std::to_string(network_.window) + ".");
    if (double(batch) * window * network_.features > 4e10)
      throw Error("a batch of " + std::to_string(batch) + " windows of " + std::to_string(window) +
                      " steps is more than memory can hold.",
                  "Choose a smaller batch or window.");
  }

  const Network network_;
  const CudaOptions options_;
  const CudaDevice device_;
  mutable std::mutex mutex_;
  mutable std::map<const void*, std::shared_ptr<const cuda::Weights>> weights_;
  mutable std::shared_ptr<const cuda::LayerWeights> layers_;
};

}  // namespace

void check_cuda_network(const Network& network) { cuda::check_network(network); }

std::shared_ptr<const CudaEngine> CudaEngine::compile(const Network& network,
                                                      const CudaOptions& options) {
  cuda::check_network(network);
  return std::make_shared<Engine>(network, options);
}

}  // namespace steelyard

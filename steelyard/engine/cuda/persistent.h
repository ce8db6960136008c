// SPDX-License-Identifier: Apache-2.0
// A session whose kernel runs until it is told to stop: by close, or by the keeper, a sleeping
// thread that stops kernels nobody has asked anything for a while. The next query starts it again.
#pragma once

#include <memory>

#include "steelyard/engine/cuda/pack.h"
#include "steelyard/engine/cuda/plan.h"
#include "steelyard/engine/cuda/runtime.h"

namespace steelyard::cuda {

// The packed weights of a plan on a device; shared by its sessions.
struct Weights {
  Memory packed, projection, head, head_bias, biases;
  Blocks blocks;
};
std::shared_ptr<const Weights> upload(const Network&, const Plan&, int device);

// Null when the device has no room for another such kernel.
std::unique_ptr<CudaSession> open_persistent(const Network&, const Plan&,
                                             std::shared_ptr<const Weights>, int window,
                                             const CudaOptions&, const CudaDevice&);
// The same for Way::tick: one time step a query.
std::unique_ptr<CudaSession> open_ticks(const Network&, const Plan&, std::shared_ptr<const Weights>,
                                        const CudaOptions&, const CudaDevice&);

}  // namespace steelyard::cuda

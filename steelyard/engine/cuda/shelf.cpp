// SPDX-License-Identifier: Apache-2.0
// The kernels of this build, in one place, so that plan.cpp stays free of CUDA. Thread-safe.
#include "steelyard/engine/cuda/plan.h"

namespace steelyard::cuda {

const Shelf& shelf() {
  static const Shelf shelf{warp_kernels(), block_kernels(), cluster_kernels(), stack_kernels(),
                           tick_kernels(), tile_kernels(),  matrix_kernels()};
  return shelf;
}

std::vector<Plan> plans_for(const Network& network, int batch, int window,
                            const CudaOptions& options, const CudaDevice& device) {
  return plans_for(network, batch, window, options, device, shelf());
}
std::vector<Plan> plans_for_steps(const Network& network, int batch, const CudaOptions& options,
                                  const CudaDevice& device) {
  return plans_for_steps(network, batch, options, device, shelf());
}

}  // namespace steelyard::cuda

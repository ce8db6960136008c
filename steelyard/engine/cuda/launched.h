// SPDX-License-Identifier: Apache-2.0
// Sessions that start kernels for every query: any batch, any shape. A session belongs to one
// thread.
#pragma once

#include <memory>

#include "steelyard/engine/cuda/persistent.h"

namespace steelyard::cuda {

// Way::tile and Way::matrix.
std::unique_ptr<CudaSession> open_launched(const Network&, const Plan&,
                                           std::shared_ptr<const Weights>, int batch, int window,
                                           const CudaOptions&, const CudaDevice&);

// Way::layers.
struct LayerWeights {
  struct Recurrent {
    Memory w, r, b;
  };
  struct Dense {
    Memory w, b;
  };
  std::vector<Recurrent> layers;
  std::vector<Dense> head;
};
std::shared_ptr<const LayerWeights> upload_layers(const Network&, int device);
std::unique_ptr<CudaSession> open_layers(const Network&, std::shared_ptr<const LayerWeights>,
                                         int batch, int window, const CudaOptions&,
                                         const CudaDevice&);
// One time step a query, with the state kept on the device.
std::unique_ptr<CudaSession> open_layer_steps(const Network&, std::shared_ptr<const LayerWeights>,
                                              int batch, const CudaOptions&, const CudaDevice&);

}  // namespace steelyard::cuda

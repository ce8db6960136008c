// SPDX-License-Identifier: Apache-2.0
// From an ONNX file to an engine of TensorRT for one device, one batch and one precision. A build
// belongs to one thread.
#pragma once

#include "steelyard/backend/backend.h"
#include "steelyard/backend/tensorrt/cache.h"
#include "steelyard/backend/tensorrt/settings.h"

namespace steelyard::tensorrt {

struct Wish {
  const Model* model;
  const Device* device;
  int capability;  // compute capability: 90 for 9.0
  Precision precision;
  int batch, window;
  std::span<const float> calibration;
  Settings settings;
};

// Throws Unsupported, naming the file that is missing, when this TensorRT cannot build for the
// device at all: newer versions keep each generation's kernels in a library of its own, and
// archives of the runtime alone have none.
void require_builder_resource(int capability);

// From the cache, or built and kept there. Throws Unsupported for a model that the parser refuses,
// with its words, and Error when the build fails.
Plan plan_for(const Wish&);

}  // namespace steelyard::tensorrt

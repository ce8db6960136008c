// SPDX-License-Identifier: Apache-2.0
// Names of devices and runtimes as their makers write them: shortened, and compared. Pure.
#pragma once

#include <string>

#include "steelyard/record/record.h"

namespace steelyard {

// Do a simulated device and a real one speak of the same thing? Names may differ in spaces, case,
// vendor prefix and version, not in the model: RTX 3070 is not RTX 3070 Ti.
bool stands_for_same(const StandsFor&, const Device& real);
// Is `wanted` ("RTX 3070 Ti", "Cortex-A76") the product that `name` speaks of?
bool names_product(const std::string& name, const std::string& wanted);

// "NVIDIA GeForce RTX 3070 Ti" -> "RTX 3070 Ti"; "Intel(R) Xeon(R) Platinum 8481C CPU @ 2.70GHz" ->
// "Xeon 8481C". A runtime in brackets at the end is taken off: it is told apart.
std::string short_device(const std::string& name, const std::string& runtime);
// "ONNX Runtime 1.32.0" -> "ONNX Runtime", "tensorrt" -> "TensorRT"; the backend's when empty.
std::string short_runtime(const std::string& runtime, const std::string& backend);

}  // namespace steelyard

// SPDX-License-Identifier: Apache-2.0
// What the engine inspector says about the layers of an engine: which precision each really got.
// Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "steelyard/record/spec.h"

namespace steelyard::tensorrt {

struct Layer {
  std::string name;
  Precision precision = Precision::fp32;
};

// From getEngineInformation(kJSON) of an engine built with detailed verbosity. Layers of which
// nothing is said (an engine built without) are left out.
std::vector<Layer> layers_in(std::string_view information);

// The narrowest precision that a layer got: asking for fp16 is only a permission. TF32 does not
// show in a layer's types, so where it was allowed and every layer is 32 bits wide it is believed.
Precision obtained(const std::vector<Layer>&, Precision asked);

}  // namespace steelyard::tensorrt

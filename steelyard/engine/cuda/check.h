// SPDX-License-Identifier: Apache-2.0
// Refuses networks that no kernel can run, naming the layer. Thread-safe.
#pragma once

#include "steelyard/model/network.h"

namespace steelyard::cuda {

// Throws Error with one sentence.
void check_network(const Network&);

// What is said of a layer: "recurrent layer 2 (GRU_5)".
std::string layer_name(const char* kind, std::size_t index, const std::string& node);

}  // namespace steelyard::cuda

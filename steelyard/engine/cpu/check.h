// SPDX-License-Identifier: Apache-2.0
// Refuses networks that the engine cannot run, before any memory is taken. Thread-safe.
#pragma once

#include "steelyard/model/network.h"

namespace steelyard::cpu {

// Throws Error with one sentence that names the layer.
void check_network(const Network&);

}  // namespace steelyard::cpu

// SPDX-License-Identifier: Apache-2.0
// Writes a Problem as an ONNX file with static shapes, as runtimes like it best.
#pragma once

#include "perf/engine/peer.h"

namespace steelyard::perf {

void write_onnx(const Problem&, const std::string& file);

}  // namespace steelyard::perf

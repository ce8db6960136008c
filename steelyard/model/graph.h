// SPDX-License-Identifier: Apache-2.0
// A protobuf graph as a Graph, with every name checked and the nodes sorted. Inside `model` only.
#pragma once

#include <onnx/onnx_pb.h>

#include <filesystem>
#include <set>

#include "steelyard/model/model.h"

namespace steelyard {

// `file` is named in messages; external data files that were read are added to `external`. Throws
// Error for names defined twice or never, cycles, and weights that are not finite.
Graph read_graph(const onnx::GraphProto&, const std::filesystem::path& file,
                 std::set<std::filesystem::path>& external);

}  // namespace steelyard

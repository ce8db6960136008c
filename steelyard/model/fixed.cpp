// SPDX-License-Identifier: Apache-2.0
// An ONNX file with every axis of its inputs known. Everything else stays byte for byte as it is in
// the message; shapes in between are dropped, because they would speak of the open axes.
#include <fmt/format.h>
#include <onnx/onnx_pb.h>

#include <fstream>
#include <iterator>

#include "steelyard/base/error.h"
#include "steelyard/model/model.h"

namespace steelyard {

std::string static_onnx(const Model& model, int batch, int window) {
  std::ifstream stream(model.path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(stream), {}};
  onnx::ModelProto proto;
  if (!stream || !proto.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    throw Error(fmt::format("{} can no longer be read", model.path.string()),
                "leave the model in its place while it is measured");
  const auto fix = [](onnx::ValueInfoProto& value, const TensorInfo& tensor) {
    auto& shape = *value.mutable_type()->mutable_tensor_type()->mutable_shape();
    shape.clear_dim();
    for (const std::int64_t size : tensor.shape) shape.add_dim()->set_dim_value(size);
  };
  onnx::GraphProto& graph = *proto.mutable_graph();
  for (const TensorInfo& tensor : static_shapes(model.inputs, batch, window))
    for (onnx::ValueInfoProto& value : *graph.mutable_input())
      if (value.name() == tensor.name) fix(value, tensor);
  for (const TensorInfo& tensor : static_shapes(model.outputs, batch, window))
    for (onnx::ValueInfoProto& value : *graph.mutable_output())
      if (value.name() == tensor.name) fix(value, tensor);
  graph.clear_value_info();
  return proto.SerializeAsString();
}

}  // namespace steelyard

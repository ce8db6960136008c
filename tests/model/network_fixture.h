// SPDX-License-Identifier: Apache-2.0
// A good graph, ways to change it, and what network_of() then says: for the tests of the walk.
#pragma once

#include "tests/model/graphs.h"

namespace steelyard::testing {

class NetworkOf : public ::testing::Test {
 protected:
  onnx::ModelProto proto(const Layout& layout = {}) {
    return saved_proto(random_network(layout), folder_);
  }
  Network network(const onnx::ModelProto& model) {
    return network_of(load_model(write_model(folder_, model)));
  }
  std::string error_for(const onnx::ModelProto& model) {
    const Model loaded = load_model(write_model(folder_, model));
    return error_of([&] { network_of(loaded); });
  }
  Folder folder_;
};

inline onnx::AttributeProto* add_attribute(onnx::NodeProto* node, const char* name,
                                           onnx::AttributeProto::AttributeType type) {
  auto* attribute = node->add_attribute();
  attribute->set_name(name);
  attribute->set_type(type);
  return attribute;
}

inline void add_constant(onnx::ModelProto& model, const char* name, std::vector<std::int64_t> shape,
                         float value) {
  auto* tensor = model.mutable_graph()->add_initializer();
  tensor->set_name(name);
  tensor->set_data_type(onnx::TensorProto::FLOAT);
  std::int64_t count = 1;
  for (const auto extent : shape) {
    tensor->add_dims(extent);
    count *= extent;
  }
  for (std::int64_t i = 0; i < count; ++i) tensor->add_float_data(value);
}

// Inserts `op` before the reader of `name`, so that the reader gets the new node's output.
inline onnx::NodeProto* insert_after(onnx::ModelProto& model, const std::string& name,
                                     const char* op) {
  for (auto& node : *model.mutable_graph()->mutable_node())
    for (auto& input : *node.mutable_input())
      if (input == name) input = "inserted";
  auto* added = model.mutable_graph()->add_node();
  added->set_op_type(op);
  added->set_name("extra");
  added->add_input(name);
  added->add_output("inserted");
  return added;
}

}  // namespace steelyard::testing

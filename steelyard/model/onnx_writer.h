// SPDX-License-Identifier: Apache-2.0
// Building blocks of the ONNX files that we write: nodes and constants with names that depend on
// their order alone, so that equal networks give equal bytes. Inside `model` only; one thread.
#pragma once

#include <onnx/onnx_pb.h>

#include <filesystem>
#include <initializer_list>
#include <map>
#include <string>
#include <vector>

#include "steelyard/model/network.h"

namespace steelyard {

class OnnxWriter {
 public:
  struct Integers {
    const char* name;
    std::vector<std::int64_t> values;
  };

 protected:
  explicit OnnxWriter(const char* graph);

  // Adds a node with one output of interest and returns that output's name.
  std::string node(const std::string& op, const std::vector<std::string>& inputs,
                   const std::vector<Integers>& attributes = {}, int output = 0);
  // Of the last node.
  onnx::AttributeProto& attribute(const char* name, onnx::AttributeProto::AttributeType type);
  // The activation's node behind `x`; `x` itself where there is none.
  std::string activated(Activation activation, const std::string& x);
  std::string floats(const std::string& name, std::initializer_list<std::int64_t> shape,
                     const std::vector<float>& data);
  std::string integers(const std::string& name, std::initializer_list<std::int64_t> values);
  std::string integer(const std::string& name, std::int64_t value);  // a scalar
  // The last node writes the output itself, so that no Identity is needed.
  onnx::ModelProto finish(const char* output);

  onnx::ModelProto model_;
  onnx::GraphProto& graph_;

 private:
  std::string constant(const std::string& name, std::initializer_list<std::int64_t> shape,
                       const void* data, std::size_t bytes, int type);
  int count_ = 0, last_output_ = 0;
};

// Checked by onnx::checker, then written whole or not at all. Throws Error.
void write_onnx(onnx::ModelProto model, const std::map<std::string, std::string>& metadata,
                const std::filesystem::path& file);

}  // namespace steelyard

// SPDX-License-Identifier: Apache-2.0
// Small ONNX graphs and networks for tests of `model`: built in memory, spoilt on purpose, written
// to a folder of their own.
#pragma once

#include <gtest/gtest.h>
#include <onnx/onnx_pb.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "steelyard/base/error.h"
#include "steelyard/base/random.h"
#include "steelyard/model/model.h"
#include "tests/model/same.h"

namespace steelyard::testing {

// A folder that vanishes with the test.
class Folder {
 public:
  Folder() {
    std::string pattern = std::filesystem::temp_directory_path() / "steelyard-model-XXXXXX";
    path_ = ::mkdtemp(pattern.data());
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

inline void write_bytes(const std::filesystem::path& file, const std::string& bytes) {
  // Truncating an existing file makes ext4 flush it, which is slow in a loop.
  std::error_code ignored;
  std::filesystem::remove(file, ignored);
  std::ofstream(file, std::ios::binary) << bytes;
}
inline std::string read_bytes(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}
inline std::filesystem::path write_model(const Folder& folder, const onnx::ModelProto& model) {
  write_bytes(folder / "model.onnx", model.SerializeAsString());
  return folder / "model.onnx";
}

// What an Error says; a test failure when there is none.
template <class Action>
std::string error_of(Action action) {
  try {
    action();
  } catch (const Error& error) {
    EXPECT_NE(error.hint(), "") << error.what();
    return error.what();
  }
  ADD_FAILURE() << "no Error";
  return "";
}

inline std::vector<float> random_floats(Random& random, std::size_t count) {
  std::vector<float> result(count);
  for (float& x : result) x = static_cast<float>(random.uniform() * 2 - 1);
  return result;
}

struct Layout {
  Cell cell = Cell::gru;
  int directions = 1;
  int layers = 1;
  Readout readout = Readout::last_step;
  bool batch_first = true;
  int features = 5, hidden = 3, outputs = 2, window = 4;
};

inline Network random_network(const Layout& layout, std::uint64_t seed = 1) {
  Random random(seed);
  Network network;
  network.window = layout.window;
  network.features = layout.features;
  network.batch_first = layout.batch_first;
  network.readout = layout.readout;
  int input = layout.features;
  for (int i = 0; i < layout.layers; ++i) {
    Recurrent layer;
    layer.cell = layout.cell;
    layer.input = input;
    layer.hidden = layout.hidden;
    layer.directions = layout.directions;
    const auto rows =
        static_cast<std::size_t>(layout.directions * gates_of(layer.cell) * layer.hidden);
    layer.w = random_floats(random, rows * static_cast<std::size_t>(input));
    layer.r = random_floats(random, rows * static_cast<std::size_t>(layer.hidden));
    layer.b = random_floats(random, rows * 2);
    input = layer.output();
    network.layers.push_back(layer);
  }
  Dense dense;
  dense.input = input;
  dense.output = layout.outputs;
  dense.w = random_floats(random, static_cast<std::size_t>(input * layout.outputs));
  dense.b = random_floats(random, static_cast<std::size_t>(layout.outputs));
  network.head.push_back(dense);
  return network;
}

// What save_network wrote, as protobuf, to be spoilt.
inline onnx::ModelProto saved_proto(const Network& network, const Folder& folder) {
  save_network(network, {}, {}, folder / "saved.onnx");
  onnx::ModelProto model;
  EXPECT_TRUE(model.ParseFromString(read_bytes(folder / "saved.onnx")));
  return model;
}

inline onnx::NodeProto* node_with(onnx::ModelProto& model, const std::string& op) {
  for (auto& node : *model.mutable_graph()->mutable_node())
    if (node.op_type() == op) return &node;
  ADD_FAILURE() << "no " << op;
  return model.mutable_graph()->add_node();
}

inline onnx::TensorProto* constant_named(onnx::ModelProto& model, const std::string& name) {
  for (auto& tensor : *model.mutable_graph()->mutable_initializer())
    if (tensor.name() == name) return &tensor;
  ADD_FAILURE() << "no " << name;
  return model.mutable_graph()->add_initializer();
}

}  // namespace steelyard::testing

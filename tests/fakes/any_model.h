// SPDX-License-Identifier: Apache-2.0
// Small ONNX files of other kinds than forecasts, and files of numbers for them.
#pragma once

#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "steelyard/base/random.h"
#include "steelyard/model/onnx_writer.h"

namespace steelyard {

// Axes below 0 are open, the first under the name "batch", others under names of their own.
class AnyModel : public OnnxWriter {
 public:
  explicit AnyModel(const char* graph) : OnnxWriter(graph) {}
  using OnnxWriter::attribute;
  using OnnxWriter::floats;
  using OnnxWriter::integers;
  using OnnxWriter::node;

  void input(const std::string& name, int type, const std::vector<std::int64_t>& shape) {
    describe(*graph_.add_input(), name, type, shape);
  }
  // The result of the last node but, for several outputs, of the node named so.
  void output(const std::string& name, int type, const std::vector<std::int64_t>& shape) {
    describe(*graph_.add_output(), name, type, shape);
  }
  // The last node's output of this index bears that name.
  std::string call(const std::string& name, int index = 0) {
    graph_.mutable_node(graph_.node_size() - 1)->set_output(index, name);
    return name;
  }
  std::string random(const std::string& name, std::initializer_list<std::int64_t> shape) {
    std::size_t count = 1;
    for (const auto extent : shape) count *= static_cast<std::size_t>(extent);
    std::vector<float> values(count);
    for (float& value : values) value = static_cast<float>(random_.uniform() - 0.5);
    return floats(name, shape, values);
  }
  void save(const std::filesystem::path& file) { write_onnx(model_, {}, file); }

 private:
  static void describe(onnx::ValueInfoProto& info, const std::string& name, int type,
                       const std::vector<std::int64_t>& shape) {
    info.set_name(name);
    auto& tensor = *info.mutable_type()->mutable_tensor_type();
    tensor.set_elem_type(type);
    for (std::size_t i = 0; i < shape.size(); ++i)
      if (auto& dim = *tensor.mutable_shape()->add_dim(); shape[i] >= 0)
        dim.set_dim_value(shape[i]);
      else
        dim.set_dim_param(i == 0 ? "batch" : name + "_" + std::to_string(i));
  }
  Random random_{3};
};

// Convolution, pooling, softmax over ten classes, and the map before; batch, height and width are
// open.
inline void write_vision(const std::filesystem::path& file, bool with_map = true) {
  AnyModel m("vision");
  m.input("image", onnx::TensorProto::FLOAT, {-1, 3, -1, -1});
  m.node("Conv", {"image", m.random("kernel", {8, 3, 3, 3}), m.random("bias", {8})},
         {{"kernel_shape", {3, 3}}, {"strides", {2, 2}}});
  m.call("features");
  m.node("Relu", {"features"});
  m.call("lit");
  m.node("MaxPool", {"lit"}, {{"kernel_shape", {2, 2}}, {"strides", {2, 2}}});
  m.call("map");
  m.node("GlobalAveragePool", {"map"});
  m.call("pooled");
  m.node("Flatten", {"pooled"});
  m.call("flat");
  m.node("Gemm", {"flat", m.random("w", {8, 10}), m.random("b", {10})});
  m.call("logits");
  m.node("Softmax", {"logits"});
  m.call("classes");
  m.output("classes", onnx::TensorProto::FLOAT, {-1, 10});
  if (with_map) m.output("map", onnx::TensorProto::FLOAT, {-1, 8, -1, -1});
  m.save(file);
}

// Token ids alone: a look-up in a table of 50 rows, and their sum; both axes are open.
inline void write_tokens(const std::filesystem::path& file) {
  AnyModel m("tokens");
  m.input("ids", onnx::TensorProto::INT64, {-1, -1});
  m.node("Gather", {m.random("table", {50, 4}), "ids"});
  m.call("embedded");
  m.output("embedded", onnx::TensorProto::FLOAT, {-1, -1, 4});
  m.node("ReduceSum", {"ids", m.integers("axis", {1})});
  m.call("total");
  m.output("total", onnx::TensorProto::INT64, {-1, 1});
  m.save(file);
}

// state' = state + x, answered with twice the new state: whoever loses the state, answers 2x.
inline void write_sum(const std::filesystem::path& file) {
  AnyModel m("sum");
  m.input("x", onnx::TensorProto::FLOAT, {-1, 2});
  m.input("state", onnx::TensorProto::FLOAT, {-1, 2});
  m.node("Add", {"x", "state"});
  m.call("state_out");
  m.node("Add", {"state_out", "state_out"});
  m.call("y");
  m.output("y", onnx::TensorProto::FLOAT, {-1, 2});
  m.output("state_out", onnx::TensorProto::FLOAT, {-1, 2});
  m.save(file);
}

// As numpy.save() writes it.
template <class T>
void write_npy(const std::filesystem::path& file, const char* type, const std::string& shape,
               const std::vector<T>& values) {
  std::string header =
      std::string("{'descr': '") + type + "', 'fortran_order': False, 'shape': " + shape + ", }";
  header.append(63 - (header.size() + 10) % 64, ' ');
  header += '\n';
  std::ofstream out(file, std::ios::binary);
  out << std::string("\x93NUMPY\x01\x00", 8) << static_cast<char>(header.size() & 0xFF)
      << static_cast<char>(header.size() >> 8) << header;
  out.write(reinterpret_cast<const char*>(values.data()),
            static_cast<std::streamsize>(values.size() * sizeof(T)));
}

}  // namespace steelyard

// SPDX-License-Identifier: Apache-2.0
// A Network as an ONNX file, in the form that every runtime knows best: Transpose, GRU, Squeeze ...
// Gemm. Nothing in it depends on time, path or machine, so that equal networks give equal bytes.
#include <fcntl.h>
#include <fmt/format.h>
#include <onnx/checker.h>
#include <onnx/onnx_pb.h>
#include <unistd.h>

#include <bit>
#include <cerrno>
#include <cstring>
#include <initializer_list>
#include <string>

#include "steelyard/base/error.h"
#include "steelyard/model/model.h"
#include "steelyard/record/encode.h"

namespace steelyard {
namespace {

namespace fs = std::filesystem;
static_assert(std::endian::native == std::endian::little, "raw_data is little-endian");

constexpr std::int64_t kIr = 8;
constexpr std::int64_t kOpset = 17;

const char* op_of(Cell cell) {
  return cell == Cell::gru ? "GRU" : cell == Cell::lstm ? "LSTM" : "RNN";
}

class Writer {
 public:
  explicit Writer(const Network& network) : network_(network), graph_(*model_.mutable_graph()) {
    model_.set_ir_version(kIr);
    model_.set_producer_name("steelyard");
    auto& opset = *model_.add_opset_import();
    opset.set_domain("");
    opset.set_version(kOpset);
    graph_.set_name("recurrent");
  }

  onnx::ModelProto write() {
    declare(*graph_.add_input(), "input", true);
    declare(*graph_.add_output(), "output", false);
    std::string flow = "input";
    if (network_.batch_first) flow = node("Transpose", {flow}, {{"perm", {1, 0, 2}}});
    for (std::size_t i = 0; i < network_.layers.size(); ++i) flow = layer(i, flow);
    for (const auto& dense : network_.head) flow = head(dense, flow);
    // The last node writes the output itself, so that no Identity is needed.
    graph_.mutable_node(graph_.node_size() - 1)->set_output(last_output_, "output");
    return std::move(model_);
  }

 private:
  struct Integers {
    const char* name;
    std::initializer_list<std::int64_t> values;
  };

  void declare(onnx::ValueInfoProto& info, const char* name, bool input) {
    info.set_name(name);
    auto& tensor = *info.mutable_type()->mutable_tensor_type();
    tensor.set_elem_type(onnx::TensorProto::FLOAT);
    auto& shape = *tensor.mutable_shape();
    const auto batch = [&] { shape.add_dim()->set_dim_param("batch"); };
    const auto window = [&] {
      if (network_.window > 0)
        shape.add_dim()->set_dim_value(network_.window);
      else
        shape.add_dim()->set_dim_param("window");
    };
    if (!input || network_.batch_first) batch();
    if (input) window();
    if (input && !network_.batch_first) batch();
    shape.add_dim()->set_dim_value(input ? network_.features : network_.outputs());
  }

  // Adds a node with one output of interest and returns that output's name.
  std::string node(const std::string& op, const std::vector<std::string>& inputs,
                   std::initializer_list<Integers> attributes = {}, int output = 0) {
    auto& proto = *graph_.add_node();
    const std::string name = fmt::format("{}_{}", op, count_++);
    proto.set_name(name);
    proto.set_op_type(op);
    for (const auto& input : inputs) proto.add_input(input);
    for (int i = 0; i < output; ++i) proto.add_output("");
    proto.add_output(name + "_output");
    last_output_ = output;
    for (const auto& attribute : attributes) {
      auto& added = *proto.add_attribute();
      added.set_name(attribute.name);
      added.set_type(onnx::AttributeProto::INTS);
      for (const auto value : attribute.values) added.add_ints(value);
    }
    return name + "_output";
  }

  onnx::AttributeProto& attribute(const char* name, onnx::AttributeProto::AttributeType type) {
    auto& added = *graph_.mutable_node(graph_.node_size() - 1)->add_attribute();
    added.set_name(name);
    added.set_type(type);
    return added;
  }

  template <class T>
  std::string constant(const std::string& name, std::initializer_list<std::int64_t> shape,
                       const T* data, std::size_t count, int type) {
    auto& tensor = *graph_.add_initializer();
    tensor.set_name(name);
    tensor.set_data_type(type);
    for (const auto extent : shape) tensor.add_dims(extent);
    tensor.set_raw_data(data, count * sizeof(T));
    return name;
  }

  std::string floats(const std::string& name, std::initializer_list<std::int64_t> shape,
                     const std::vector<float>& data) {
    std::size_t count = 1;
    for (const auto extent : shape) count *= static_cast<std::size_t>(extent);
    if (count != data.size())
      throw Error(fmt::format("the network cannot be saved: {} has {} numbers instead of {}", name,
                              data.size(), count));
    return constant(name, shape, data.data(), data.size(), onnx::TensorProto::FLOAT);
  }

  std::string integers(const std::string& name, std::initializer_list<std::int64_t> values) {
    return constant(name, {static_cast<std::int64_t>(values.size())}, values.begin(), values.size(),
                    onnx::TensorProto::INT64);
  }

  std::string recurrent(std::size_t index, const std::string& x, int output) {
    const Recurrent& layer = network_.layers[index];
    const std::string prefix = fmt::format("layer{}.", index);
    const std::int64_t d = layer.directions, rows = gates_of(layer.cell) * layer.hidden;
    const std::string w = floats(prefix + "W", {d, rows, layer.input}, layer.w);
    const std::string r = floats(prefix + "R", {d, rows, layer.hidden}, layer.r);
    const std::string b = floats(prefix + "B", {d, 2 * rows}, layer.b);
    const std::string result = node(op_of(layer.cell), {x, w, r, b}, {}, output);
    if (layer.directions == 2 || layer.reverse)
      attribute("direction", onnx::AttributeProto::STRING)
          .set_s(layer.directions == 2 ? "bidirectional" : "reverse");
    attribute("hidden_size", onnx::AttributeProto::INT).set_i(layer.hidden);
    if (layer.cell == Cell::gru)
      attribute("linear_before_reset", onnx::AttributeProto::INT)
          .set_i(layer.linear_before_reset ? 1 : 0);
    if (layer.cell == Cell::rnn && layer.activation == Activation::relu) {
      auto& names = attribute("activations", onnx::AttributeProto::STRINGS);
      for (int i = 0; i < layer.directions; ++i) names.add_strings("Relu");
    }
    return result;
  }

  // From [.., features] to [.., features]; after the last layer from all steps to the one that is
  // read.
  std::string layer(std::size_t index, const std::string& x) {
    const bool last = index + 1 == network_.layers.size();
    const bool both = network_.layers[index].directions == 2;
    const std::string prefix = fmt::format("layer{}.", index);
    if (last && network_.readout == Readout::final_state) {
      const std::string state = recurrent(index, x, 1);
      if (!both) return node("Squeeze", {state, integers(prefix + "direction", {0})});
      const std::string turned = node("Transpose", {state}, {{"perm", {1, 0, 2}}});
      return node("Reshape", {turned, integers(prefix + "joined", {0, -1})});
    }
    std::string y = recurrent(index, x, 0);
    if (both) {
      y = node("Transpose", {y}, {{"perm", {0, 2, 1, 3}}});
      y = node("Reshape", {y, integers(prefix + "joined", {0, 0, -1})});
    } else {
      y = node("Squeeze", {y, integers(prefix + "direction", {1})});
    }
    if (!last) return y;
    const std::int64_t step = -1;
    y = node("Gather", {y, constant("last_step", {}, &step, 1, onnx::TensorProto::INT64)});
    attribute("axis", onnx::AttributeProto::INT).set_i(0);
    return y;
  }

  std::string head(const Dense& dense, const std::string& x) {
    const std::string prefix = fmt::format("head{}.", heads_++);
    const std::string w = floats(prefix + "weight", {dense.output, dense.input}, dense.w);
    const std::string y = node("Gemm", {x, w, floats(prefix + "bias", {dense.output}, dense.b)});
    attribute("transB", onnx::AttributeProto::INT).set_i(1);
    switch (dense.activation) {
      case Activation::none:
        return y;
      case Activation::relu:
        return node("Relu", {y});
      case Activation::sigmoid:
        return node("Sigmoid", {y});
      case Activation::tanh:
        return node("Tanh", {y});
    }
    return y;
  }

  const Network& network_;
  onnx::ModelProto model_;
  onnx::GraphProto& graph_;
  int count_ = 0, heads_ = 0, last_output_ = 0;
};

void check_sizes(const Network& network) {
  const auto refuse = [](const std::string& what) {
    throw Error("the network cannot be saved: " + what);
  };
  if (network.layers.empty()) refuse("it has no recurrent layer");
  int width = network.features;
  for (const auto& layer : network.layers) {
    if (layer.input != width || layer.input < 1 || layer.hidden < 1 || layer.directions < 1 ||
        layer.directions > 2)
      refuse("a recurrent layer does not fit the one before it");
    width = layer.output();
  }
  for (const auto& dense : network.head) {
    if (dense.input != width || dense.output < 1)
      refuse("a dense layer does not fit the one before it");
    width = dense.output;
  }
}

// A file under a temporary name; removed unless it gets its final one.
class Draft {
 public:
  explicit Draft(const fs::path& file)
      : final_(file), path_(fmt::format("{}.{}.part", file.string(), ::getpid())) {
    descriptor_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (descriptor_ < 0) refuse();
  }
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;
  ~Draft() {
    if (descriptor_ >= 0) ::close(descriptor_);
    if (!kept_) ::unlink(path_.c_str());
  }

  void write(const std::string& bytes) {
    for (std::size_t at = 0; at < bytes.size();) {
      const auto written = ::write(descriptor_, bytes.data() + at, bytes.size() - at);
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) refuse();
      at += static_cast<std::size_t>(written);
    }
  }

  void keep() {
    if (::fsync(descriptor_) != 0) refuse();
    const int closed = ::close(descriptor_);
    descriptor_ = -1;
    if (closed != 0 || ::rename(path_.c_str(), final_.c_str()) != 0) refuse();
    kept_ = true;
  }

 private:
  [[noreturn]] void refuse() const {
    throw Error(fmt::format("{} cannot be written: {}", final_.string(), std::strerror(errno)),
                "check that its folder exists, may be written and has room");
  }

  fs::path final_, path_;
  int descriptor_ = -1;
  bool kept_ = false;
};

}  // namespace

void save_network(const Network& network, const WindowRecipe& recipe,
                  const std::map<std::string, std::string>& metadata, const fs::path& file) {
  check_sizes(network);
  onnx::ModelProto model = Writer(network).write();
  std::map<std::string, std::string> entries = metadata;
  if (!recipe.features.empty()) entries["steelyard.recipe"] = to_json(recipe);
  for (const auto& [key, value] : entries) {
    auto& entry = *model.add_metadata_props();
    entry.set_key(key);
    entry.set_value(value);
  }
  try {
    onnx::checker::check_model(model);
  } catch (const std::exception& error) {
    throw Error(fmt::format("{} would not be valid ONNX: {}", file.string(), error.what()));
  }
  Draft draft(file);
  draft.write(model.SerializeAsString());
  draft.keep();
}

}  // namespace steelyard

// SPDX-License-Identifier: Apache-2.0
// A Network as an ONNX file, in the form that every runtime knows best: Transpose, GRU, Squeeze ...
// Gemm. Nothing in it depends on time, path or machine, so that equal networks give equal bytes.
#include <fmt/format.h>
#include <onnx/onnx_pb.h>

#include <initializer_list>
#include <string>

#include "steelyard/base/error.h"
#include "steelyard/model/model.h"
#include "steelyard/model/onnx_writer.h"
#include "steelyard/record/encode.h"

namespace steelyard {
namespace {

namespace fs = std::filesystem;

const char* op_of(Cell cell) {
  return cell == Cell::gru ? "GRU" : cell == Cell::lstm ? "LSTM" : "RNN";
}

class Writer : private OnnxWriter {
 public:
  explicit Writer(const Network& network) : OnnxWriter("recurrent"), network_(network) {}

  onnx::ModelProto write() {
    declare(*graph_.add_input(), "input", true);
    declare(*graph_.add_output(), "output", false);
    std::string flow = "input";
    if (network_.batch_first) flow = node("Transpose", {flow}, {{"perm", {1, 0, 2}}});
    for (std::size_t i = 0; i < network_.layers.size(); ++i) flow = layer(i, flow);
    for (const auto& dense : network_.head) flow = head(dense, flow);
    return finish("output");
  }

 private:
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
    y = node("Gather", {y, integer("last_step", -1)});
    attribute("axis", onnx::AttributeProto::INT).set_i(0);
    return y;
  }

  std::string head(const Dense& dense, const std::string& x) {
    const std::string prefix = fmt::format("head{}.", heads_++);
    const std::string w = floats(prefix + "weight", {dense.output, dense.input}, dense.w);
    const std::string y = node("Gemm", {x, w, floats(prefix + "bias", {dense.output}, dense.b)});
    attribute("transB", onnx::AttributeProto::INT).set_i(1);
    return activated(dense.activation, y);
  }

  const Network& network_;
  int heads_ = 0;
};

void check_sizes(const Network& network) {
  const auto refuse = [](const std::string& what) {
    throw Error("the network cannot be saved: " + what);
  };
  if (network.layers.empty()) refuse("it has no recurrent layer");
  if (const std::string more = beyond_plain(network); !more.empty())
    throw Error("the network cannot be saved: it " + more,
                "save one that goes from windows and zero states to one answer each");
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

}  // namespace

void save_network(const Network& network, const WindowRecipe& recipe,
                  const std::map<std::string, std::string>& metadata, const fs::path& file) {
  check_sizes(network);
  std::map<std::string, std::string> entries = metadata;
  if (!recipe.features.empty()) entries["steelyard.recipe"] = to_json(recipe);
  write_onnx(Writer(network).write(), entries, file);
}

}  // namespace steelyard

// SPDX-License-Identifier: Apache-2.0
// Our engine against ONNX Runtime on graphs as exporters write them: all cells, directions, opsets,
// heads, weights in other formats. Graphs are made here, with random weights from a seed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <onnx/onnx_pb.h>

#include <cmath>
#include <fstream>

#include "steelyard/base/random.h"
#include "tests/contract/subjects.h"

namespace steelyard::contract {
namespace {

struct Form {
  std::string op = "GRU", direction = "forward";
  int layers = 1, opset = 17, hidden = 6;
  bool bias = true, reset_last = true, dynamic = true, last_step = true, scaled = false;
  std::string weights = "float", activation;  // float, int8 (DequantizeLinear)

  int gates() const { return op == "GRU" ? 3 : op == "LSTM" ? 4 : 1; }
  int directions() const { return direction == "bidirectional" ? 2 : 1; }
};

constexpr int kFeatures = 5, kWindow = 7, kBatch = 3;

class Writer {
 public:
  Writer(const Form& form, std::uint64_t seed) : form_(form), random_(seed) {}

  std::filesystem::path write() {
    model_.set_ir_version(form_.opset < 19 ? 8 : 10);
    model_.add_opset_import()->set_version(form_.opset);
    auto* graph = model_.mutable_graph();
    graph->set_name("agreement");
    describe(graph->add_input(), "x", {-1, form_.dynamic ? -1 : kWindow, kFeatures});
    describe(graph->add_output(), "y", {-1, 2});
    std::string x = "x";
    if (form_.scaled) {
      x = node("Sub", {x, floats("mean", {kFeatures}, 1)});
      x = node("Mul", {x, floats("deviation", {kFeatures}, 1)});
    }
    x = node("Transpose", {x});
    list("perm", {1, 0, 2});
    int width = kFeatures;
    for (int i = 0; i < form_.layers; ++i) x = layer(x, i, width);
    x = head(form_.last_step ? last_step(x) : x, width);
    last_->set_output(0, "y");
    const auto file = folder() / "agreement.onnx";
    std::ofstream(file, std::ios::binary) << model_.SerializeAsString();
    return file;
  }

 private:
  std::string layer(const std::string& x, int index, int& width) {
    const std::string n = std::to_string(index);
    const int d = form_.directions(), rows = form_.gates() * form_.hidden;
    const std::string w = matrix("w" + n, {d, rows, width}),
                      r = matrix("r" + n, {d, rows, form_.hidden});
    std::vector<std::string> inputs{x, w, r};
    if (form_.bias) inputs.push_back(floats("b" + n, {d, 2 * rows}, 0.5));
    const std::string y = node(form_.op, inputs);
    text("direction", form_.direction);
    number("hidden_size", form_.hidden);
    if (form_.op == "GRU" && form_.opset >= 3)
      number("linear_before_reset", form_.reset_last ? 1 : 0);
    last_->add_output("state" + n);
    width = d * form_.hidden;
    const bool final = index + 1 == form_.layers;
    if (final && !form_.last_step) {
      // Y_h [directions, batch, hidden] -> [batch, directions * hidden]
      const std::string t = node("Transpose", {"state" + n});
      list("perm", {1, 0, 2});
      return node("Reshape", {t, integers("flat", {-1, width})});
    }
    if (d == 1) return squeeze(y, 1);
    const std::string t = node("Transpose", {y});
    list("perm", {0, 2, 1, 3});
    return node("Reshape", {t, integers("side" + n, {0, 0, width})});
  }

  std::string last_step(const std::string& x) {
    if (form_.opset % 2) {
      const std::string y = node("Gather", {x, scalar("last", -1)});
      number("axis", 0);
      return y;
    }
    std::string y;
    if (form_.opset < 10) {
      y = node("Slice", {x});
      list("starts", {-1});
      list("ends", {INT32_MAX});
      list("axes", {0});
    } else {
      y = node("Slice",
               {x, integers("from", {-1}), integers("to", {INT64_MAX}), integers("along", {0})});
    }
    return squeeze(y, 0);
  }

  std::string head(std::string x, int width) {
    if (!form_.activation.empty()) x = node(form_.activation, {x});
    if (form_.opset % 3 == 0) {
      x = node("Gemm", {x, floats("dense", {2, width}, 1), floats("offset", {2}, 1)});
      number("transB", 1);
    } else {
      x = node("MatMul", {x, floats("dense", {width, 2}, 1)});
      x = node("Add", {x, floats("offset", {2}, 1)});
    }
    if (form_.scaled) {
      x = node("Mul", {floats("gain", {1}, 1), x});
      x = node("Sub", {floats("ceiling", {2}, 1), x});
    }
    return x;
  }

  std::string squeeze(const std::string& x, int axis) {
    if (form_.opset >= 13) return node("Squeeze", {x, integers("at" + x, {axis})});
    const std::string y = node("Squeeze", {x});
    list("axes", {axis});
    return y;
  }

  std::string matrix(const std::string& name, const std::vector<int>& shape) {
    const double bound = 1 / std::sqrt(double(form_.hidden));
    if (form_.weights == "float") return floats(name, shape, bound);
    auto* tensor = constant(name + ".bytes", shape, onnx::TensorProto::INT8);
    std::string bytes;
    for (int i = 0; i < count(shape); ++i)
      bytes.push_back(static_cast<char>(static_cast<int>(random_.below(255)) - 127));
    tensor->set_raw_data(bytes);
    const bool rows = form_.opset >= 13;
    auto* scale = constant(name + ".scale", rows ? std::vector<int>{shape[1]} : std::vector<int>{},
                           onnx::TensorProto::FLOAT);
    for (int i = 0; i < (rows ? shape[1] : 1); ++i)
      scale->add_float_data(static_cast<float>(bound / 127 * (0.5 + random_.uniform() / 2)));
    auto* zero = constant(name + ".zero", rows ? std::vector<int>{shape[1]} : std::vector<int>{},
                          onnx::TensorProto::INT8);
    for (int i = 0; i < (rows ? shape[1] : 1); ++i) zero->add_int32_data(0);
    const std::string y =
        node("DequantizeLinear", {name + ".bytes", name + ".scale", name + ".zero"});
    if (rows) number("axis", 1);
    return y;
  }

  static int count(const std::vector<int>& shape) {
    int n = 1;
    for (const int extent : shape) n *= extent;
    return n;
  }
  onnx::TensorProto* constant(const std::string& name, const std::vector<int>& shape, int type) {
    auto* tensor = model_.mutable_graph()->add_initializer();
    tensor->set_name(name);
    tensor->set_data_type(type);
    for (const int extent : shape) tensor->add_dims(extent);
    return tensor;
  }
  std::string floats(const std::string& name, const std::vector<int>& shape, double bound) {
    auto* tensor = constant(name, shape, onnx::TensorProto::FLOAT);
    for (int i = 0; i < count(shape); ++i)
      tensor->add_float_data(static_cast<float>(bound * (2 * random_.uniform() - 1)));
    return name;
  }
  std::string integers(const std::string& name, const std::vector<std::int64_t>& values) {
    auto* tensor = constant(name, {static_cast<int>(values.size())}, onnx::TensorProto::INT64);
    for (const auto v : values) tensor->add_int64_data(v);
    return name;
  }
  std::string scalar(const std::string& name, std::int64_t value) {
    constant(name, {}, onnx::TensorProto::INT64)->add_int64_data(value);
    return name;
  }
  std::string node(const std::string& op, const std::vector<std::string>& inputs) {
    last_ = model_.mutable_graph()->add_node();
    last_->set_op_type(op);
    for (const auto& input : inputs) last_->add_input(input);
    last_->add_output("v" + std::to_string(next_++));
    return last_->output(0);
  }
  onnx::AttributeProto* attribute(const std::string& name,
                                  onnx::AttributeProto::AttributeType type) {
    auto* a = last_->add_attribute();
    a->set_name(name);
    a->set_type(type);
    return a;
  }
  void number(const std::string& name, std::int64_t v) {
    attribute(name, onnx::AttributeProto::INT)->set_i(v);
  }
  void text(const std::string& name, const std::string& v) {
    attribute(name, onnx::AttributeProto::STRING)->set_s(v);
  }
  void list(const std::string& name, const std::vector<std::int64_t>& values) {
    auto* a = attribute(name, onnx::AttributeProto::INTS);
    for (const auto v : values) a->add_ints(v);
  }
  static void describe(onnx::ValueInfoProto* info, const std::string& name,
                       const std::vector<int>& shape) {
    info->set_name(name);
    auto* tensor = info->mutable_type()->mutable_tensor_type();
    tensor->set_elem_type(onnx::TensorProto::FLOAT);
    int open = 0;
    for (const int extent : shape) {
      auto* dim = tensor->mutable_shape()->add_dim();
      if (extent > 0)
        dim->set_dim_value(extent);
      else
        dim->set_dim_param(open++ == 0 ? "batch" : "time");
    }
  }

  Form form_;
  Random random_;
  onnx::ModelProto model_;
  onnx::NodeProto* last_ = nullptr;
  int next_ = 0;
};

std::vector<float> answer_of(const std::string& spec, const Model& model,
                             const std::vector<float>& input) {
  const Registry::Found found = registry().resolve(parse_spec(spec));
  CompileOptions options;
  options.window = kWindow;
  const auto compiled = found.backend->compile(model, nullptr, found.device, options);
  const auto session = compiled->open(kBatch);
  std::vector<float> output(std::size_t{kBatch} * 2);
  session->infer(std::as_bytes(std::span(input)), std::as_writable_bytes(std::span(output)));
  return output;
}

void expect_agreement(const Form& form, std::uint64_t seed) {
  SCOPED_TRACE(form.op + " " + form.direction + " layers " + std::to_string(form.layers) +
               " opset " + std::to_string(form.opset) + " weights " + form.weights + " " +
               form.activation + " seed " + std::to_string(seed));
  const Model model = load_model(Writer(form, seed).write());
  Random random(seed + 1000);
  std::vector<float> input(std::size_t{kBatch} * kWindow * kFeatures);
  for (float& x : input) x = static_cast<float>(4 * random.uniform() - 2);
  const auto ours = answer_of("native-cpu", model, input);
  const auto theirs = answer_of("onnxruntime:cpu", model, input);
  for (std::size_t i = 0; i < ours.size(); ++i) EXPECT_NEAR(ours[i], theirs[i], 1e-5) << i;
}

class Agreement : public testing::Test {
 protected:
  void SetUp() override {
    const Availability availability = registry().find("onnxruntime").availability();
    if (availability.kind != Availability::Ready) GTEST_SKIP() << availability.reason;
  }
};

TEST_F(Agreement, WithOnnxRuntimeOnEveryCellDirectionAndOpset) {
  std::uint64_t seed = 1;
  for (const char* op : {"RNN", "GRU", "LSTM"}) {
    for (const char* direction : {"forward", "reverse", "bidirectional"}) {
      for (const int opset : {7, 8, 9, 10, 11, 12, 13, 14, 16, 17, 19, 20, 21}) {
        Form form;
        form.op = op;
        form.direction = direction;
        form.opset = opset;
        form.layers = 1 + opset % 3;
        form.last_step = opset % 4 < 2;
        form.dynamic = opset % 5 != 0;
        form.bias = opset % 7 != 0;
        expect_agreement(form, seed++);
      }
    }
  }
}

TEST_F(Agreement, WithOnnxRuntimeOnAGruThatResetsFirst) {
  for (const int opset : {7, 13, 17}) {
    Form form;
    form.opset = opset;
    form.reset_last = false;
    expect_agreement(form, 40);
  }
}

TEST_F(Agreement, WithOnnxRuntimeOnScaledInputsAndOutputs) {
  for (const char* activation : {"", "Relu", "Sigmoid", "Tanh"}) {
    for (const int opset : {11, 12, 17}) {
      Form form;
      form.op = "LSTM";
      form.opset = opset;
      form.scaled = true;
      form.activation = activation;
      expect_agreement(form, 50);
    }
  }
}

TEST_F(Agreement, WithOnnxRuntimeOnWeightsOfEightBits) {
  for (const char* op : {"RNN", "GRU", "LSTM"}) {
    for (const int opset : {10, 13, 17, 21}) {
      Form form;
      form.op = op;
      form.opset = opset;
      form.weights = "int8";
      form.direction = opset == 13 ? "bidirectional" : "forward";
      expect_agreement(form, 60);
    }
  }
}

}  // namespace
}  // namespace steelyard::contract

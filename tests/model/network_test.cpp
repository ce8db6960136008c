// SPDX-License-Identifier: Apache-2.0
// What network_of() finds in a graph, and what it refuses and how.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <numeric>

#include "steelyard/model/model.h"
#include "tests/model/graphs.h"
#include "tests/model/reference.h"

namespace steelyard {
namespace {

using ::testing::AllOf;
using testing::constant_named;
using testing::Folder;
using ::testing::HasSubstr;
using testing::Layout;
using testing::node_with;

class NetworkOf : public ::testing::Test {
 protected:
  onnx::ModelProto proto(const Layout& layout = {}) {
    return testing::saved_proto(testing::random_network(layout), folder_);
  }
  Network network(const onnx::ModelProto& model) {
    return network_of(load_model(testing::write_model(folder_, model)));
  }
  std::string error_for(const onnx::ModelProto& model) {
    const Model loaded = load_model(testing::write_model(folder_, model));
    return testing::error_of([&] { network_of(loaded); });
  }
  Folder folder_;
};

onnx::AttributeProto* add_attribute(onnx::NodeProto* node, const char* name,
                                    onnx::AttributeProto::AttributeType type) {
  auto* attribute = node->add_attribute();
  attribute->set_name(name);
  attribute->set_type(type);
  return attribute;
}

void add_constant(onnx::ModelProto& model, const char* name, std::vector<std::int64_t> shape,
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
onnx::NodeProto* insert_after(onnx::ModelProto& model, const std::string& name, const char* op) {
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

TEST_F(NetworkOf, NamesNodeOperatorAndAttributeOfWhatItRefuses) {
  auto model = proto();
  add_attribute(node_with(model, "GRU"), "clip", onnx::AttributeProto::FLOAT)->set_f(3);
  EXPECT_THAT(error_for(model),
              AllOf(HasSubstr("node \"GRU_1\" (GRU)"), HasSubstr("attribute clip")));

  model = proto();
  auto* activations =
      add_attribute(node_with(model, "GRU"), "activations", onnx::AttributeProto::STRINGS);
  activations->add_strings("HardSigmoid");
  activations->add_strings("Tanh");
  EXPECT_THAT(error_for(model), HasSubstr("activations=[HardSigmoid,Tanh]"));

  model = proto({.cell = Cell::lstm});
  add_attribute(node_with(model, "LSTM"), "input_forget", onnx::AttributeProto::INT)->set_i(1);
  EXPECT_THAT(error_for(model), HasSubstr("attribute input_forget"));
}

TEST_F(NetworkOf, RefusesAnUnknownOperatorInTheMiddle) {
  auto model = proto();
  insert_after(model, node_with(model, "Gather")->output(0), "Softmax");
  EXPECT_THAT(error_for(model), HasSubstr("node \"extra\" (Softmax)"));
}

TEST_F(NetworkOf, IgnoresNodesThatTheOutputDoesNotNeed) {
  auto model = proto();
  auto* idle = model.mutable_graph()->add_node();
  idle->set_op_type("Softmax");
  idle->add_input("input");
  idle->add_output("unused");
  testing::expect_same(network(model), testing::random_network({}));
}

TEST_F(NetworkOf, AcceptsPeepholesAndInitialStatesOnlyWhenTheyAreZero) {
  for (const bool zero : {true, false}) {
    auto model = proto({.cell = Cell::lstm});
    auto* node = node_with(model, "LSTM");
    for (const char* name : {"", "h", "c", "p"}) node->add_input(name);
    add_constant(model, "h", {1, 1, 3}, 0);
    add_constant(model, "c", {1, 1, 3}, 0);
    add_constant(model, "p", {1, 9}, zero ? 0 : 1);
    if (zero)
      testing::expect_same(network(model), testing::random_network({.cell = Cell::lstm}));
    else
      EXPECT_THAT(error_for(model), HasSubstr("P (peepholes) is not provably zero"));
  }
}

TEST_F(NetworkOf, RefusesAnInitialStateThatIsAnInput) {
  auto model = proto();
  auto* node = node_with(model, "GRU");
  node->add_input("");
  node->add_input("h0");
  *model.mutable_graph()->add_input() = model.graph().input(0);
  model.mutable_graph()->mutable_input(1)->set_name("h0");
  EXPECT_THAT(error_for(model), HasSubstr("this one has 2"));
}

TEST_F(NetworkOf, RefusesSequenceLengths) {
  auto model = proto();
  node_with(model, "GRU")->add_input("lengths");
  add_constant(model, "lengths", {1}, 4);
  EXPECT_THAT(error_for(model), HasSubstr("sequence_lens"));
}

TEST_F(NetworkOf, RefusesWeightsOfTheWrongShape) {
  auto model = proto();
  auto* w = constant_named(model, "layer0.W");
  w->set_dims(1, 5);
  w->set_dims(2, 9);
  EXPECT_THAT(error_for(model), AllOf(HasSubstr("(GRU)"), HasSubstr("[1,5,9]")));
}

TEST_F(NetworkOf, TakesMissingBiasesForZeros) {
  auto model = proto();
  node_with(model, "GRU")->mutable_input()->RemoveLast();
  EXPECT_EQ(network(model).layers[0].b, std::vector<float>(18, 0.0f));
}

TEST_F(NetworkOf, KnowsBothFormsOfTheResetGate) {
  auto model = proto();
  for (auto& attribute : *node_with(model, "GRU")->mutable_attribute())
    if (attribute.name() == "linear_before_reset") attribute.set_i(0);
  EXPECT_FALSE(network(model).layers[0].linear_before_reset);
}

TEST_F(NetworkOf, UnderstandsLayoutOne) {
  // Without the Transpose in front: layout 1 takes the batch first, and Y is [batch, time,
  // direction, feature].
  auto model = proto();
  add_attribute(node_with(model, "GRU"), "layout", onnx::AttributeProto::INT)->set_i(1);
  node_with(model, "GRU")->set_input(0, "input");
  auto* axes = constant_named(model, "layer0.direction");
  const std::int64_t direction = 2;
  axes->set_raw_data(&direction, sizeof direction);
  node_with(model, "Gather")->mutable_attribute(0)->set_i(1);
  testing::expect_same(network(model), testing::random_network({}));
}

TEST_F(NetworkOf, RefusesAnInputWhoseAxesArriveInTheWrongOrder) {
  // The first layer decides what the axes mean, so the second one is where a swap shows.
  auto model = proto({.layers = 2});
  auto* node = insert_after(model, node_with(model, "Squeeze")->output(0), "Transpose");
  auto* perm = add_attribute(node, "perm", onnx::AttributeProto::INTS);
  for (const int axis : {1, 0, 2}) perm->add_ints(axis);
  EXPECT_THAT(error_for(model), HasSubstr("arrives as [batch, time, features]"));
}

TEST_F(NetworkOf, RefusesAnotherStepThanTheLast) {
  auto model = proto();
  const std::int64_t step = 1;
  constant_named(model, "last_step")->set_raw_data(&step, sizeof step);
  EXPECT_THAT(error_for(model), AllOf(HasSubstr("(Gather)"), HasSubstr("time step 1")));
  const std::int64_t last = 3;  // of 4
  constant_named(model, "last_step")->set_raw_data(&last, sizeof last);
  EXPECT_EQ(network(model).readout, Readout::last_step);
}

TEST_F(NetworkOf, RefusesToReadALayerBeforeTheLast) {
  auto model = proto({.layers = 2});
  std::string first;
  for (const auto& node : model.graph().node())
    if (node.op_type() == "Squeeze" && first.empty()) first = node.output(0);
  auto* second = node_with(model, "Gather");
  second->set_input(0, first);
  // Only the first layer remains in use: that is a network of one layer.
  EXPECT_EQ(network(model).layers.size(), 1u);
}

TEST_F(NetworkOf, FoldsAlphaBetaAndATransposedWeightIntoTheHead) {
  const Network before = testing::random_network({});
  auto model = proto();
  auto* gemm = node_with(model, "Gemm");
  gemm->clear_attribute();
  add_attribute(gemm, "alpha", onnx::AttributeProto::FLOAT)->set_f(2);
  add_attribute(gemm, "beta", onnx::AttributeProto::FLOAT)->set_f(-1);
  auto* w = constant_named(model, "head0.weight");
  w->clear_raw_data();
  w->set_dims(0, 3);
  w->set_dims(1, 2);
  for (int j = 0; j < 3; ++j)
    for (int i = 0; i < 2; ++i)
      w->add_float_data(before.head[0].w[static_cast<std::size_t>(i * 3 + j)]);
  const Dense head = network(model).head[0];
  for (std::size_t i = 0; i < 6; ++i) EXPECT_EQ(head.w[i], 2 * before.head[0].w[i]);
  for (std::size_t i = 0; i < 2; ++i) EXPECT_EQ(head.b[i], -before.head[0].b[i]);
}

TEST_F(NetworkOf, TakesMatMulAndAddForADenseLayer) {
  auto model = proto();
  auto* gemm = node_with(model, "Gemm");
  const std::string output = gemm->output(0);
  gemm->set_op_type("MatMul");
  gemm->clear_attribute();
  gemm->mutable_input()->RemoveLast();
  gemm->set_output(0, "product");
  auto* w = constant_named(model, "head0.weight");
  w->set_dims(0, 3);
  w->set_dims(1, 2);
  auto* add = model.mutable_graph()->add_node();
  add->set_op_type("Add");
  add->add_input("head0.bias");
  add->add_input("product");
  add->add_output(output);
  const Network before = testing::random_network({});
  const Dense head = network(model).head[0];
  EXPECT_EQ(head.b, before.head[0].b);
  // The same bytes, now read as [3][2]: transposed.
  for (std::size_t i = 0; i < 2; ++i)
    for (std::size_t j = 0; j < 3; ++j) EXPECT_EQ(head.w[i * 3 + j], before.head[0].w[j * 2 + i]);
}

TEST_F(NetworkOf, LetsAnActivationStandBetweenLayerAndHead) {
  auto model = proto();
  insert_after(model, node_with(model, "Gather")->output(0), "Relu");
  const Network changed = network(model);
  Network before = testing::random_network({});
  ASSERT_EQ(changed.head.size(), 2u);
  EXPECT_EQ(changed.head[0].activation, Activation::relu);
  const testing::Steps window(4, std::vector<double>(5, 0.5));
  Network bare = before;
  bare.head.clear();
  const auto state = testing::evaluate(bare, window);
  const auto output = testing::evaluate(changed, window);
  for (std::size_t i = 0; i < 2; ++i) {
    double expected = before.head[0].b[i];
    for (std::size_t j = 0; j < 3; ++j)
      expected += before.head[0].w[i * 3 + j] * std::max(state[j], 0.0);
    EXPECT_NEAR(output[i], expected, 1e-9);
  }
}

TEST_F(NetworkOf, RefusesAHeadBeforeTheLayers) {
  auto model = proto();
  insert_after(model, "input", "Relu");
  EXPECT_THAT(error_for(model), HasSubstr("before the first recurrent layer"));
}

TEST_F(NetworkOf, RefusesFlattenedSteps) {
  auto model = proto();
  auto* gather = node_with(model, "Gather");
  gather->set_op_type("Flatten");
  gather->clear_attribute();
  gather->mutable_input()->RemoveLast();
  EXPECT_THAT(error_for(model), HasSubstr("(Flatten): it merges axes of [time, batch, features]"));
}

TEST_F(NetworkOf, BoundsTheWorkOfAHostileGraph) {
  // Each Concat doubles a constant: 2^60 bytes if nobody counts.
  auto model = proto();
  std::string name = "head0.bias";
  for (int i = 0; i < 60; ++i) {
    auto* node = model.mutable_graph()->add_node();
    node->set_op_type("Concat");
    add_attribute(node, "axis", onnx::AttributeProto::INT)->set_i(0);
    node->add_input(name);
    node->add_input(name);
    name = "double" + std::to_string(i);
    node->add_output(name);
  }
  node_with(model, "Gemm")->set_input(2, name);
  EXPECT_THAT(error_for(model), HasSubstr("the constants grow too large"));
}

TEST_F(NetworkOf, RefusesAModelWithoutRecurrentLayers) {
  auto model = proto();
  auto* graph = model.mutable_graph();
  graph->clear_node();
  auto* node = graph->add_node();
  node->set_op_type("Identity");
  node->add_input("input");
  node->add_output("output");
  EXPECT_THAT(error_for(model), HasSubstr("passes no recurrent layer"));
}

TEST_F(NetworkOf, JoinsLastAndFirstStepsIntoTheFinalState) {
  // out[:, -1, :H] beside out[:, 0, H:] is what Y_h holds.
  const Layout layout{.directions = 2};
  auto model = proto(layout);
  auto* graph = model.mutable_graph();
  const std::string sequence = node_with(model, "Reshape")->output(0);
  const std::string joined = node_with(model, "Gather")->output(0);
  const auto integers = [&](const std::string& name, std::vector<std::int64_t> values,
                            bool scalar) {
    auto* tensor = graph->add_initializer();
    tensor->set_name(name);
    tensor->set_data_type(onnx::TensorProto::INT64);
    if (!scalar) tensor->add_dims(static_cast<std::int64_t>(values.size()));
    for (const auto value : values) tensor->add_int64_data(value);
    return name;
  };
  const auto part = [&](const std::string& name, std::int64_t step, std::int64_t from) {
    auto* gather = graph->add_node();
    gather->set_op_type("Gather");
    gather->add_input(sequence);
    gather->add_input(integers(name + "step", {step}, true));
    gather->add_output(name + "all");
    auto* slice = graph->add_node();
    slice->set_op_type("Slice");
    slice->add_input(name + "all");
    slice->add_input(integers(name + "from", {from}, false));
    slice->add_input(integers(name + "to", {from + 3}, false));
    slice->add_input(integers(name + "axes", {1}, false));
    slice->add_output(name);
  };
  part("ahead", -1, 0);
  part("back", 0, 3);
  auto* concat = graph->add_node();
  concat->set_op_type("Concat");
  add_attribute(concat, "axis", onnx::AttributeProto::INT)->set_i(1);
  concat->add_input("ahead");
  concat->add_input("back");
  concat->add_output("both");
  node_with(model, "Gemm")->set_input(0, "both");
  EXPECT_EQ(network(model).readout, Readout::final_state);
  ASSERT_NE(joined, "");
}

}  // namespace
}  // namespace steelyard

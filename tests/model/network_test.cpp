// SPDX-License-Identifier: Apache-2.0
// What network_of() finds in a graph, and what it refuses and how.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "steelyard/model/model.h"
#include "tests/model/network_fixture.h"

namespace steelyard {
namespace {

using testing::add_attribute;
using testing::add_constant;
using ::testing::AllOf;
using testing::constant_named;
using ::testing::HasSubstr;
using testing::insert_after;
using testing::NetworkOf;
using testing::node_with;

TEST_F(NetworkOf, NamesNodeOperatorAndAttributeOfWhatItRefuses) {
  auto model = proto();
  add_attribute(node_with(model, "GRU"), "clip", onnx::AttributeProto::FLOAT)->set_f(3);
  EXPECT_THAT(error_for(model),
              AllOf(HasSubstr("node \"GRU_1\" (GRU)"), HasSubstr("attribute clip")));

  model = proto();
  auto* activations =
      add_attribute(node_with(model, "GRU"), "activations", onnx::AttributeProto::STRINGS);
  activations->add_strings("Swish");
  activations->add_strings("Tanh");
  EXPECT_THAT(error_for(model),
              AllOf(HasSubstr("node \"GRU_1\" (GRU)"), HasSubstr("activations=[Swish,Tanh]"),
                    HasSubstr("\"Swish\", which is no activation function of ONNX")));

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

TEST_F(NetworkOf, AcceptsPeepholesOnlyWhenTheyAreZero) {
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

TEST_F(NetworkOf, LeavesOutLayersThatTheOutputDoesNotNeed) {
  auto model = proto({.layers = 2});
  std::string first;
  for (const auto& node : model.graph().node())
    if (node.op_type() == "Squeeze" && first.empty()) first = node.output(0);
  auto* second = node_with(model, "Gather");
  second->set_input(0, first);
  EXPECT_EQ(network(model).layers.size(), 1u);
}

TEST_F(NetworkOf, RefusesAnInputThatIsLongerThanAnyWindow) {
  auto model = proto();
  model.mutable_graph()
      ->mutable_input(0)
      ->mutable_type()
      ->mutable_tensor_type()
      ->mutable_shape()
      ->mutable_dim(1)
      ->set_dim_value(13'540'905'517'064);
  EXPECT_THAT(error_for(model), HasSubstr("an axis of 13540905517064 elements"));
}

TEST_F(NetworkOf, RefusesAnInputScaledByListsOfUnlikeLength) {
  auto model = proto();
  add_constant(model, "two", {2}, 3);
  add_constant(model, "five", {5}, 1);
  auto* scaled = insert_after(model, model.graph().input(0).name(), "Mul");
  scaled->add_input("two");
  scaled->set_output(0, "scaled");
  auto* moved = model.mutable_graph()->add_node();
  moved->set_op_type("Add");
  moved->add_input("scaled");
  moved->add_input("five");
  moved->add_output("inserted");
  EXPECT_THAT(error_for(model), HasSubstr("its constant has 5 numbers, the one before it 2"));
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

}  // namespace
}  // namespace steelyard

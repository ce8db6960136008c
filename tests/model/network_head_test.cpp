// SPDX-License-Identifier: Apache-2.0
// What network_of() makes of the part behind the recurrent layers: the choice of steps, dense
// layers, activations.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "steelyard/model/model.h"
#include "tests/model/network_fixture.h"
#include "tests/model/reference.h"

namespace steelyard {
namespace {

using testing::add_attribute;
using testing::constant_named;
using ::testing::HasSubstr;
using testing::insert_after;
using testing::Layout;
using testing::NetworkOf;
using testing::node_with;

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

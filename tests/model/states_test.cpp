// SPDX-License-Identifier: Apache-2.0
// What network_of() makes of states, lengths and activations in the forms in which exporters write
// them, and what it refuses and how.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "steelyard/model/model.h"
#include "tests/fakes/activations.h"
#include "tests/fakes/stateful_model.h"
#include "tests/model/network_fixture.h"

namespace steelyard {
namespace {

using Form = StatefulForm;
using testing::add_attribute;
using testing::add_constant;
using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::Layout;
using testing::NetworkOf;
using testing::node_with;

class StatefulNetworkOf : public NetworkOf {
 protected:
  Network found(const Network& network, const Form& form) {
    StatefulModel(network, form).write(folder_ / "stateful.onnx");
    return network_of(load_model(folder_ / "stateful.onnx"));
  }
  onnx::ModelProto stateful(const Network& network, const Form& form) {
    StatefulModel(network, form).write(folder_ / "stateful.onnx");
    onnx::ModelProto model;
    EXPECT_TRUE(model.ParseFromString(testing::read_bytes(folder_ / "stateful.onnx")));
    return model;
  }
};

// Each state once, in the order of layers, where [layers * directions, batch, hidden] has it.
StateTensor all_in_one(const Network& network, int tensor, bool cell) {
  StateTensor all{tensor, 0, network.layers.front().hidden, {}};
  for (int l = 0; l < static_cast<int>(network.layers.size()); ++l)
    for (int d = 0; d < network.layers[static_cast<std::size_t>(l)].directions; ++d)
      all.parts.push_back({{l, d, cell}, all.outer++, 0});
  return all;
}

TEST_F(StatefulNetworkOf, UnderstandsEveryWayInWhichStatesGoInAndComeOut) {
  for (const Cell cell : {Cell::rnn, Cell::gru, Cell::lstm})
    for (const int directions : {1, 2})
      for (const int layers : {1, 3})
        for (const bool layout : {false, true})
          for (const auto before : {Form::each, Form::sliced, Form::gathered, Form::split})
            for (const bool turned : {false, true}) {
              const Network network = testing::random_network(
                  {.cell = cell, .directions = directions, .layers = layers});
              Form form{.before = before, .after = Form::joined, .layout = layout};
              form.last_comes_first = turned;
              const Network got = found(network, form);
              testing::expect_same(got, network);
              const int tensors = cell == Cell::lstm ? 2 : 1;
              const auto place = [&](int i) { return turned ? tensors - i : i; };
              EXPECT_EQ(got.output_tensor, place(0));
              ASSERT_EQ(got.states_out.size(), static_cast<std::size_t>(tensors));
              for (int i = 0; i < tensors; ++i)
                EXPECT_THAT(got.states_out,
                            ::testing::Contains(all_in_one(network, place(i + 1), i == 1)));
              std::size_t parts = 0;
              for (const StateTensor& tensor : got.states_in) parts += tensor.parts.size();
              EXPECT_EQ(parts, static_cast<std::size_t>(layers * directions * tensors));
              if (before == Form::each) continue;
              EXPECT_EQ(got.input_tensor, place(0));
              for (int i = 0; i < tensors; ++i)
                EXPECT_THAT(got.states_in,
                            ::testing::Contains(all_in_one(network, place(i + 1), i == 1)));
            }
}

TEST_F(StatefulNetworkOf, KnowsWhereStatesLieThatStandBesideEachOther) {
  const Network network = testing::random_network({.directions = 2, .hidden = 3});
  const Network got = found(network, {.before = Form::each, .after = Form::apart, .layout = true});
  const StateTensor beside{1, 1, 6, {{{0, 0, false}, 0, 0}, {{0, 1, false}, 0, 3}}};
  EXPECT_EQ(got.states_in, std::vector{beside});
  EXPECT_EQ(got.states_out, std::vector{beside});
}

TEST_F(StatefulNetworkOf, TakesStatesOfTheFileForThoseThatAWindowBeginsWith) {
  for (const Cell cell : {Cell::gru, Cell::lstm})
    for (const int directions : {1, 2})
      for (const bool layout : {false, true})
        for (const auto before : {Form::constant, Form::expanded})
          for (const int rows : {1, 3}) {
            if (before == Form::expanded && rows == 3) continue;
            Network network =
                testing::random_network({.cell = cell, .directions = directions, .layers = 2});
            Random random(5);
            for (Recurrent& layer : network.layers) {
              layer.initial_h =
                  testing::random_floats(random, static_cast<std::size_t>(layer.output() * rows));
              if (cell == Cell::lstm)
                layer.initial_c =
                    testing::random_floats(random, static_cast<std::size_t>(layer.output() * rows));
            }
            testing::expect_same(found(network, {.before = before, .layout = layout}), network);
          }
}

TEST_F(StatefulNetworkOf, TakesRowsThatAreAllTheSameForOne) {
  Network network = testing::random_network({});
  network.layers[0].initial_h = {1, 2, 3, 1, 2, 3};
  EXPECT_EQ(found(network, {.before = Form::constant}).layers[0].initial_h,
            (std::vector<float>{1, 2, 3}));
}

TEST_F(StatefulNetworkOf, GivesEveryStepAndStatesWithoutAnyAnswer) {
  for (const bool layout : {false, true})
    for (const bool batch_first : {false, true})
      for (const int directions : {1, 2}) {
        Network network = testing::random_network(
            {.directions = directions, .layers = 2, .readout = Readout::every_step});
        network.answer_batch_first = batch_first;
        testing::expect_same(found(network, {.after = Form::joined, .layout = layout}), network);
        network.head.clear();
        testing::expect_same(found(network, {.layout = layout}), network);
      }
  Network network = testing::random_network({.layers = 2, .readout = Readout::final_state});
  network.head.clear();
  const Network got = found(network, {.after = Form::joined, .answer = false});
  EXPECT_EQ(got.output_tensor, -1);
  EXPECT_EQ(got.states_out, std::vector{all_in_one(network, 0, false)});
}

TEST_F(StatefulNetworkOf, TakesASingleOutputOfAStateForTheAnswer) {
  Network network = testing::random_network({.readout = Readout::final_state});
  network.head.clear();
  const Network got = found(network, {.after = Form::apart, .answer = false});
  EXPECT_EQ(got.output_tensor, 0);
  EXPECT_TRUE(got.states_out.empty());
}

TEST_F(StatefulNetworkOf, KnowsLengthsThatAreGivenOrFixed) {
  for (const auto lengths : {Form::input, Form::wide_input}) {
    Network network = testing::random_network({.cell = Cell::lstm, .layers = 2});
    for (Recurrent& layer : network.layers) layer.ends_early = true;
    Form form{.before = Form::sliced, .lengths = lengths};
    const Network got = found(network, form);
    testing::expect_same(got, network);
    EXPECT_EQ(got.lengths.tensor, 1);
    form.last_comes_first = true;
    EXPECT_EQ(found(network, form).lengths.tensor, 2);
  }
  Network network = testing::random_network({});
  network.layers[0].ends_early = true;
  network.lengths.fixed = {4, 0, 2};
  testing::expect_same(found(network, {.lengths = Form::fixed}), network);
  network.lengths.fixed = {2, 2, 2};
  EXPECT_EQ(found(network, {.lengths = Form::fixed}).lengths.fixed, std::vector<int>{2});
  network.lengths.fixed = {4, 4};
  const Network whole = found(network, {.lengths = Form::fixed});
  EXPECT_FALSE(whole.ends_early()) << "as long as the window";
  EXPECT_EQ(whole.lengths, WindowLengths());
}

TEST_F(StatefulNetworkOf, KnowsThatALastStepIsNoFinalStateOfAWindowThatEndsEarly) {
  Network network = testing::random_network({.readout = Readout::last_step});
  EXPECT_EQ(found(network, {.lengths = Form::whole}).readout, Readout::last_step);
  network.layers[0].ends_early = true;
  EXPECT_EQ(found(network, {.lengths = Form::input}).readout, Readout::last_step);
  network.readout = Readout::final_state;
  EXPECT_EQ(found(network, {.lengths = Form::input}).readout, Readout::final_state);
}

TEST_F(StatefulNetworkOf, KnowsEveryActivationOfEveryCell) {
  for (const Cell cell : {Cell::rnn, Cell::gru, Cell::lstm})
    for (const int directions : {1, 2})
      for (std::size_t first = 0; first < kEveryActivation.size(); ++first) {
        Network network = testing::random_network({.cell = cell, .directions = directions});
        auto& functions = network.layers[0].functions;
        // A step of 3 puts no standard list together.
        for (int i = 0; i < functions_of(cell) * directions; ++i)
          functions.push_back(kEveryActivation[(first + static_cast<std::size_t>(i) * 3) %
                                               kEveryActivation.size()]);
        if (cell == Cell::rnn && directions == 1 && first < 2) continue;
        testing::expect_same(found(network, {}), network);
      }
}

TEST_F(StatefulNetworkOf, LeavesStandardActivationsToTheFastKernels) {
  auto model = proto({.cell = Cell::lstm});
  auto* names =
      add_attribute(node_with(model, "LSTM"), "activations", onnx::AttributeProto::STRINGS);
  for (const char* name : {"sigmoid", "Tanh", "Tanh"}) names->add_strings(name);
  EXPECT_TRUE(network(model).layers[0].functions.empty());
}

TEST_F(StatefulNetworkOf, HasTheNumbersOfOnnxRuntimeWhereAnActivationHasNone) {
  using F = GateFunction;
  const auto of = [&](const char* name) {
    auto model = proto({.cell = Cell::rnn});
    add_attribute(node_with(model, "RNN"), "activations", onnx::AttributeProto::STRINGS)
        ->add_strings(name);
    return network(model).layers[0].functions.at(0);
  };
  EXPECT_EQ(of("HardSigmoid"), (F{F::hard_sigmoid, 0.2f, 0.5f}));
  EXPECT_EQ(of("LeakyRelu"), (F{F::leaky_relu, 0.01f}));
  EXPECT_EQ(of("Elu"), (F{F::elu, 1}));
  EXPECT_EQ(of("ThresholdedRelu"), (F{F::thresholded_relu}));
  EXPECT_EQ(of("Affine"), (F{F::affine}));
  EXPECT_EQ(of("ScaledTanh"), (F{F::scaled_tanh}));
}

TEST_F(StatefulNetworkOf, RefusesActivationsOfAWrongNumber) {
  auto model = proto({.directions = 2});
  auto* names =
      add_attribute(node_with(model, "GRU"), "activations", onnx::AttributeProto::STRINGS);
  for (const char* name : {"Sigmoid", "Relu"}) names->add_strings(name);
  EXPECT_THAT(error_for(model), HasSubstr("activations=[Sigmoid,Relu] has 2 entries instead of 4"));

  model = proto({.cell = Cell::rnn});
  add_attribute(node_with(model, "RNN"), "activations", onnx::AttributeProto::STRINGS)
      ->add_strings("Elu");
  add_attribute(node_with(model, "RNN"), "activation_alpha", onnx::AttributeProto::FLOATS)
      ->add_floats(std::numeric_limits<float>::infinity());
  EXPECT_THAT(error_for(model), HasSubstr("activation_alpha is no list of finite numbers"));
}

TEST_F(StatefulNetworkOf, RefusesInputsThatItDoesNotUnderstandByName) {
  const Network network = testing::random_network({});
  auto model = stateful(network, {.before = Form::each});
  const auto shape_of = [](onnx::ModelProto& m, int input) {
    return m.mutable_graph()->mutable_input(input)->mutable_type()->mutable_tensor_type();
  };
  shape_of(model, 1)->set_elem_type(onnx::TensorProto::DOUBLE);
  EXPECT_THAT(error_for(model),
              AllOf(HasSubstr("(GRU)"), HasSubstr("its input \"h0\" is nothing that the native")));
  model = stateful(network, {.before = Form::each});
  shape_of(model, 1)->mutable_shape()->mutable_dim(2)->set_dim_value(4);
  EXPECT_THAT(error_for(model), HasSubstr("input initial_h arrives as"));
  model = stateful(network, {.before = Form::each});
  shape_of(model, 1)->mutable_shape()->mutable_dim(0)->set_dim_value(2);
  EXPECT_THAT(error_for(model), HasSubstr("with 2 states, not as 1 directions of 3 units"));
  model = stateful(network, {.before = Form::each});
  testing::insert_after(model, "h0", "Tanh");
  EXPECT_THAT(error_for(model), HasSubstr("(Tanh)"));
}

TEST_F(StatefulNetworkOf, RefusesInputsThatAreJoinedWithWhatLayersGive) {
  auto model = stateful(testing::random_network({}), {});
  auto* graph = model.mutable_graph();
  auto* more = graph->add_input();
  *more = graph->input(0);
  more->set_name("more");
  more->mutable_type()->mutable_tensor_type()->mutable_shape()->mutable_dim()->RemoveLast();
  auto* joined = testing::insert_after(model, node_with(model, "Gather")->output(0), "Concat");
  joined->add_input("more");
  add_attribute(joined, "axis", onnx::AttributeProto::INT)->set_i(1);
  EXPECT_THAT(error_for(model),
              HasSubstr("(Concat): it joins what layers give with another input of the model"));
}

TEST_F(StatefulNetworkOf, RefusesASecondAnswer) {
  auto model = stateful(testing::random_network({}), {.after = Form::apart});
  auto* graph = model.mutable_graph();
  auto* more = graph->add_node();
  more->set_op_type("Relu");
  more->add_input("y");
  more->add_output("z");
  *graph->add_output() = graph->output(0);
  graph->mutable_output(graph->output_size() - 1)->set_name("z");
  EXPECT_THAT(error_for(model), HasSubstr("the output \"z\" is a second answer beside \"y\""));
}

TEST_F(StatefulNetworkOf, RefusesStatesThatAreComputedInside) {
  Network network = testing::random_network({.layers = 2});
  network.layers[1].input = 3;
  auto model = stateful(network, {});
  for (auto& node : *model.mutable_graph()->mutable_node())
    if (node.op_type() == "GRU" && node.output(0) == "layer1.Y") {
      node.add_input("");
      node.add_input("layer0.Y_h");
    }
  EXPECT_THAT(error_for(model), HasSubstr("its input initial_h is computed inside the model"));
}

TEST_F(StatefulNetworkOf, RefusesLengthsThatAreNoIntegersOrTooLarge) {
  Network network = testing::random_network({});
  network.layers[0].ends_early = true;
  network.lengths.fixed = {5};
  auto model = stateful(network, {.lengths = Form::fixed});
  EXPECT_THAT(error_for(model), HasSubstr("sequence_lens holds 5, and its windows have 4 steps"));
  model = proto();
  node_with(model, "GRU")->add_input("lengths");
  add_constant(model, "lengths", {1}, 4);
  EXPECT_THAT(error_for(model), HasSubstr("sequence_lens is neither an input of the model nor"));
}

TEST_F(StatefulNetworkOf, RefusesModelsOfSeveralInputsWithoutRecurrentLayers) {
  auto model = proto();
  auto* graph = model.mutable_graph();
  graph->clear_node();
  auto* node = graph->add_node();
  node->set_op_type("Add");
  for (const char* name : {"input", "more"}) node->add_input(name);
  node->add_output("output");
  *graph->add_input() = graph->input(0);
  graph->mutable_input(1)->set_name("more");
  EXPECT_THAT(error_for(model),
              HasSubstr("none of its 2 inputs is read by a recurrent layer (GRU, LSTM, RNN)"));
}

TEST_F(StatefulNetworkOf, FindsTheAxisOfWindowsInAFixedBatch) {
  const Network network = testing::random_network({.cell = Cell::lstm, .layers = 2});
  StatefulModel(network, {.before = Form::sliced, .after = Form::joined, .batch = 3})
      .write(folder_ / "stateful.onnx");
  const Model model = load_model(folder_ / "stateful.onnx");
  for (const TensorInfo& tensor : model.inputs) {
    EXPECT_EQ(tensor.batch_axis, tensor.name == "x" ? 0 : 1) << tensor.name;
  }
  EXPECT_EQ(network_of(model).states_in.at(0), all_in_one(network, 1, false));
  EXPECT_EQ(static_shapes(model.inputs, 3, 4).at(1).shape, (std::vector<std::int64_t>{2, 3, 3}));
}

}  // namespace
}  // namespace steelyard

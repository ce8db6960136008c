// SPDX-License-Identifier: Apache-2.0
// The unrolled form of a model answers as the model does, in the runtimes that run it.
#include "steelyard/model/unroll.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/contract/subjects.h"
#include "tests/fakes/stateful_model.h"

namespace steelyard::contract {
namespace {

class Unrolled : public testing::TestWithParam<std::string> {};

void expect_agreement(const std::string& spec, const Shape& shape, std::uint64_t seed) {
  SCOPED_TRACE(testing::Message() << "cell " << static_cast<int>(shape.cell) << " layers "
                                  << shape.layers << " directions " << shape.directions);
  Subject subject(spec, shape, seed);
  const auto file = folder() / ("network" + std::to_string(seed) + ".unrolled.onnx");
  unroll(subject.model, shape.window, file);
  const Model unrolled = load_model(file);
  const auto found = registry().resolve(parse_spec("native-cpu"));
  const auto original = found.backend->compile(subject.model, nullptr, found.device, {});
  const auto native = original->open(1);
  const auto compiled = subject.found.backend->compile(unrolled, nullptr, subject.found.device, {});
  const auto session = compiled->open(1);
  for (int i = 0; i < 4; ++i) {
    const auto input = subject.next_input(1);
    const auto got = infer(*session, input);
    expect_close(got, subject.exact(input), 1e-5);
    const auto expected = infer(*native, input);
    for (std::size_t k = 0; k < got.size(); ++k) EXPECT_NEAR(got[k], expected[k], 1e-5);
  }
}

TEST_P(Unrolled, AnswersAsTheModelDoes) {
  std::uint64_t seed = 7000;
  for (const Cell cell : {Cell::gru, Cell::lstm, Cell::rnn})
    for (const int directions : {1, 2})
      for (const int layers : {1, 2})
        for (const Readout readout : {Readout::last_step, Readout::final_state})
          expect_agreement(GetParam(), {cell, 6, layers, directions, 8, 5, 2, readout}, seed++);
}

std::vector<std::string> runtimes() {
  std::vector<std::string> specs;
  for (const std::string& spec : ready_specs())
    if (spec == "onnxruntime:cpu@fp32" || spec == "openvino:cpu@fp32") specs.push_back(spec);
  return specs;
}
INSTANTIATE_TEST_SUITE_P(Ready, Unrolled, testing::ValuesIn(runtimes()),
                         [](const auto& info) { return test_name(info.param); });
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(Unrolled);

TEST(UnrolledModel, HasNoRecurrentOperatorAndKnowsWhatItWasMadeFrom) {
  const Model model = model_of(random_network({Cell::gru, 5, 2, 2}, 8), "plain");
  const auto file = folder() / "plain.unrolled.onnx";
  unroll(model, 8, file);
  const Model unrolled = load_model(file);
  std::set<std::string> operators;
  for (const Node& node : unrolled.graph->nodes) operators.insert(node.op);
  EXPECT_THAT(operators, testing::IsSubsetOf({"Gemm", "MatMul", "Add", "Sub", "Mul", "Sigmoid",
                                              "Tanh", "Slice", "Concat", "Reshape"}));
  EXPECT_EQ(unrolled.metadata.at("steelyard.unrolled_from"), model.sha256);
  EXPECT_EQ(unrolled.inputs.at(0).shape, (std::vector<std::int64_t>{1, 8, 5}));
  ASSERT_TRUE(unrolled.recipe.has_value());
}

TEST(UnrolledModel, NeedsANumberOfSteps) {
  const Model model = model_of(random_network({Cell::gru, 5, 1, 1, 0, 5}, 9), "open");
  EXPECT_THROW(unroll(model, 0, folder() / "open.unrolled.onnx"), Error);
  EXPECT_THROW(unroll(model, 5000, folder() / "open.unrolled.onnx"), Error);
}

TEST(UnrolledModel, HasNoStatesThatGoInOrComeOut) {
  const auto file = folder() / "stateful.onnx";
  StatefulModel(random_network({Cell::gru, 5, 1, 1}, 9), {.after = StatefulForm::apart})
      .write(file);
  const Model model = load_model(file);
  try {
    unroll(model, 8, folder() / "stateful.unrolled.onnx");
    FAIL() << "unrolled";
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), testing::HasSubstr("cannot be unrolled: it gives its states as outputs"));
    EXPECT_NE(e.hint(), "");
  }
}

}  // namespace
}  // namespace steelyard::contract

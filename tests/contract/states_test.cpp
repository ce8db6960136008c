// SPDX-License-Identifier: Apache-2.0
// A model that hands its state out and takes it in, on every runtime that takes any ONNX file.
#include <gtest/gtest.h>

#include "tests/contract/subjects.h"
#include "tests/fakes/any_model.h"

namespace steelyard::contract {
namespace {

class States : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    const auto specs = ready_specs();
    if (std::find(specs.begin(), specs.end(), std::string(GetParam()) + "@fp32") == specs.end())
      GTEST_SKIP() << GetParam() << " is not here";
    write_sum(folder() / "sum.onnx");
  }
  std::unique_ptr<CompiledModel> compile() const {
    const auto found = registry().resolve(parse_spec(GetParam()));
    return found.backend->compile(load_model(folder() / "sum.onnx"), nullptr, found.device, {});
  }
};

// Packed as x, state -> y, state_out; two numbers each.
TEST_P(States, AreFedBackWhileStreamingAndForgottenByReset) {
  const auto compiled = compile();
  const auto steps = compiled->open_steps(1);
  const std::vector<float> in{1, 10, 0, 0};
  EXPECT_EQ(infer(*steps, in), (std::vector<float>{2, 20, 1, 10}));
  EXPECT_EQ(infer(*steps, in), (std::vector<float>{4, 40, 2, 20}));
  EXPECT_EQ(infer(*steps, in), (std::vector<float>{6, 60, 3, 30}));
  steps->reset();
  EXPECT_EQ(infer(*steps, in), (std::vector<float>{2, 20, 1, 10}));
  steps->reset();
  EXPECT_EQ(infer(*steps, {1, 10, 5, 7}), (std::vector<float>{12, 34, 6, 17}))
      << "the first query's state is the caller's";
}

TEST_P(States, AreTheCallersInEveryOtherLoad) {
  const auto compiled = compile();
  const auto session = compiled->open(1);
  for (int i = 0; i < 2; ++i)
    EXPECT_EQ(infer(*session, {1, 10, 0, 0}), (std::vector<float>{2, 20, 1, 10}));
}

INSTANTIATE_TEST_SUITE_P(Runtimes, States, testing::Values("onnxruntime:cpu", "openvino:cpu"),
                         [](const auto& info) { return test_name(info.param); });

}  // namespace
}  // namespace steelyard::contract

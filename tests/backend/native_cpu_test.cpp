// SPDX-License-Identifier: Apache-2.0
// Our engine behind the seam: what the contract, which sees every backend alike, does not ask.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <span>

#include "steelyard/backend/registry.h"
#include "steelyard/base/random.h"
#include "steelyard/engine/engine.h"

namespace steelyard {
namespace {

using testing::HasSubstr;

Network small_network() {
  Random random(3);
  const auto floats = [&](std::size_t count) {
    std::vector<float> values(count);
    for (float& value : values) value = static_cast<float>(random.uniform() - 0.5);
    return values;
  };
  Network network;
  network.window = 4;
  network.features = 3;
  Recurrent layer;
  layer.input = 3;
  layer.hidden = 6;
  layer.w = floats(18 * 3);
  layer.r = floats(18 * 6);
  layer.b = floats(36);
  network.layers = {layer};
  Dense head;
  head.input = 6;
  head.output = 2;
  head.w = floats(12);
  head.b = floats(2);
  network.head = {head};
  return network;
}

Model saved(const Network& network) {
  const auto file = std::filesystem::temp_directory_path() /
                    ("steelyard-native-" + std::to_string(::getpid()) + ".onnx");
  WindowRecipe recipe;
  recipe.window = network.window;
  save_network(network, recipe, {}, file);
  Model model = load_model(file);
  std::filesystem::remove(file);
  return model;
}

class NativeCpu : public testing::Test {
 protected:
  std::unique_ptr<CompiledModel> compile(const Model& model, std::vector<Setting> settings = {}) {
    CompileOptions options;
    options.window = 4;
    options.settings = std::move(settings);
    return backend_->compile(model, nullptr, backend_->devices().front(), options);
  }
  static std::vector<float> infer(Session& session, const std::vector<float>& input) {
    std::vector<float> output(session.signature().output_bytes() / sizeof(float));
    session.infer(std::as_bytes(std::span(input)), std::as_writable_bytes(std::span(output)));
    return output;
  }

  std::unique_ptr<Backend> backend_ = make_native_cpu_backend();
};

TEST_F(NativeCpu, NamesTheCpuAndTheInstructionSet) {
  const Device device = backend_->devices().front();
  EXPECT_EQ(device.name, cpu_name());
  EXPECT_THAT(device.runtime, HasSubstr("Steelyard engine "));
  EXPECT_THAT(device.runtime, HasSubstr(engine_targets().front()));
  EXPECT_EQ(device.physical_id, "cpu");
}

TEST_F(NativeCpu, RunsOnEveryInstructionSetOfThisCpu) {
  const Model model = saved(small_network());
  const std::vector<float> input(12, 0.25f);
  const auto expected = infer(*compile(model)->open(1), input);
  for (const std::string& target : engine_targets()) {
    const auto got = infer(*compile(model, {{"target", target}})->open(1), input);
    for (std::size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], expected[i], 1e-5) << target;
  }
}

TEST_F(NativeCpu, SharesABatchAmongThreads) {
  const Model model = saved(small_network());
  std::vector<float> input(7 * 12);
  for (std::size_t i = 0; i < input.size(); ++i) input[i] = 0.01f * float(i);
  const auto expected = infer(*compile(model)->open(7), input);
  const auto got = infer(*compile(model, {{"threads", "3"}})->open(7), input);
  ASSERT_EQ(got.size(), expected.size());
  for (std::size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], expected[i], 1e-6) << i;
  EXPECT_THROW(compile(model, {{"threads", "many"}}), UsageError);
  EXPECT_THROW(compile(model, {{"threads", "0"}}), UsageError);
}

TEST_F(NativeCpu, RefusesAnInstructionSetThatThisCpuHasNot) {
  try {
    compile(saved(small_network()), {{"target", "Z80"}});
    FAIL() << "accepted";
  } catch (const UsageError& e) {
    EXPECT_THAT(e.what(), HasSubstr("Z80"));
    EXPECT_THAT(e.hint(), HasSubstr(engine_targets().back()));
  }
}

TEST_F(NativeCpu, SaysWhichInstructionSetWasForcedAndRefusesAnotherOne) {
  const Model model = saved(small_network());
  const std::string last = engine_targets().back(), best = engine_targets().front();
  if (last == best) GTEST_SKIP() << "this CPU has one instruction set only";
  ::setenv("STEELYARD_CPU_TARGET", last.c_str(), 1);
  EXPECT_THAT(backend_->devices().front().runtime, HasSubstr("(" + last + ")"));
  EXPECT_NO_THROW(compile(model));
  EXPECT_NO_THROW(compile(model, {{"target", last}}));
  EXPECT_THROW(compile(model, {{"target", best}}), UsageError);
  ::setenv("STEELYARD_CPU_TARGET", "Z80", 1);
  const Availability without = make_native_cpu_backend()->availability();
  EXPECT_EQ(without.kind, Availability::NoDevice);
  EXPECT_THAT(without.reason, HasSubstr("no instruction set called 'Z80'"));
  ::unsetenv("STEELYARD_CPU_TARGET");
}

TEST_F(NativeCpu, AModelThatTheEngineCannotRunIsUnsupportedAndNamesTheNode) {
  Model model = saved(small_network());
  auto graph = std::make_shared<Graph>(*model.graph);
  for (Node& node : graph->nodes)
    if (node.op == "GRU") {
      node.op = "Softplus";
      node.name = "strange";
    }
  model.graph = graph;
  try {
    compile(model);
    FAIL() << "compiled";
  } catch (const Unsupported& e) {
    EXPECT_THAT(e.what(), HasSubstr("strange"));
    EXPECT_THAT(e.what(), HasSubstr("Softplus"));
  }
}

TEST_F(NativeCpu, TakesATimeMajorBatchInItsOwnOrder) {
  Network network = small_network();
  const Model batch_first = saved(network);
  network.batch_first = false;
  const Model time_first = saved(network);
  constexpr std::size_t batch = 3, window = 4, features = 3;
  std::vector<float> input(batch * window * features), turned(input.size());
  for (std::size_t i = 0; i < input.size(); ++i) input[i] = 0.1f * static_cast<float>(i % 7);
  for (std::size_t b = 0; b < batch; ++b)
    for (std::size_t t = 0; t < window; ++t)
      for (std::size_t f = 0; f < features; ++f)
        turned[(t * batch + b) * features + f] = input[(b * window + t) * features + f];
  const auto session = compile(time_first)->open(batch);
  EXPECT_EQ(session->signature().inputs[0].shape, (std::vector<std::int64_t>{4, 3, 3}));
  EXPECT_EQ(infer(*session, turned), infer(*compile(batch_first)->open(batch), input));
}

}  // namespace
}  // namespace steelyard

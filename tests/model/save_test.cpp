// SPDX-License-Identifier: Apache-2.0
// What save_network writes comes back equal, byte for byte the same each time, or not at all.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "steelyard/model/model.h"
#include "tests/model/graphs.h"

namespace steelyard {
namespace {

using testing::Folder;
using ::testing::HasSubstr;
using testing::Layout;

TEST(SaveNetwork, ComesBackEqualInEveryForm) {
  Folder folder;
  for (const auto cell : {Cell::rnn, Cell::gru, Cell::lstm})
    for (const int directions : {1, 2})
      for (const int layers : {1, 3})
        for (const auto readout : {Readout::last_step, Readout::final_state})
          for (const bool batch_first : {true, false})
            for (const int window : {0, 4}) {
              const Network network = testing::random_network(
                  {cell, directions, layers, readout, batch_first, 5, 3, 2, window});
              save_network(network, {}, {}, folder / "a.onnx");
              testing::expect_same(network_of(load_model(folder / "a.onnx")), network);
            }
}

TEST(SaveNetwork, KeepsVariantsOfCellsAndHeads) {
  Folder folder;
  Network network = testing::random_network({.directions = 1});
  network.layers[0].reverse = true;
  network.layers[0].linear_before_reset = false;
  network.readout = Readout::final_state;
  network.head[0].activation = Activation::sigmoid;
  network.head.push_back({2, 1, {1, -1}, {0.5f}, Activation::relu, ""});
  save_network(network, {}, {}, folder / "a.onnx");
  testing::expect_same(network_of(load_model(folder / "a.onnx")), network);

  network = testing::random_network({.cell = Cell::rnn, .directions = 2});
  network.layers[0].activation = Activation::relu;
  network.head.clear();
  save_network(network, {}, {}, folder / "a.onnx");
  testing::expect_same(network_of(load_model(folder / "a.onnx")), network);
}

TEST(SaveNetwork, WritesTheSameBytesForTheSameArguments) {
  Folder folder;
  const std::map<std::string, std::string> metadata{{"b", "2"}, {"a", "1"}};
  WindowRecipe recipe;
  recipe.features = {"Open", "Close"};
  recipe.target = "Close";
  recipe.scales = {{0, 1}, {2, 3}};
  save_network(testing::random_network({}), recipe, metadata, folder / "a.onnx");
  save_network(testing::random_network({}), recipe, metadata, folder / "b.onnx");
  EXPECT_EQ(testing::read_bytes(folder / "a.onnx"), testing::read_bytes(folder / "b.onnx"));
  save_network(testing::random_network({}, 2), recipe, metadata, folder / "b.onnx");
  EXPECT_NE(testing::read_bytes(folder / "a.onnx"), testing::read_bytes(folder / "b.onnx"));
}

TEST(SaveNetwork, CarriesRecipeAndMetadata) {
  Folder folder;
  WindowRecipe recipe;
  recipe.features = {"Open", "Close"};
  recipe.target = "Close";
  recipe.window = 4;
  recipe.scales = {{0, 1}, {2, 3}};
  recipe.ticker = "AAPL";
  save_network(testing::random_network({}), recipe, {{"steelyard.seed", "7"}}, folder / "a.onnx");
  const Model model = load_model(folder / "a.onnx");
  ASSERT_TRUE(model.recipe);
  EXPECT_EQ(model.recipe->features, recipe.features);
  EXPECT_EQ(model.recipe->scales, recipe.scales);
  EXPECT_EQ(model.recipe->ticker, "AAPL");
  EXPECT_EQ(model.metadata.at("steelyard.seed"), "7");
  EXPECT_EQ(model.ir, 8);
  EXPECT_EQ(model.opset, 17);
  EXPECT_EQ(model.inputs[0].name, "input");
  EXPECT_EQ(model.outputs[0].name, "output");
  EXPECT_EQ(model.outputs[0].shape, (std::vector<std::int64_t>{-1, 2}));
}

TEST(SaveNetwork, LeavesNothingBehindWhenTheDiskRefuses) {
  Folder folder;
  const auto file = folder / "absent/a.onnx";
  EXPECT_THAT(testing::error_of([&] { save_network(testing::random_network({}), {}, {}, file); }),
              HasSubstr("cannot be written: No such file or directory"));
  std::filesystem::create_directory(folder / "taken");
  testing::write_bytes(folder / "taken/x", "x");
  EXPECT_THAT(testing::error_of(
                  [&] { save_network(testing::random_network({}), {}, {}, folder / "taken"); }),
              HasSubstr("cannot be written"));
  int entries = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder / "."))
    ++entries;
  EXPECT_EQ(entries, 1);
}

TEST(SaveNetwork, RefusesWhatGoesAlongWithWindowsByName) {
  Folder folder;
  Network network = testing::random_network({.cell = Cell::lstm});
  network.layers[0].functions = {
      {GateFunction::hard_sigmoid, 0.2f, 0.5f}, {GateFunction::tanh}, {GateFunction::tanh}};
  const auto refusal = [&] {
    return testing::error_of([&] { save_network(network, {}, {}, folder / "a.onnx"); });
  };
  EXPECT_THAT(refusal(), HasSubstr("has other activations than the standard ones"));
  network = testing::random_network({});
  network.states_out.emplace_back();
  EXPECT_THAT(refusal(), HasSubstr("gives its states as outputs"));
  EXPECT_FALSE(std::filesystem::exists(folder / "a.onnx"));
}

TEST(SaveNetwork, RefusesANetworkWhoseSizesDoNotFit) {
  Folder folder;
  Network network = testing::random_network({});
  network.layers[0].w.pop_back();
  EXPECT_THROW(save_network(network, {}, {}, folder / "a.onnx"), Error);
  EXPECT_FALSE(std::filesystem::exists(folder / "a.onnx"));
}

}  // namespace
}  // namespace steelyard

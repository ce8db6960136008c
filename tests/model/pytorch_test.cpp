// SPDX-License-Identifier: Apache-2.0
// Files that PyTorch's exporter wrote (tests/model/pytorch/README.md) and such as tf2onnx writes for
// Keras (tests/model/keras/make.py): the network found in them must compute what was recorded.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "steelyard/model/model.h"
#include "tests/model/reference.h"

namespace steelyard {
namespace {

struct Recorded {
  std::vector<double> shape, input, output;
};

Recorded recorded(const std::string& name) {
  std::ifstream file(std::string(STEELYARD_SOURCE "/tests/model/") + name + ".txt");
  Recorded result;
  for (auto* numbers : {&result.shape, &result.input, &result.output}) {
    std::string line;
    std::getline(file, line);
    std::istringstream words(line);
    for (double value; words >> value;) numbers->push_back(value);
  }
  return result;
}

Network network_in(const std::string& name) {
  return network_of(
      load_model(std::string(STEELYARD_SOURCE "/tests/model/") + name + ".onnx"));
}

testing::Steps window_of(const Recorded& r, bool batch_first, int which) {
  const auto size = [&](int i) { return static_cast<int>(r.shape[static_cast<std::size_t>(i)]); };
  const int batch = size(batch_first ? 0 : 1), steps = size(batch_first ? 1 : 0),
            features = size(2);
  testing::Steps window(static_cast<std::size_t>(steps));
  for (int t = 0; t < steps; ++t)
    for (int f = 0; f < features; ++f) {
      const int row = batch_first ? which * steps + t : t * batch + which;
      window[static_cast<std::size_t>(t)].push_back(
          r.input[static_cast<std::size_t>(row * features + f)]);
    }
  return window;
}

class Exported : public ::testing::TestWithParam<const char*> {};

TEST_P(Exported, ComputesWhatWasRecorded) {
  const Network network = network_in(GetParam());
  const Recorded r = recorded(GetParam());
  ASSERT_EQ(r.output.size(), 3u);
  for (int i = 0; i < 3; ++i) {
    const auto output = testing::evaluate(network, window_of(r, network.batch_first, i));
    ASSERT_EQ(output.size(), 1u);
    EXPECT_NEAR(output[0], r.output[static_cast<std::size_t>(i)], 1e-6);
  }
}

std::string name_of(const ::testing::TestParamInfo<const char*>& info) {
  std::string name = info.param;
  std::replace(name.begin(), name.end(), '/', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Files, Exported,
                         ::testing::Values("pytorch/gru", "pytorch/lstm", "pytorch/bilstm",
                                           "pytorch/gru_2_layers_h0",
                                           "pytorch/bilstm_2_layers_state",
                                           "pytorch/rnn_time_first_opset9", "pytorch/gru_unfolded",
                                           "keras/lstm", "keras/gru_reset_after",
                                           "keras/gru_reset_before", "keras/simple_rnn",
                                           "keras/lstm_go_backwards", "keras/lstm_stacked",
                                           "keras/bilstm"),
                         name_of);

TEST(PyTorchFile, SaysWhatItIs) {
  const Model model = load_model(STEELYARD_SOURCE "/tests/model/pytorch/bilstm.onnx");
  EXPECT_EQ(model.name, "bilstm");
  EXPECT_EQ(model.ir, 8);
  EXPECT_EQ(model.opset, 17);
  EXPECT_EQ(model.producer, "pytorch 1.13.0");
  ASSERT_EQ(model.inputs.size(), 1u);
  EXPECT_EQ(model.inputs[0].shape, (std::vector<std::int64_t>{-1, 8, 5}));
  EXPECT_EQ(model.inputs[0].batch_axis, 0);
  EXPECT_FALSE(model.recipe);
}

TEST(PyTorchFile, TellsBatchFirstFromTimeFirstByMeaning) {
  EXPECT_TRUE(network_in("pytorch/gru").batch_first);
  const Network network = network_in("pytorch/rnn_time_first_opset9");
  EXPECT_FALSE(network.batch_first);
  EXPECT_EQ(network.window, 8);
  EXPECT_EQ(network.features, 5);
}

TEST(PyTorchFile, TellsTheFinalStateFromTheLastStep) {
  EXPECT_EQ(network_in("pytorch/bilstm").readout, Readout::last_step);
  EXPECT_EQ(network_in("pytorch/bilstm_2_layers_state").readout, Readout::final_state);
}

}  // namespace
}  // namespace steelyard

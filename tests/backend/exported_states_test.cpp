// SPDX-License-Identifier: Apache-2.0
// Files of several inputs and outputs, and of other activations, as PyTorch's exporter wrote them
// (tests/model/pytorch/README.md) and as tf2onnx writes them for Keras (tests/model/keras/make.py):
// native-cpu must answer what was recorded.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include "steelyard/backend/registry.h"

namespace steelyard {
namespace {

// Numbers by the names of inputs and outputs. Files of one of each have three lines without names:
// shape, input, output.
std::map<std::string, std::vector<double>> recorded(const std::string& name) {
  std::ifstream file(STEELYARD_SOURCE "/tests/model/" + name + ".txt");
  std::map<std::string, std::vector<double>> all;
  std::string line;
  for (int i = 0; std::getline(file, line); ++i) {
    std::istringstream words(line);
    std::string word = i == 0 ? "shape" : i == 1 ? "input" : "output";
    if (line.find(':') != std::string::npos) {
      words >> word;
      for (std::string skipped; words >> skipped && skipped != ":";) continue;
    }
    for (double value; words >> value;) all[word].push_back(value);
  }
  return all;
}

std::vector<std::byte> packed(const Signature& signature,
                              const std::map<std::string, std::vector<double>>& numbers) {
  std::vector<std::byte> bytes(signature.input_bytes());
  std::byte* to = bytes.data();
  for (const TensorInfo& input : signature.inputs) {
    EXPECT_EQ((Signature{{input}, {}}.input_bytes()),
              numbers.at(input.name).size() * size_of(input.type))
        << input.name;
    for (const double number : numbers.at(input.name)) {
      const auto value = static_cast<float>(number);
      const auto whole = static_cast<std::int64_t>(number);
      if (input.type == ElementType::f32)
        std::memcpy(to, &value, sizeof value);
      else
        std::memcpy(to, &whole, size_of(input.type));
      to += size_of(input.type);
    }
  }
  return bytes;
}

class ExportedStates : public ::testing::TestWithParam<const char*> {};

TEST_P(ExportedStates, AreAnsweredAsRecorded) {
  const auto backend = make_native_cpu_backend();
  const Model model =
      load_model(std::string(STEELYARD_SOURCE "/tests/model/") + GetParam() + ".onnx");
  const auto compiled = backend->compile(model, nullptr, backend->devices().front(), {});
  const auto session = compiled->open(3);
  const auto numbers = recorded(GetParam());
  const auto in = packed(session->signature(), numbers);
  std::vector<float> out(session->signature().output_bytes() / sizeof(float));
  session->infer(in, std::as_writable_bytes(std::span(out)));
  std::size_t at = 0;
  for (const TensorInfo& output : session->signature().outputs)
    for (const double expected : numbers.at(output.name))
      ASSERT_NEAR(out.at(at++), expected, 1e-5) << output.name;
  EXPECT_EQ(at, out.size());
}

INSTANTIATE_TEST_SUITE_P(
    Files, ExportedStates,
    ::testing::Values("pytorch/gru_states", "pytorch/bilstm_states",
                      "pytorch/lstm_states_time_first_opset9", "pytorch/bigru_every_step",
                      "pytorch/rnn_every_step_head", "pytorch/gru_learned_state",
                      "pytorch/lstm_packed_sorted", "pytorch/bilstm_packed_states",
                      "keras/lstm_relu", "keras/gru_hard_sigmoid", "keras/lstm_states",
                      "keras/bigru_states_sequence", "keras/lstm_every_step"),
    [](const auto& info) {
      std::string name = info.param;
      std::replace(name.begin(), name.end(), '/', '_');
      return name;
    });

}  // namespace
}  // namespace steelyard

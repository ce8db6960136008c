// SPDX-License-Identifier: Apache-2.0
// From the bytes of an ONNX file to the first inference, as libFuzzer and the test that replays its
// corpus run it. One thread.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "steelyard/base/error.h"
#include "steelyard/engine/engine.h"
#include "steelyard/model/model.h"

namespace steelyard::fuzz {

// Whether the network is small enough that its first inference takes no noticeable time.
inline bool is_small(const Network& network) {
  double work = 0;
  for (const Recurrent& layer : network.layers) work += double(layer.w.size() + layer.r.size());
  for (const Dense& layer : network.head) work += double(layer.w.size());
  return work * (network.window ? network.window : 3) < 1 << 21 && network.features < 1 << 12;
}

inline void infer_once(const Network& network, std::string_view bytes) {
  const int batch = 1 + int(bytes.size() % 3), window = network.window ? network.window : 3;
  std::vector<float> input(std::size_t(batch) * window * network.features);
  for (std::size_t i = 0; i < input.size(); ++i)
    input[i] = 0.25f * float(static_cast<signed char>(bytes[i % bytes.size()]));
  EngineOptions options;
  constexpr Precision kPrecisions[] = {Precision::fp32, Precision::bf16, Precision::int8};
  options.precision = kPrecisions[bytes.size() / 3 % 3];
  for (const Recurrent& layer : network.layers) {
    if (!layer.linear_before_reset || !layer.functions.empty()) options.precision = Precision::fp32;
  }
  options.calibration = input;
  options.calibration_window = window;
  const auto session = Engine::compile(network, options)->open(batch, window, 1, true);
  const std::size_t answers = std::size_t(batch) * network.outputs();
  std::vector<float> output(answers * network.answers(window));
  std::vector<float> states(batch * state_size(network), 0.5f);
  std::vector<std::int32_t> lengths;
  for (int s = 0; network.ends_early() && s < batch; ++s) lengths.push_back(s % (window + 1));
  session->infer(input, output, {{}, states, lengths});
  session->infer(input, output, {states, states, lengths});
  for (const Recurrent& layer : network.layers) {
    if (layer.reverse || layer.directions == 2 || layer.ends_early) return;
  }
  session->reset(states);
  session->prepare();
  session->step(std::span(input).first(std::size_t(batch) * network.features),
                std::span(output).first(answers), states);
}

// "" when the file was run, else the sentence that refuses it. Anything but an Error escapes.
inline std::string run(std::string_view bytes, const std::filesystem::path& scratch) {
  std::ofstream(scratch, std::ios::binary | std::ios::trunc) << bytes;
  try {
    const Network network = network_of(load_model(scratch));
    if (is_small(network)) infer_once(network, bytes);
  } catch (const Error& error) {
    const std::string sentence = error.what();
    if (sentence.empty() || sentence.find('\n') != std::string::npos) {
      std::fprintf(stderr, "not one sentence: \"%s\"\n", sentence.c_str());
      std::abort();
    }
    return sentence;
  }
  return "";
}

}  // namespace steelyard::fuzz

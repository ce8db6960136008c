// SPDX-License-Identifier: Apache-2.0
// The network in the bytes of an ONNX file. Thread-safe.
#pragma once

#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <string>

#include "steelyard/base/error.h"
#include "steelyard/model/model.h"

namespace fake {

struct Loaded {
  steelyard::Model model;
  steelyard::Network network;
};

inline Loaded network_in(const std::string& onnx) {
  static std::atomic<int> count{0};
  const auto file =
      std::filesystem::temp_directory_path() /
      ("fake-tensorrt-" + std::to_string(::getpid()) + "-" + std::to_string(++count) + ".onnx");
  std::ofstream(file, std::ios::binary) << onnx;
  try {
    Loaded loaded{steelyard::load_model(file), {}};
    std::filesystem::remove(file);
    loaded.network = steelyard::network_of(loaded.model);
    // The stand-in's memory has room for one input and one output.
    if (const auto more = steelyard::beyond_plain(loaded.network); !more.empty())
      throw steelyard::Error("the stand-in runs plain networks, and this one " + more);
    return loaded;
  } catch (...) {
    std::filesystem::remove(file);
    throw;
  }
}

}  // namespace fake

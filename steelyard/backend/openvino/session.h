// SPDX-License-Identifier: Apache-2.0
// A model in OpenVINO, and queries to it one at a time or several in flight. It is compiled for
// every batch that is opened, with static shapes, as the runtime does best. The compiled model may
// be shared by threads, a Session or Stream belongs to one.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "steelyard/backend/backend.h"

namespace steelyard::openvino {

struct ModelSettings {
  std::string device;  // as OpenVINO names it: "CPU", "GPU.0", "NPU"
  Precision precision = Precision::fp32;
  std::string hint = "LATENCY";  // or THROUGHPUT
  std::string streams = "1";     // a number, or AUTO
  std::string threads = "1";     // CPU only; 0 = as many as the runtime chooses
  std::string cache;             // folder of compiled models; "" = none
};

std::unique_ptr<CompiledModel> compile_for(const Model&, const std::filesystem::path& file,
                                           int window, const ModelSettings&);

}  // namespace steelyard::openvino

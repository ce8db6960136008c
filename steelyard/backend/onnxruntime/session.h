// SPDX-License-Identifier: Apache-2.0
// A model in ONNX Runtime, and queries to it through buffers that stay. The compiled
// model may be shared by threads, a Session belongs to one.
#pragma once

#include <filesystem>
#include <memory>

#include "steelyard/backend/backend.h"
#include "steelyard/backend/onnxruntime/providers.h"

namespace steelyard::onnxruntime {

struct SessionSettings {
  int threads = 1;                     // intra-op; operators run one after the other
  std::string optimisation = "all";    // none, basic, extended, all
  bool spinning = true;                // idle threads spin before they sleep; only for threads > 1
  const Provider* provider = nullptr;  // null: the CPU's
  int device = 0;                      // of the provider
  Precision precision = Precision::fp32;
};

std::unique_ptr<CompiledModel> compile_for(const Model&, const std::filesystem::path& file,
                                           int window, const SessionSettings&);

}  // namespace steelyard::onnxruntime

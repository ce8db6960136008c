// SPDX-License-Identifier: Apache-2.0
// What the stand-in libraries share: faults to inject, and work for a stream. A stream's work is
// done only when somebody waits for it, so an adapter that reads too early reads the last answer.
//
//   FAKE_FAULT=cudaMalloc=2       every cudaMalloc fails with status 2 (out of memory)
//   FAKE_FAULT=enqueueV3=1@3      the third enqueueV3 fails, and only that one
//   FAKE_LATE=50                  work is done 50 ms after it was submitted
#pragma once

#include <cuda_runtime_api.h>

#include <functional>
#include <string>

#include "NvInfer.h"

namespace fake {

// The status that the call of this name is to fail with now; 0 when it is not to fail.
__attribute__((visibility("default"))) int fault(const char* call) noexcept;
__attribute__((visibility("default"))) void submit(cudaStream_t stream, std::function<void()> work);

// A network as the stand-in parser leaves it: the model's file.
struct Network final : nvinfer1::INetworkDefinition {
  std::string onnx;
};

}  // namespace fake

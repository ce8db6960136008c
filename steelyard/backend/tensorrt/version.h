// SPDX-License-Identifier: Apache-2.0
// Everything in which TensorRT 8, 10 and 11 differ; version.cpp is the only file that asks which
// one it is compiled for. Thread-safe.
#pragma once

#include <NvInfer.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "steelyard/model/model.h"

namespace steelyard::tensorrt {

extern const int kMajor;
extern const char* const kOldestVersion;  // of this major version, with all that we call
bool is_recent_enough(std::int32_t number);
// 8601 -> "8.6.1", 101303 -> "10.13.3".
std::string version_from(std::int32_t number);

// Those that a network can be compiled to, the default first. From version 11 on only what the
// model file itself says is computed, so 16-bit and calibrated 8-bit are missing there.
std::vector<Precision> precisions();

nvinfer1::INetworkDefinition* create_network(nvinfer1::IBuilder&);

// Calibration windows in the device's memory, one batch after the other; null where the version has
// no calibration. Belongs to one build.
class Calibration {
 public:
  virtual ~Calibration() = default;
};

// Allows `precision` besides fp32, and TF32 only when it is asked for.
void allow_precision(nvinfer1::IBuilderConfig&, Precision);
// Throws Unsupported where there is no calibration.
std::unique_ptr<Calibration> calibrate(nvinfer1::IBuilderConfig&, std::span<const float> windows,
                                       std::size_t values_a_batch, const std::string& input);
// Switches off what needs a library that is not here (cuBLAS and cuDNN, which TensorRT 8 can use).
void use_present_libraries(nvinfer1::IBuilderConfig&);

// Throws Unsupported, naming the tensor, for types that the version cannot take.
ElementType element_type(nvinfer1::DataType, const char* tensor);
std::int64_t working_memory(const nvinfer1::ICudaEngine&);

}  // namespace steelyard::tensorrt

// SPDX-License-Identifier: Apache-2.0
// TensorRT's two libraries, opened when they are first asked for and kept until the process ends,
// and what they say. Thread-safe.
#pragma once

#include <NvInfer.h>
#include <NvOnnxParser.h>

#include <filesystem>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <string>

namespace steelyard::tensorrt {

// The first of `names` that loads from the folder (or file) that `variable` names, else from where
// the loader looks; null with the loader's words.
void* open_library(const char* variable, std::initializer_list<const char*> names,
                   std::string& reason);

// Keeps TensorRT's errors for the next Error instead of printing them.
class Words final : public nvinfer1::ILogger {
 public:
  void log(Severity severity, const char* text) noexcept override;
  // What was said since the last time, or `otherwise`.
  std::string take(std::string_view otherwise = "it does not say why");

 private:
  std::mutex mutex_;
  std::string text_;
};

struct Libraries {
  std::string reason;            // why they cannot be used; empty when they can
  std::string version;           // "8.6.1"
  std::filesystem::path folder;  // of libnvinfer
  nvinfer1::IBuilder* (*create_builder)(void* logger, std::int32_t version) = nullptr;
  nvinfer1::IRuntime* (*create_runtime)(void* logger, std::int32_t version) = nullptr;
  nvonnxparser::IParser* (*create_parser)(void* network, void* logger, int version) = nullptr;
  std::int32_t number = 0;  // what TensorRT calls its version, to be handed back
};
// Looks in $STEELYARD_TENSORRT_LIB (a folder; when set, nowhere else), else where the loader looks.
const Libraries& libraries();
Words& words();

// Never deleted while a Session may use it, and it needs no device: one for the process.
nvinfer1::IRuntime& runtime();

}  // namespace steelyard::tensorrt

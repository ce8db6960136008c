// SPDX-License-Identifier: Apache-2.0
// See version.h. Thread-safe.
#include "steelyard/backend/tensorrt/version.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <cstring>

#include "steelyard/backend/backend.h"
#include "steelyard/backend/tensorrt/cuda.h"

namespace steelyard::tensorrt {

const int kMajor = NV_TENSORRT_MAJOR;

std::string version_from(std::int32_t number) {
  if (number < 10000)
    return fmt::format("{}.{}.{}", number / 1000, number / 100 % 10, number % 100);
  return fmt::format("{}.{}.{}", number / 10000, number / 100 % 100, number % 100);
}

std::int64_t working_memory(const nvinfer1::ICudaEngine& engine) {
#if NV_TENSORRT_MAJOR < 10
  return static_cast<std::int64_t>(engine.getDeviceMemorySize());
#else
  return engine.getDeviceMemorySizeV2();
#endif
}

ElementType element_type(nvinfer1::DataType type, const char* tensor) {
  using nvinfer1::DataType;
  switch (type) {
    case DataType::kFLOAT:
      return ElementType::f32;
    case DataType::kHALF:
      return ElementType::f16;
    case DataType::kINT8:
      return ElementType::i8;
    case DataType::kINT32:
      return ElementType::i32;
    case DataType::kBOOL:
      return ElementType::boolean;
    case DataType::kUINT8:
      return ElementType::u8;
#if NV_TENSORRT_MAJOR >= 10
    case DataType::kBF16:
      return ElementType::bf16;
    case DataType::kINT64:
      return ElementType::i64;
#endif
    default:
      break;
  }
  throw Unsupported(fmt::format("tensor '{}' has an element type that TensorRT {} cannot be given",
                                tensor, NV_TENSORRT_MAJOR));
}

#if NV_TENSORRT_MAJOR < 10

const char* const kOldestVersion = "8.6";
bool is_recent_enough(std::int32_t number) { return number >= 8600; }

nvinfer1::INetworkDefinition* create_network(nvinfer1::IBuilder& builder) {
  return builder.createNetworkV2(
      1u << static_cast<unsigned>(nvinfer1::NetworkDefinitionCreationFlag::kEXPLICIT_BATCH));
}

void use_present_libraries(nvinfer1::IBuilderConfig& config) {
  using nvinfer1::TacticSource;
  const auto present = [](std::initializer_list<const char*> names) {
    for (const char* name : names)
      if (::dlopen(name, RTLD_LAZY | RTLD_LOCAL) != nullptr) return true;
    return false;
  };
  auto sources = config.getTacticSources();
  const auto drop = [&](TacticSource source) { sources &= ~(1u << static_cast<unsigned>(source)); };
  if (!present({"libcudnn.so.8"})) drop(TacticSource::kCUDNN);
  if (!present({"libcublas.so.12", "libcublas.so.11"})) drop(TacticSource::kCUBLAS);
  if (!present({"libcublasLt.so.12", "libcublasLt.so.11"})) drop(TacticSource::kCUBLAS_LT);
  config.setTacticSources(sources);
}

#else

const char* const kOldestVersion = NV_TENSORRT_MAJOR == 10 ? "10.0" : "11.0";
bool is_recent_enough(std::int32_t number) { return number >= NV_TENSORRT_MAJOR * 10000; }

// Networks have an explicit batch always.
nvinfer1::INetworkDefinition* create_network(nvinfer1::IBuilder& builder) {
  return builder.createNetworkV2(0);
}

void use_present_libraries(nvinfer1::IBuilderConfig&) {}

#endif

#if NV_TENSORRT_MAJOR < 11

std::vector<Precision> precisions() {
#if NV_TENSORRT_MAJOR < 10
  return {Precision::fp32, Precision::tf32, Precision::fp16, Precision::int8};
#else
  return {Precision::fp32, Precision::tf32, Precision::fp16, Precision::bf16, Precision::int8};
#endif
}

void allow_precision(nvinfer1::IBuilderConfig& config, Precision precision) {
  using nvinfer1::BuilderFlag;
  if (precision != Precision::tf32) config.clearFlag(BuilderFlag::kTF32);
  if (precision == Precision::fp16) config.setFlag(BuilderFlag::kFP16);
  if (precision == Precision::int8) config.setFlag(BuilderFlag::kINT8);
#if NV_TENSORRT_MAJOR >= 10
  if (precision == Precision::bf16) config.setFlag(BuilderFlag::kBF16);
#endif
}

namespace {

class Calibrator final : public nvinfer1::IInt8EntropyCalibrator2, public Calibration {
 public:
  Calibrator(std::span<const float> windows, std::size_t values, std::string input)
      : windows_(windows),
        values_(values),
        input_(std::move(input)),
        staged_(Memory::pinned, values * sizeof(float)) {}

  std::int32_t getBatchSize() const noexcept override { return 1; }
  // Windows come round again when there are fewer of them than a batch.
  bool getBatch(void* bindings[], const char* names[], std::int32_t count) noexcept override {
    if (next_ > 0 && next_ + values_ > windows_.size()) return false;
    auto* values = reinterpret_cast<float*>(staged_.data());
    for (std::size_t i = 0; i < values_; ++i) values[i] = windows_[(next_ + i) % windows_.size()];
    next_ += values_;
    for (std::int32_t i = 0; i < count; ++i)
      if (names[i] == input_) bindings[i] = staged_.data();
    return true;
  }
  const void* readCalibrationCache(std::size_t& length) noexcept override {
    length = 0;
    return nullptr;
  }
  void writeCalibrationCache(const void*, std::size_t) noexcept override {}

 private:
  std::span<const float> windows_;
  std::size_t values_, next_ = 0;
  std::string input_;
  Memory staged_;
};

}  // namespace

std::unique_ptr<Calibration> calibrate(nvinfer1::IBuilderConfig& config,
                                       std::span<const float> windows, std::size_t values_a_batch,
                                       const std::string& input) {
  auto calibrator = std::make_unique<Calibrator>(windows, values_a_batch, input);
  config.setInt8Calibrator(calibrator.get());
  return calibrator;
}

#else

std::vector<Precision> precisions() { return {Precision::fp32, Precision::tf32, Precision::int8}; }

void allow_precision(nvinfer1::IBuilderConfig& config, Precision precision) {
  if (precision != Precision::tf32) config.clearFlag(nvinfer1::BuilderFlag::kTF32);
}

std::unique_ptr<Calibration> calibrate(nvinfer1::IBuilderConfig&, std::span<const float>,
                                       std::size_t, const std::string&) {
  throw Unsupported("TensorRT 11 calibrates nothing: int8 needs a model that is quantised already",
                    "quantise it with QuantizeLinear and DequantizeLinear nodes, e.g. by NVIDIA's "
                    "Model Optimizer");
}

#endif

}  // namespace steelyard::tensorrt

// SPDX-License-Identifier: Apache-2.0
// Stand-in for NVIDIA's header of the same name: the part of TensorRT's interface that the adapter
// uses, for the major version NV_TENSORRT_MAJOR. Written from its public documentation; the adapter
// compiles unchanged against NVIDIA's own.
#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <cstdint>

namespace nvinfer1 {

#if NV_TENSORRT_MAJOR < 10
using Extent = std::int32_t;
#else
using Extent = std::int64_t;
#endif

struct Dims {
  static constexpr std::int32_t MAX_DIMS = 8;
  std::int32_t nbDims;
  Extent d[MAX_DIMS];
};

enum class DataType : std::int32_t {
  kFLOAT = 0,
  kHALF = 1,
  kINT8 = 2,
  kINT32 = 3,
  kBOOL = 4,
  kUINT8 = 5,
  kFP8 = 6,
#if NV_TENSORRT_MAJOR >= 10
  kBF16 = 7,
  kINT64 = 8,
#endif
};

enum class BuilderFlag : std::int32_t {
#if NV_TENSORRT_MAJOR < 11
  kFP16 = 0,
  kINT8 = 1,
#endif
#if NV_TENSORRT_MAJOR < 10
  kTF32 = 7,
#else
  kTF32 = 6,
#endif
#if NV_TENSORRT_MAJOR == 10
  kBF16 = 17,
#endif
};

enum class MemoryPoolType : std::int32_t { kWORKSPACE = 0 };
enum class ProfilingVerbosity : std::int32_t { kLAYER_NAMES_ONLY = 0, kNONE = 1, kDETAILED = 2 };
enum class LayerInformationFormat : std::int32_t { kONELINE = 0, kJSON = 1 };

class ILogger {
 public:
  enum class Severity : std::int32_t {
    kINTERNAL_ERROR = 0,
    kERROR = 1,
    kWARNING = 2,
    kINFO = 3,
    kVERBOSE = 4
  };
  virtual void log(Severity severity, const char* text) noexcept = 0;
  virtual ~ILogger() = default;
};

class IHostMemory {
 public:
  virtual ~IHostMemory() = default;
  virtual void* data() const noexcept = 0;
  virtual std::size_t size() const noexcept = 0;
};

class INetworkDefinition {
 public:
  virtual ~INetworkDefinition() = default;
};

#if NV_TENSORRT_MAJOR < 10
enum class NetworkDefinitionCreationFlag : std::int32_t { kEXPLICIT_BATCH = 0 };
using TacticSources = std::uint32_t;
enum class TacticSource : std::int32_t { kCUBLAS = 0, kCUBLAS_LT = 1, kCUDNN = 2 };
#endif

#if NV_TENSORRT_MAJOR < 11
class IInt8Calibrator {
 public:
  virtual std::int32_t getBatchSize() const noexcept = 0;
  virtual bool getBatch(void* bindings[], const char* names[], std::int32_t count) noexcept = 0;
  virtual const void* readCalibrationCache(std::size_t& length) noexcept = 0;
  virtual void writeCalibrationCache(const void* data, std::size_t length) noexcept = 0;
  virtual ~IInt8Calibrator() = default;
};
class IInt8EntropyCalibrator2 : public IInt8Calibrator {};
#endif

class IBuilderConfig {
 public:
  virtual ~IBuilderConfig() = default;
  virtual void setMemoryPoolLimit(MemoryPoolType pool, std::size_t bytes) noexcept = 0;
  virtual void setBuilderOptimizationLevel(std::int32_t level) noexcept = 0;
  virtual void setProfilingVerbosity(ProfilingVerbosity verbosity) noexcept = 0;
  virtual void setFlag(BuilderFlag flag) noexcept = 0;
  virtual void clearFlag(BuilderFlag flag) noexcept = 0;
#if NV_TENSORRT_MAJOR < 10
  virtual TacticSources getTacticSources() const noexcept = 0;
  virtual bool setTacticSources(TacticSources sources) noexcept = 0;
#endif
#if NV_TENSORRT_MAJOR < 11
  virtual void setInt8Calibrator(IInt8Calibrator* calibrator) noexcept = 0;
#endif
};

class IBuilder {
 public:
  virtual ~IBuilder() = default;
  virtual INetworkDefinition* createNetworkV2(std::uint32_t flags) noexcept = 0;
  virtual IBuilderConfig* createBuilderConfig() noexcept = 0;
  virtual IHostMemory* buildSerializedNetwork(INetworkDefinition& network,
                                              IBuilderConfig& config) noexcept = 0;
};

class IExecutionContext {
 public:
  virtual ~IExecutionContext() = default;
  virtual bool setInputShape(const char* tensor, const Dims& dims) noexcept = 0;
  virtual Dims getTensorShape(const char* tensor) const noexcept = 0;
  virtual bool setTensorAddress(const char* tensor, void* address) noexcept = 0;
  virtual bool enqueueV3(cudaStream_t stream) noexcept = 0;
};

class IEngineInspector {
 public:
  virtual ~IEngineInspector() = default;
  virtual const char* getEngineInformation(LayerInformationFormat format) const noexcept = 0;
};

class ICudaEngine {
 public:
  virtual ~ICudaEngine() = default;
  virtual Dims getTensorShape(const char* tensor) const noexcept = 0;
  virtual DataType getTensorDataType(const char* tensor) const noexcept = 0;
  virtual IExecutionContext* createExecutionContext() noexcept = 0;
  virtual IEngineInspector* createEngineInspector() const noexcept = 0;
#if NV_TENSORRT_MAJOR < 10
  virtual std::size_t getDeviceMemorySize() const noexcept = 0;
#else
  virtual std::int64_t getDeviceMemorySizeV2() const noexcept = 0;
#endif
};

class IRuntime {
 public:
  virtual ~IRuntime() = default;
  virtual ICudaEngine* deserializeCudaEngine(const void* data, std::size_t size) noexcept = 0;
};

}  // namespace nvinfer1

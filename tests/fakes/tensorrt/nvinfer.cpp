// SPDX-License-Identifier: Apache-2.0
// Stand-in for TensorRT: a plan is a head line and the ONNX file; it is run by our own engine in
// fp32. What was asked for shows in the inspector's words. FAKE_KEEPS_FP32 makes it keep every
// layer at 32 bits, as the real builder does when that is faster.
#include <NvInfer.h>

#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <span>
#include <sstream>
#include <string>
#include <vector>

#include "fake.h"
#include "model_file.h"
#include "steelyard/engine/engine.h"

namespace {

using namespace nvinfer1;
using steelyard::ElementType;
using steelyard::TensorInfo;

#if NV_TENSORRT_MAJOR < 10
constexpr int kVersion = 8601;
#elif NV_TENSORRT_MAJOR == 10
constexpr int kVersion = 101303;
#else
constexpr int kVersion = 110100;
#endif

int version() {
  const char* other = std::getenv("FAKE_VERSION");
  return other == nullptr ? kVersion : std::atoi(other);
}

ILogger* logger = nullptr;
std::nullptr_t complain(const char* text) {
  logger->log(ILogger::Severity::kERROR, text);
  logger->log(ILogger::Severity::kINFO, "this is not an error");
  return nullptr;
}

struct Bytes final : IHostMemory {
  std::string bytes;
  void* data() const noexcept override { return const_cast<char*>(bytes.data()); }
  std::size_t size() const noexcept override { return bytes.size(); }
};

struct Config final : IBuilderConfig {
  std::string precision = "TF32";
  void setMemoryPoolLimit(MemoryPoolType, std::size_t) noexcept override {}
  void setBuilderOptimizationLevel(std::int32_t) noexcept override {}
  void setProfilingVerbosity(ProfilingVerbosity) noexcept override {}
  void setFlag(BuilderFlag flag) noexcept override {
#if NV_TENSORRT_MAJOR < 11
    if (flag == BuilderFlag::kFP16) precision = "FP16";
    if (flag == BuilderFlag::kINT8) precision = "Int8";
#endif
#if NV_TENSORRT_MAJOR == 10
    if (flag == BuilderFlag::kBF16) precision = "BF16";
#endif
    static_cast<void>(flag);
  }
  void clearFlag(BuilderFlag flag) noexcept override {
    if (flag == BuilderFlag::kTF32) precision = "FP32";
  }
#if NV_TENSORRT_MAJOR < 10
  TacticSources getTacticSources() const noexcept override { return 7; }
  bool setTacticSources(TacticSources) noexcept override { return true; }
#endif
#if NV_TENSORRT_MAJOR < 11
  IInt8Calibrator* calibrator = nullptr;
  void setInt8Calibrator(IInt8Calibrator* given) noexcept override { calibrator = given; }
  // Reads what it is given, as calibrating does.
  bool calibrate(const char* input) {
    if (calibrator == nullptr) return true;
    std::size_t length = 0;
    calibrator->readCalibrationCache(length);
    const char* names[] = {input};
    void* data[] = {nullptr};
    float sum = 0;
    int batches = 0;
    for (; calibrator->getBatch(data, names, 1); ++batches) sum += *static_cast<float*>(data[0]);
    calibrator->writeCalibrationCache("", 0);
    return batches > 0 && calibrator->getBatchSize() == 1 && sum == sum;
  }
#else
  bool calibrate(const char*) { return true; }
#endif
};

struct Builder final : IBuilder {
  INetworkDefinition* createNetworkV2(std::uint32_t) noexcept override {
    return fake::fault("createNetwork") != 0 ? nullptr : new fake::Network;
  }
  IBuilderConfig* createBuilderConfig() noexcept override {
    return fake::fault("createConfig") != 0 ? nullptr : new Config;
  }
  IHostMemory* buildSerializedNetwork(INetworkDefinition& network,
                                      IBuilderConfig& config) noexcept override {
    if (fake::fault("build") != 0) return complain("Error Code 10: no tactic\nfor node GRU");
    const auto& onnx = static_cast<fake::Network&>(network).onnx;
    auto& chosen = static_cast<Config&>(config);
    if (!chosen.calibrate(fake::network_in(onnx).model.inputs[0].name.c_str()))
      return complain("calibration failed");
    auto* bytes = new Bytes;
    bytes->bytes = "FAKE " + std::to_string(version()) + " " + chosen.precision + "\n" + onnx;
    return bytes;
  }
};

Dims dims_of(const TensorInfo& tensor) {
  Dims dims{};
  dims.nbDims = static_cast<std::int32_t>(tensor.shape.size());
  for (std::size_t i = 0; i < tensor.shape.size(); ++i)
    dims.d[i] = static_cast<Extent>(tensor.shape[i]);
  if (fake::fault("shape") != 0) dims.d[0] += 1;
  return dims;
}

struct Engine final : ICudaEngine {
  fake::Loaded loaded;
  std::string precision;

  const TensorInfo* find(std::string_view name) const {
    for (const auto* list : {&loaded.model.inputs, &loaded.model.outputs})
      for (const TensorInfo& tensor : *list)
        if (tensor.name == name) return &tensor;
    return nullptr;
  }
  Dims getTensorShape(const char* name) const noexcept override {
    const TensorInfo* tensor = find(name);
    Dims none{};
    none.nbDims = -1;
    if (tensor == nullptr) return none;
    Dims dims = dims_of(*tensor);
    if (fake::fault("openShape") != 0) dims.d[0] = -1;
    return dims;
  }
  DataType getTensorDataType(const char* name) const noexcept override {
    if (const int type = fake::fault("type")) return static_cast<DataType>(type);
    const TensorInfo* tensor = find(name);
    return tensor != nullptr && tensor->type == ElementType::i32 ? DataType::kINT32
                                                                 : DataType::kFLOAT;
  }
  IExecutionContext* createExecutionContext() noexcept override;
  IEngineInspector* createEngineInspector() const noexcept override;
#if NV_TENSORRT_MAJOR < 10
  std::size_t getDeviceMemorySize() const noexcept override { return 4096; }
#else
  std::int64_t getDeviceMemorySizeV2() const noexcept override { return 4096; }
#endif
};

struct Context final : IExecutionContext {
  const Engine* engine = nullptr;
  std::unique_ptr<steelyard::EngineSession> session;
  std::map<std::string, void*, std::less<>> addresses;

  bool setInputShape(const char*, const Dims&) noexcept override {
    return fake::fault("setInputShape") == 0;
  }
  Dims getTensorShape(const char* name) const noexcept override {
    const TensorInfo* tensor = engine->find(name);
    Dims none{};
    none.nbDims = -1;
    return tensor == nullptr ? none : dims_of(*tensor);
  }
  bool setTensorAddress(const char* name, void* address) noexcept override {
    if (engine->find(name) == nullptr || fake::fault("setTensorAddress") != 0) return false;
    addresses[name] = address;
    return true;
  }
  bool enqueueV3(cudaStream_t stream) noexcept override {
    if (fake::fault("enqueueV3") != 0) {
      complain("Error Code 1: Cuda Runtime (invalid resource handle)");
      return false;
    }
    const auto floats = [](const TensorInfo& tensor) {
      std::size_t count = 1;
      for (const auto size : tensor.shape) count *= static_cast<std::size_t>(size);
      return count;
    };
    const TensorInfo &in = engine->loaded.model.inputs[0], &out = engine->loaded.model.outputs[0];
    const std::span<const float> input(static_cast<float*>(addresses[in.name]), floats(in));
    const std::span<float> output(static_cast<float*>(addresses[out.name]), floats(out));
    fake::submit(stream, [input, output, this] { session->infer(input, output); });
    return true;
  }
};

struct Inspector final : IEngineInspector {
  std::string text;
  const char* getEngineInformation(LayerInformationFormat) const noexcept override {
    return text.c_str();
  }
};

IExecutionContext* Engine::createExecutionContext() noexcept try {
  if (fake::fault("createContext") != 0) return complain("Error Code 2: out of memory");
  auto context = std::make_unique<Context>();
  context->engine = this;
  const auto& shape = loaded.model.inputs[0].shape;
  context->session = steelyard::Engine::compile(loaded.network)
                         ->open(static_cast<int>(shape[0]), static_cast<int>(shape[1]));
  return context.release();
} catch (const std::exception& e) {  // a damaged file may say any shape
  return complain(e.what());
}

IEngineInspector* Engine::createEngineInspector() const noexcept {
  if (fake::fault("createInspector") != 0) return nullptr;
  auto inspector = std::make_unique<Inspector>();
  std::string kept = precision;
  if (std::getenv("FAKE_KEEPS_FP32") != nullptr || kept == "TF32") kept = "FP32";
  const std::string tactic = precision == "TF32" ? "sm80_xmma_gemm_f32f32_tf32f32_f32" : "";
  inspector->text =
      R"({"Layers": [{"Name": "cast \"in\"", "Inputs": [{"Name": "input", )"
      R"("Format/Datatype": "Row major linear FP32"}], "Outputs": [{"Name": "a", )"
      R"("Format/Datatype": "Row major linear )" +
      kept + R"( format"}], "TacticName": ""},{"Name": "gru", "Outputs": [{"Name": "output", )" +
      R"("Format/Datatype": "Row major linear FP32"}], "TacticName": ")" + tactic +
      R"("}], "Bindings": ["input", "output"]})";
  return inspector.release();
}

struct Runtime final : IRuntime {
  ICudaEngine* deserializeCudaEngine(const void* data, std::size_t size) noexcept override try {
    if (fake::fault("deserialize") != 0) return complain("Error Code 1: Serialization assertion");
    const std::string bytes(static_cast<const char*>(data), size);
    std::istringstream stream(bytes);
    std::string mark, head;
    int made_by = 0;
    auto engine = std::make_unique<Engine>();
    if (!(stream >> mark >> made_by >> engine->precision) || mark != "FAKE")
      return complain("Error Code 1: magicTagRead == kMAGIC_TAG");
    if (made_by != version()) return complain("Error Code 6: the engine is of another version");
    engine->loaded = fake::network_in(bytes.substr(bytes.find('\n') + 1));
    return engine.release();
  } catch (const std::exception& e) {
    return complain(e.what());
  }
};

}  // namespace

#define EXPORTED extern "C" __attribute__((visibility("default")))

EXPORTED std::int32_t getInferLibVersion() noexcept { return version(); }
EXPORTED void* createInferBuilder_INTERNAL(void* given, std::int32_t) noexcept {
  logger = static_cast<ILogger*>(given);
  if (fake::fault("createBuilder") != 0)
    return complain("Error Code 6: CUDA initialization failure");
  return static_cast<IBuilder*>(new Builder);
}
EXPORTED void* createInferRuntime_INTERNAL(void* given, std::int32_t) noexcept {
  logger = static_cast<ILogger*>(given);
  if (fake::fault("createRuntime") != 0) return nullptr;
  return static_cast<IRuntime*>(new Runtime);
}

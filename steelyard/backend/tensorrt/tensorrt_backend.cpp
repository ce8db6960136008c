// SPDX-License-Identifier: Apache-2.0
// NVIDIA's TensorRT as a backend. One module a major version is made from these sources; each opens
// the libraries of its own version when somebody first asks whether they are there. Thread-safe.
#include <fmt/format.h>

#include <charconv>
#include <fstream>
#include <iterator>
#include <map>

#include "steelyard/backend/backend.h"
#include "steelyard/backend/tensorrt/builder.h"
#include "steelyard/backend/tensorrt/cuda.h"
#include "steelyard/backend/tensorrt/engine.h"
#include "steelyard/backend/tensorrt/inspection.h"
#include "steelyard/backend/tensorrt/version.h"

namespace steelyard::tensorrt {
namespace {

int index_of(const Device& device) {
  int index = 0;
  std::from_chars(device.id.data(), device.id.data() + device.id.size(), index);
  return index;
}

int capability_of(int device) {
  int major = 0, minor = 0;
  cuda().attribute(&major, cudaDevAttrComputeCapabilityMajor, device);
  cuda().attribute(&minor, cudaDevAttrComputeCapabilityMinor, device);
  return 10 * major + minor;
}

std::string name_of(int device) {
  alignas(16) char properties[4096] = {};
  cuda().properties(properties, device);
  properties[255] = '\0';
  return properties;
}

std::string bus_of(int device) {
  char text[32] = {};
  cuda().bus_id(text, sizeof text, device);
  for (char& c : text)
    if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

class TensorRtModel final : public CompiledModel {
 public:
  TensorRtModel(const Model& model, const Artefact* artefact, const Device& device,
                const CompileOptions& options)
      : model_(model),
        device_(device),
        index_(index_of(device)),
        window_(options.window),
        asked_(options.precision),
        calibration_(options.calibration.begin(), options.calibration.end()),
        settings_(settings_from(options)) {
    if (artefact != nullptr && artefact->kind == "engine") engine_file_ = artefact->path;
  }

  std::unique_ptr<Session> open(int batch) override {
    Signature signature = signature_of(model_, batch, window_);
    use_device(index_);
    auto found = engines_.find(batch);
    if (found == engines_.end()) found = engines_.emplace(batch, load(batch)).first;
    obtained_ = found->second.obtained;
    return open_session(found->second.engine, std::move(signature), index_, settings_);
  }

  std::vector<TimePart> parts(std::span<const std::byte> in, std::span<std::byte> out, int batch,
                              int queries) override {
    const auto found = engines_.find(batch);
    if (found == engines_.end()) return {};
    use_device(index_);
    auto parts = parts_of(found->second.engine, signature_of(model_, batch, window_), index_,
                          settings_, in, out, queries);
    const std::int64_t working = working_memory(*found->second.engine);
    if (engine_file_.empty())
      parts.push_back({"Engine built in", 1e9 * found->second.build_seconds,
                       fmt::format("once, not in a query: an engine of {} bytes that works in {} "
                                   "bytes of the device's memory",
                                   found->second.bytes, working)});
    return parts;
  }

  // Known only once an engine is there: TensorRT decides layer by layer while it builds.
  Precision precision() const override { return obtained_.value_or(asked_); }

 private:
  struct Loaded {
    std::shared_ptr<nvinfer1::ICudaEngine> engine;
    Precision obtained;
    double build_seconds;
    std::size_t bytes;
  };

  Loaded load(int batch) {
    Plan plan = engine_file_.empty() ? built(batch) : read();
    const std::string source =
        engine_file_.empty() ? fmt::format("its engine for {}", model_.name) : engine_file_;
    auto engine = load_plan(plan.bytes, source);
    const Precision precision = obtained(layers_in(describe(*engine)), asked_);
    return {std::move(engine), precision, plan.build_seconds, plan.bytes.size()};
  }

  Plan built(int batch) const {
    return plan_for({&model_, &device_, capability_of(index_), asked_, batch, window_, calibration_,
                     settings_});
  }

  Plan read() const {
    std::ifstream stream(engine_file_, std::ios::binary);
    if (!stream)
      throw Error(fmt::format("the engine {} cannot be read", engine_file_), "check its path");
    Plan plan;
    plan.bytes.assign(std::istreambuf_iterator<char>(stream), {});
    return plan;
  }

  Model model_;
  Device device_;
  int index_, window_;
  Precision asked_;
  std::vector<float> calibration_;
  Settings settings_;
  std::string engine_file_;
  std::map<int, Loaded> engines_;  // by batch: an engine has fixed shapes
  std::optional<Precision> obtained_;
};

class TensorRtBackend final : public Backend {
 public:
  std::string_view name() const override { return "tensorrt"; }

  Availability availability() const override {
    const std::string hint = fmt::format(
        "install TensorRT {} and the CUDA runtime, or let STEELYARD_TENSORRT_LIB and "
        "STEELYARD_CUDART_LIB name the folders of libnvinfer.so.{} and libcudart.so",
        kMajor, kMajor);
    if (!libraries().reason.empty()) return {Availability::NoRuntime, libraries().reason, hint};
    if (!cuda_unusable().empty()) return {Availability::NoRuntime, cuda_unusable(), hint};
    try {
      if (device_count() > 0) return {};
      return {Availability::NoDevice, "CUDA finds no device", "check that `nvidia-smi` lists one"};
    } catch (const Error& e) {
      return {Availability::NoDevice, e.what(), e.hint()};
    }
  }

  std::vector<Device> devices() const override {
    std::vector<Device> devices;
    if (availability().kind != Availability::Ready) return devices;
    const int count = device_count();
    for (int i = 0; i < count; ++i) {
      Device device;
      device.backend = "tensorrt";
      device.id = std::to_string(i);
      device.name = name_of(i);
      device.runtime = "TensorRT " + libraries().version;
      device.physical_id = "pci-" + bus_of(i);
      device.precisions = precisions();
      devices.push_back(std::move(device));
    }
    return devices;
  }

  std::unique_ptr<CompiledModel> compile(const Model& model, const Artefact* artefact,
                                         const Device& device,
                                         const CompileOptions& options) const override {
    if (artefact != nullptr && artefact->kind != "onnx" && artefact->kind != "unrolled" &&
        artefact->kind != "engine")
      throw Unsupported(fmt::format("TensorRT cannot run an artefact of kind {}", artefact->kind));
    if (artefact != nullptr && artefact->kind != "engine" && !artefact->path.empty())
      return std::make_unique<TensorRtModel>(load_model(artefact->path), nullptr, device, options);
    return std::make_unique<TensorRtModel>(model, artefact, device, options);
  }

 private:
  static int device_count() {
    int count = 0;
    cuda().count_devices(&count);
    return count;
  }
};

}  // namespace
}  // namespace steelyard::tensorrt

STEELYARD_BACKEND_MODULE(steelyard::tensorrt::TensorRtBackend, "tensorrt")

// SPDX-License-Identifier: Apache-2.0
// ONNX Runtime as a backend: its CPU and every other provider that the library offers. The module
// loads without the library, which is opened when somebody first asks whether it is there.
// Thread-safe.
#include <fmt/format.h>

#include <charconv>

#include "steelyard/backend/backend.h"
#include "steelyard/backend/onnxruntime/library.h"
#include "steelyard/backend/onnxruntime/providers.h"
#include "steelyard/backend/onnxruntime/session.h"

namespace steelyard::onnxruntime {
namespace {

[[noreturn]] void refuse(std::string_view key, std::string_view value, std::string_view allowed) {
  throw UsageError(fmt::format("onnxruntime.{} cannot be '{}'", key, value),
                   fmt::format("it is {}", allowed));
}

SessionSettings settings_of(const CompileOptions& options) {
  check_settings("onnxruntime", options.settings, {"threads", "optimisation", "spinning"});
  SessionSettings settings;
  const auto threads = setting(options.settings, "threads", "1");
  const char* const end = threads.data() + threads.size();
  const auto parsed = std::from_chars(threads.data(), end, settings.threads);
  if (parsed.ec != std::errc() || parsed.ptr != end || settings.threads < 1 ||
      settings.threads > 1024)
    refuse("threads", threads, "a number from 1 to 1024");
  settings.optimisation = setting(options.settings, "optimisation", "all");
  if (const auto& level = settings.optimisation;
      level != "none" && level != "basic" && level != "extended" && level != "all")
    refuse("optimisation", level, "none, basic, extended or all");
  const auto spinning = setting(options.settings, "spinning", "on");
  if (spinning != "on" && spinning != "off") refuse("spinning", spinning, "on or off");
  settings.spinning = spinning == "on";
  return settings;
}

class OnnxRuntimeBackend final : public Backend {
 public:
  std::string_view name() const override { return "onnxruntime"; }

  Availability availability() const override {
    if (library().api != nullptr) return {};
    return {Availability::NoRuntime, library().reason,
            "run ./tools/setup, or let STEELYARD_ONNXRUNTIME_LIB name the folder of "
            "libonnxruntime.so.1 (pip's onnxruntime keeps it in onnxruntime/capi)"};
  }

  std::vector<Device> devices() const override {
    if (library().api == nullptr) return {};
    std::vector<Device> devices{device("cpu", cpu_name(), "cpu", {Precision::fp32})};
    for (const Provider& provider : providers()) {
      if (provider.availability.kind != Availability::Ready) continue;
      if (!provider.on_nvidia()) {
        devices.push_back(device(provider.id, provider.name, provider.id, {Precision::fp32}));
        continue;
      }
      // TensorRT's own choice is TF32 where the GPU has it, and this way in has no switch for it.
      const std::vector<Precision> precisions = provider.id == "cuda"
                                                    ? std::vector{Precision::fp32, Precision::tf32}
                                                    : std::vector{Precision::tf32, Precision::fp16};
      for (const NvidiaDevice& gpu : nvidia_devices().found)
        devices.push_back(device(fmt::format("{}.{}", provider.id, gpu.index), gpu.name,
                                 "pci-" + gpu.bus, precisions));
    }
    return devices;
  }

  // A GPU that this library cannot use is worth a line; a machine without one is not.
  std::vector<DeviceListing> unusable() const override {
    if (library().api == nullptr) return {};
    std::vector<DeviceListing> listings;
    const auto add = [&](const std::string& id, const Availability& why) {
      listings.push_back({"onnxruntime:" + id, "onnxruntime", "", why, ""});
    };
    for (const Provider& provider : providers())
      if (provider.availability.kind != Availability::Ready)
        add(provider.on_nvidia() ? provider.id + ".0" : provider.id, provider.availability);
    if (provider_of("cuda") == nullptr && !nvidia_devices().found.empty())
      add("cuda.0", {Availability::NoRuntime,
                     fmt::format("ONNX Runtime {} here was built without CUDA", library().version),
                     "let STEELYARD_ONNXRUNTIME_LIB name the folder of a library with it (pip's "
                     "onnxruntime-gpu keeps it in onnxruntime/capi)"});
    return listings;
  }

  std::unique_ptr<CompiledModel> compile(const Model& model, const Artefact* artefact,
                                         const Device& device,
                                         const CompileOptions& options) const override {
    SessionSettings settings = settings_of(options);
    settings.provider = provider_of(device.id);
    settings.precision = options.precision;
    if (const auto dot = device.id.find('.'); dot != std::string::npos)
      settings.device = std::stoi(device.id.substr(dot + 1));
    if (artefact != nullptr && artefact->kind != "onnx" && artefact->kind != "unrolled")
      throw Unsupported(
          fmt::format("ONNX Runtime cannot run an artefact of kind {}", artefact->kind));
    const auto file = artefact != nullptr && !artefact->path.empty()
                          ? std::filesystem::path(artefact->path)
                          : model.path;
    return compile_for(model, file, options.window, settings);
  }

 private:
  static Device device(std::string id, std::string name, std::string physical_id,
                       std::vector<Precision> precisions) {
    Device device;
    device.backend = "onnxruntime";
    device.id = std::move(id);
    device.name = std::move(name);
    device.runtime = "ONNX Runtime " + library().version;
    device.physical_id = std::move(physical_id);
    device.precisions = std::move(precisions);
    return device;
  }
};

}  // namespace
}  // namespace steelyard::onnxruntime

STEELYARD_BACKEND_MODULE(steelyard::onnxruntime::OnnxRuntimeBackend, "onnxruntime")

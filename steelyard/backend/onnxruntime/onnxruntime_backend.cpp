// SPDX-License-Identifier: Apache-2.0
// ONNX Runtime as a backend: its CPU provider. The module loads without the library, which is
// opened when somebody first asks whether it is there. Thread-safe.
#include <fmt/format.h>

#include <charconv>

#include "steelyard/backend/backend.h"
#include "steelyard/backend/onnxruntime/library.h"
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
    Device device;
    device.backend = "onnxruntime";
    device.id = "cpu";
    device.name = cpu_name();
    device.runtime = "ONNX Runtime " + library().version;
    device.physical_id = "cpu";
    device.precisions = {Precision::fp32};
    return {device};
  }

  std::unique_ptr<CompiledModel> compile(const Model& model, const Artefact* artefact,
                                         const Device&,
                                         const CompileOptions& options) const override {
    const SessionSettings settings = settings_of(options);
    if (artefact != nullptr && artefact->kind != "onnx" && artefact->kind != "unrolled")
      throw Unsupported(
          fmt::format("ONNX Runtime cannot run an artefact of kind {}", artefact->kind));
    const auto file = artefact != nullptr && !artefact->path.empty()
                          ? std::filesystem::path(artefact->path)
                          : model.path;
    return compile_for_cpu(model, file, options.window, settings);
  }
};

}  // namespace
}  // namespace steelyard::onnxruntime

STEELYARD_BACKEND_MODULE(steelyard::onnxruntime::OnnxRuntimeBackend, "onnxruntime")

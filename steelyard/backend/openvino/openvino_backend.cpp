// SPDX-License-Identifier: Apache-2.0
// OpenVINO as a backend: Intel's CPUs (and others of that kind), GPUs and NPUs. The module loads
// without the library, which is opened when somebody first asks whether it is there. Thread-safe.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdlib>

#include "steelyard/backend/backend.h"
#include "steelyard/backend/openvino/library.h"
#include "steelyard/backend/openvino/session.h"

namespace steelyard::openvino {
namespace {

[[noreturn]] void refuse_setting(std::string_view key, std::string_view value,
                                 std::string_view allowed) {
  throw UsageError(fmt::format("openvino.{} cannot be '{}'", key, value),
                   fmt::format("it is {}", allowed));
}

// A number from 1 to 1024, or "auto" as `automatic`.
std::string number(const CompileOptions& options, std::string_view key, std::string_view fallback,
                   const char* automatic) {
  const auto text = setting(options.settings, key, fallback);
  if (text == "auto") return automatic;
  int value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() || value < 1 ||
      value > 1024)
    refuse_setting(key, text, "a number from 1 to 1024, or auto");
  return std::to_string(value);
}

std::string upper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}
std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

std::string cache_folder() {
  const char* cache = std::getenv("XDG_CACHE_HOME");
  const char* home = std::getenv("HOME");
  if (cache != nullptr && *cache != '\0') return std::string(cache) + "/steelyard/openvino";
  return std::string(home == nullptr ? "/tmp" : home) + "/.cache/steelyard/openvino";
}

ModelSettings settings_of(const Device& device, const CompileOptions& options) {
  const bool cpu = device.id == "cpu";
  if (cpu)
    check_settings("openvino", options.settings, {"hint", "streams", "threads", "cache"});
  else if (device.id.starts_with("gpu"))
    check_settings("openvino on a GPU", options.settings, {"hint", "streams", "cache"});
  else
    check_settings("openvino on an NPU", options.settings, {"hint", "cache"});
  ModelSettings settings;
  settings.device = upper(device.id);
  settings.precision = options.precision;
  const auto hint = setting(options.settings, "hint", "latency");
  if (hint != "latency" && hint != "throughput")
    refuse_setting("hint", hint, "latency or throughput");
  settings.hint = upper(std::string(hint));
  const bool latency = hint == "latency";
  settings.streams = number(options, "streams", latency ? "1" : "auto", "AUTO");
  settings.threads = number(options, "threads", latency ? "1" : "auto", "0");
  const auto cache = setting(options.settings, "cache", cpu ? "off" : "on");
  if (cache != "on" && cache != "off") refuse_setting("cache", cache, "on or off");
  if (cache == "on") settings.cache = cache_folder();
  return settings;
}

std::vector<std::string> device_names() {
  ov_available_devices_t found{};
  if (ov().ov_core_get_available_devices(core(), &found) != ov_status_e::OK) return {};
  const std::vector<std::string> names(found.devices, found.devices + found.size);
  ov().ov_available_devices_free(&found);
  return names;
}

// "FP32 INT8 BIN BF16": in which of our formats it computes, its usual one first.
std::vector<Precision> precisions_of(const std::string& name) {
  const std::string able = property(name, "OPTIMIZATION_CAPABILITIES");
  const auto has = [&](std::string_view word) { return able.find(word) != std::string::npos; };
  if (name.starts_with("NPU")) return {Precision::fp16};
  std::vector<Precision> precisions{Precision::fp32};
  if (has("BF16") && name == "CPU") precisions.push_back(Precision::bf16);
  if (has("FP16")) precisions.push_back(Precision::fp16);
  return precisions;
}

class OpenVinoBackend final : public Backend {
 public:
  std::string_view name() const override { return "openvino"; }

  Availability availability() const override {
    if (library().api != nullptr) return {};
    return {Availability::NoRuntime, library().reason,
            "run ./tools/setup, or let STEELYARD_OPENVINO_LIB name the folder of libopenvino_c.so "
            "(pip's openvino keeps it in openvino/libs)"};
  }

  std::vector<Device> devices() const override {
    if (library().api == nullptr) return {};
    std::vector<Device> devices;
    for (const std::string& name : device_names()) {
      if (name != "CPU" && !name.starts_with("GPU") && !name.starts_with("NPU")) continue;
      Device device;
      device.backend = "openvino";
      device.id = lower(name);
      device.name = name == "CPU" ? cpu_name() : property(name, "FULL_DEVICE_NAME");
      device.runtime = "OpenVINO " + library().version;
      device.physical_id = name == "CPU" ? "cpu" : "intel-" + device.id;
      device.precisions = precisions_of(name);
      devices.push_back(std::move(device));
    }
    return devices;
  }

  std::unique_ptr<CompiledModel> compile(const Model& model, const Artefact* artefact,
                                         const Device& device,
                                         const CompileOptions& options) const override {
    const ModelSettings settings = settings_of(device, options);
    if (artefact != nullptr && artefact->kind != "onnx" && artefact->kind != "unrolled")
      throw Unsupported(fmt::format("OpenVINO cannot run an artefact of kind {}", artefact->kind));
    const auto file = artefact != nullptr && !artefact->path.empty()
                          ? std::filesystem::path(artefact->path)
                          : model.path;
    return compile_for(model, file, options.window, settings);
  }
};

}  // namespace
}  // namespace steelyard::openvino

STEELYARD_BACKEND_MODULE(steelyard::openvino::OpenVinoBackend, "openvino")

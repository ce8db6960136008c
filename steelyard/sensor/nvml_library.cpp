// SPDX-License-Identifier: Apache-2.0
// Opening NVML. Thread-safe.
#include "steelyard/sensor/nvml_library.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <map>
#include <mutex>

namespace steelyard::sensor::nvml {
namespace {

template <class F>
void find(void* handle, const char* name, F& function) {
  function = reinterpret_cast<F>(::dlsym(handle, name));
}

Library open(const std::filesystem::path& name) {
  Library nvml;
  void* handle = ::dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (handle == nullptr) {
    nvml.missing = true;
    nvml.reason = ::dlerror();
    return nvml;
  }
  find(handle, "nvmlInit_v2", nvml.init);
  find(handle, "nvmlShutdown", nvml.shutdown);
  find(handle, "nvmlErrorString", nvml.error_text);
  find(handle, "nvmlDeviceGetCount_v2", nvml.count);
  find(handle, "nvmlDeviceGetHandleByIndex_v2", nvml.handle);
  find(handle, "nvmlDeviceGetName", nvml.name);
  find(handle, "nvmlDeviceGetPciInfo_v3", nvml.pci);
  find(handle, "nvmlDeviceGetPowerUsage", nvml.power);
  find(handle, "nvmlDeviceGetTotalEnergyConsumption", nvml.energy);
  find(handle, "nvmlDeviceGetFieldValues", nvml.fields);
  find(handle, "nvmlDeviceGetUtilizationRates", nvml.utilisation);
  find(handle, "nvmlDeviceGetClockInfo", nvml.clock);
  find(handle, "nvmlDeviceGetCurrentClocksEventReasons", nvml.throttle);
  if (nvml.throttle == nullptr)  // its name until driver 535
    find(handle, "nvmlDeviceGetCurrentClocksThrottleReasons", nvml.throttle);
  find(handle, "nvmlDeviceGetTemperature", nvml.temperature);
  find(handle, "nvmlDeviceGetMemoryInfo", nvml.memory);
  find(handle, "nvmlDeviceGetCurrPcieLinkGeneration", nvml.link_generation);
  find(handle, "nvmlDeviceGetCurrPcieLinkWidth", nvml.link_width);
  if (!nvml.init || !nvml.count || !nvml.handle || !nvml.name || !nvml.pci) {
    nvml.reason = fmt::format("{} lacks functions that every driver since 2019 has", name.string());
  } else if (const Return status = nvml.init(); status != kSuccess) {
    nvml.reason = fmt::format("nvmlInit: {}", text_of(nvml, status));
  }
  return nvml;
}

}  // namespace

std::string text_of(const Library& nvml, Return status) {
  const char* text = nvml.error_text != nullptr ? nvml.error_text(status) : nullptr;
  return text != nullptr ? text : fmt::format("NVML status {}", status);
}

const Library& library(const std::filesystem::path& name) {
  static std::mutex mutex;
  static std::map<std::filesystem::path, Library> opened;
  const std::lock_guard lock(mutex);
  const auto found = opened.find(name);
  return found != opened.end() ? found->second : opened.emplace(name, open(name)).first->second;
}

}  // namespace steelyard::sensor::nvml

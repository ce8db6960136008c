// SPDX-License-Identifier: Apache-2.0
// A stand-in for libnvidia-ml.so: one card whose numbers a test sets through fake_nvml_state(), and
// which can lack a feature or fall off the bus. One thread.
#include "tests/fakes/nvml.h"

#include <cstring>

namespace {

using namespace steelyard::sensor::nvml;
using steelyard::FakeNvml;

constexpr Return kNotSupported = 3, kLost = 15;

FakeNvml& state() {
  static FakeNvml state;
  return state;
}

Return answer(bool supported) {
  if (state().lost) return kLost;
  return supported ? kSuccess : kNotSupported;
}

}  // namespace

extern "C" {

FakeNvml* fake_nvml_state() { return &state(); }

Return nvmlInit_v2() { return state().init_status; }
Return nvmlShutdown() { return kSuccess; }
const char* nvmlErrorString(Return status) {
  return status == kLost ? "GPU is lost" : status == kNotSupported ? "Not Supported" : "Unknown";
}
Return nvmlDeviceGetCount_v2(unsigned* count) {
  *count = state().cards;
  return kSuccess;
}
Return nvmlDeviceGetHandleByIndex_v2(unsigned, Device* device) {
  *device = reinterpret_cast<Device>(&state());
  return kSuccess;
}
Return nvmlDeviceGetName(Device, char* name, unsigned size) {
  std::strncpy(name, state().name, size - 1);
  return kSuccess;
}
Return nvmlDeviceGetPciInfo_v3(Device, PciInfo* pci) {
  *pci = PciInfo{};
  pci->domain = 0;
  pci->bus = 1;
  pci->device = 0;
  return kSuccess;
}
Return nvmlDeviceGetPowerUsage(Device, unsigned* milliwatts) {
  *milliwatts = static_cast<unsigned>(1000 * state().watts);
  return answer(true);
}
Return nvmlDeviceGetTotalEnergyConsumption(Device, unsigned long long* millijoules) {
  *millijoules = static_cast<unsigned long long>(1000 * state().joules);
  return answer(state().has_counter);
}
Return nvmlDeviceGetFieldValues(Device, int count, FieldValue* values) {
  for (int i = 0; i < count; ++i) {
    FieldValue& value = values[i];
    const bool known = value.field == kFieldPowerAverage || value.field == kFieldPowerInstant;
    value.status = known && state().has_fields ? kSuccess : kNotSupported;
    value.value_type = 1;
    value.value.u = static_cast<unsigned>(
        1000 * (value.field == kFieldPowerAverage ? state().average_watts : state().watts));
  }
  return answer(true);
}
Return nvmlDeviceGetUtilizationRates(Device, Utilisation* value) {
  *value = {state().utilisation, 7};
  return answer(true);
}
Return nvmlDeviceGetClockInfo(Device, int which, unsigned* value) {
  *value = which == kClockSm ? 1770 : 9251;
  return answer(true);
}
Return nvmlDeviceGetCurrentClocksThrottleReasons(Device, unsigned long long* value) {
  *value = state().throttle;
  return answer(true);
}
Return nvmlDeviceGetTemperature(Device, int, unsigned* value) {
  *value = 61;
  return answer(true);
}
Return nvmlDeviceGetMemoryInfo(Device, Memory* value) {
  *value = {8ull << 30, 7ull << 30, 1ull << 30};
  return answer(true);
}
Return nvmlDeviceGetCurrPcieLinkGeneration(Device, unsigned* value) {
  *value = 4;
  return answer(true);
}
Return nvmlDeviceGetCurrPcieLinkWidth(Device, unsigned* value) {
  *value = 16;
  return answer(true);
}

}  // extern "C"

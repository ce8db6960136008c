// SPDX-License-Identifier: Apache-2.0
// The part of NVIDIA's management library (NVML) that Steelyard calls, declared here so that no
// vendor header is needed to build, and opened with dlopen so that one binary runs with and without
// a driver. Names, numbers and layouts are those of nvml.h, API 13.3. Private to `sensor`.
#pragma once

#include <filesystem>
#include <string>

namespace steelyard::sensor::nvml {

using Device = struct Opaque*;
using Return = int;
inline constexpr Return kSuccess = 0;

inline constexpr unsigned kFieldEnergy = 83;         // NVML_FI_DEV_TOTAL_ENERGY_CONSUMPTION, mJ
inline constexpr unsigned kFieldPowerAverage = 185;  // NVML_FI_DEV_POWER_AVERAGE, mW
inline constexpr unsigned kFieldPowerInstant = 186;  // NVML_FI_DEV_POWER_INSTANT, mW
inline constexpr int kClockSm = 1, kClockMemory = 2;
inline constexpr int kTemperatureGpu = 0;

struct Utilisation {
  unsigned gpu, memory;  // percent
};
struct Memory {
  unsigned long long total, free, used;  // bytes
};
struct PciInfo {  // nvmlPciInfo_t of nvmlDeviceGetPciInfo_v3
  char bus_legacy[16];
  unsigned domain, bus, device, device_id, subsystem_id;
  char bus_id[32];
};
struct FieldValue {  // nvmlFieldValue_t
  unsigned field, scope;
  long long timestamp, latency_us;
  int value_type;  // 0 double, 1 unsigned, 2 unsigned long, 3 unsigned long long, 4 long long, 5
                   // int
  Return status;
  union {
    double d;
    unsigned u;
    unsigned long ul;
    unsigned long long ull;
    long long ll;
    int i;
  } value;
};

// Functions that an older driver lacks are null.
struct Library {
  Return (*init)() = nullptr;
  Return (*shutdown)() = nullptr;
  const char* (*error_text)(Return) = nullptr;
  Return (*count)(unsigned*) = nullptr;
  Return (*handle)(unsigned, Device*) = nullptr;
  Return (*name)(Device, char*, unsigned) = nullptr;
  Return (*pci)(Device, PciInfo*) = nullptr;
  Return (*power)(Device, unsigned*) = nullptr;             // mW
  Return (*energy)(Device, unsigned long long*) = nullptr;  // mJ
  Return (*fields)(Device, int, FieldValue*) = nullptr;
  Return (*utilisation)(Device, Utilisation*) = nullptr;
  Return (*clock)(Device, int, unsigned*) = nullptr;  // MHz
  Return (*throttle)(Device, unsigned long long*) = nullptr;
  Return (*temperature)(Device, int, unsigned*) = nullptr;  // °C
  Return (*memory)(Device, Memory*) = nullptr;
  Return (*link_generation)(Device, unsigned*) = nullptr;
  Return (*link_width)(Device, unsigned*) = nullptr;

  std::string reason;    // why it cannot be used; empty when it can
  bool missing = false;  // there is no such library
};

// Opened and initialised once for each name; stays until the process ends.
const Library& library(const std::filesystem::path& name);

// The library's own word for a status.
std::string text_of(const Library&, Return);

}  // namespace steelyard::sensor::nvml

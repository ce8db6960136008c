// SPDX-License-Identifier: Apache-2.0
// Finding devices and asking who they are; nothing is configured on them. Thread-safe.
#include "steelyard/backend/hailort/adapter/chip.h"

#include <fmt/format.h>

namespace steelyard::hailo {
namespace {

Chip identified(const std::string& id) {
  Chip chip{id, "", "", {}};
  try {
    const auto device = open_chip(id);
    const hailo_device_identity_t identity = take(device->identify(), "identify " + id);
    const hailo_firmware_version_t& firmware = identity.fw_version;
    chip.name = name_of(identity.device_architecture);
    chip.firmware = fmt::format("{}.{}.{}", firmware.major, firmware.minor, firmware.revision);
  } catch (const Error& e) {
    chip.refusal = {Availability::NoDevice, e.what(), e.hint()};
  }
  return chip;
}

}  // namespace

std::string name_of(hailo_device_architecture_t architecture) {
  switch (architecture) {
    case HAILO_ARCH_HAILO8_A0:
      return "Hailo-8 (A0)";
    case HAILO_ARCH_HAILO8:
      return "Hailo-8";
    case HAILO_ARCH_HAILO8L:
      return "Hailo-8L";
    default:
      return fmt::format("Hailo device of architecture {}", static_cast<int>(architecture));
  }
}

std::vector<Chip> chips() {
  std::vector<Chip> found;
  for (const std::string& id : take(hailort::Device::scan(), "look for devices"))
    found.push_back(identified(id));
  return found;
}

std::unique_ptr<hailort::Device> open_chip(const std::string& id) {
  return take(hailort::Device::create(id), "open " + id);
}

}  // namespace steelyard::hailo

// SPDX-License-Identifier: Apache-2.0
// The Hailo devices of this host and what they say about themselves. Thread-safe.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "steelyard/backend/backend.h"
#include "steelyard/backend/hailort/adapter/sdk.h"

namespace steelyard::hailo {

// "Hailo-8L"
std::string name_of(hailo_device_architecture_t);

// One entry a device that was found, in the library's order; without a name when it refuses to say
// who it is, `refusal` is then why.
struct Chip {
  std::string id;  // "0000:01:00.0"
  std::string name, firmware;
  Availability refusal;
};
std::vector<Chip> chips();

// Throws Error. `id` as in Chip.
std::unique_ptr<hailort::Device> open_chip(const std::string& id);

// Temperature, clock, throttling, and power where the board has an instrument for it. `keep_alive`
// is what owns the device.
std::unique_ptr<Sensor> make_instruments(std::shared_ptr<void> keep_alive, hailort::Device&);

}  // namespace steelyard::hailo

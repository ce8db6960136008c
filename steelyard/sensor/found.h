// SPDX-License-Identifier: Apache-2.0
// What each kind of instrument tells about itself before it is opened, and how kernel files are
// read. Private to `sensor`. Thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "steelyard/sensor/sensor.h"

namespace steelyard::sensor {

struct Found {
  InstrumentListing listing;
  std::function<std::unique_ptr<Sensor>()> open;  // empty unless Ready
};

std::vector<Found> find_cpu_time(const InstrumentRoots&);
std::vector<Found> find_rapl(const InstrumentRoots&);
std::vector<Found> find_hwmon(const InstrumentRoots&);
std::vector<Found> find_nvml(const InstrumentRoots&);

// "energy J (chip)", for the listing.
std::vector<std::string> described(const std::vector<Channel>&);

// The first line of a small file; empty when it cannot be read.
std::optional<std::string> line_in(const std::filesystem::path&);
// The whole number in it. Throws Error with the system's words when it cannot be read.
std::int64_t number_in(const std::filesystem::path&);
bool can_read(const std::filesystem::path&);

// Folders below `parent` whose name begins with `prefix`, in natural order ("hwmon2" before
// "hwmon10"); none when there is no such parent.
std::vector<std::filesystem::path> folders_in(const std::filesystem::path& parent,
                                              std::string_view prefix);

}  // namespace steelyard::sensor

// SPDX-License-Identifier: Apache-2.0
// A /sys and /proc of a test's own, removed with it.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "steelyard/base/error.h"
#include "steelyard/sensor/sensor.h"

namespace steelyard {

class HostTree {
 public:
  HostTree() {
    std::string name = (std::filesystem::temp_directory_path() / "steelyard-XXXXXX").string();
    root_ = ::mkdtemp(name.data());
    write("proc/stat",
          "cpu  100 0 50 800 0 0 0 0 0 0\ncpu0 60 0 20 400 5 0 0 0 0 0\n"
          "cpu1 40 0 30 400 5 1 2 0 0 0\nintr 12345\n");
  }
  ~HostTree() { std::filesystem::remove_all(root_); }
  HostTree(const HostTree&) = delete;
  HostTree& operator=(const HostTree&) = delete;

  void write(const std::string& file, const std::string& text) const {
    std::filesystem::create_directories((root_ / file).parent_path());
    std::ofstream(root_ / file) << text;
  }
  void remove(const std::string& file) const { std::filesystem::remove_all(root_ / file); }
  std::filesystem::path path(const std::string& file) const { return root_ / file; }
  InstrumentRoots roots(std::filesystem::path nvml = "/nowhere/libnvidia-ml.so.1") const {
    return {root_ / "sys", root_ / "proc", std::move(nvml)};
  }

 private:
  std::filesystem::path root_;
};

// All channels of all sensors with their next reading.
struct Shown {
  std::vector<Channel> channels;
  std::vector<double> values;
  std::optional<double> value(const std::string& name) const {
    for (std::size_t i = 0; i < channels.size(); ++i)
      if (channels[i].name == name) return values[i];
    return std::nullopt;
  }
  const Channel& channel(const std::string& name) const {
    for (const Channel& channel : channels)
      if (channel.name == name) return channel;
    throw Error("there is no channel " + name);
  }
};
inline Shown show(std::vector<std::unique_ptr<Sensor>>& sensors) {
  Shown shown;
  for (const auto& sensor : sensors) {
    std::vector<Reading> readings;
    sensor->read(nanoseconds(0), readings);
    const auto channels = sensor->channels();
    const std::size_t first = shown.channels.size();
    shown.channels.insert(shown.channels.end(), channels.begin(), channels.end());
    shown.values.resize(shown.channels.size(), -1e9);
    for (const Reading& reading : readings) shown.values[first + reading.channel] = reading.value;
  }
  return shown;
}

}  // namespace steelyard

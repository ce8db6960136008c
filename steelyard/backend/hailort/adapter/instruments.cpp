// SPDX-License-Identifier: Apache-2.0
// What a Hailo device can say while it works. A board without a current monitor (the AI Kit and the
// AI HAT+ have none) has no power channel at all: its power is unknown, not zero. One thread.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <optional>
#include <string>

#include "steelyard/backend/hailort/adapter/chip.h"
#include "steelyard/backend/hailort/adapter/monitor.h"
#include "steelyard/base/clock.h"

namespace steelyard::hailo {
namespace {

Channel channel(const char* name, const char* unit, const char* boundary, const char* definition,
                nanoseconds period) {
  Channel channel;
  channel.name = name;
  channel.unit = unit;
  channel.boundary = boundary;
  channel.definition = definition;
  channel.period = period;
  return channel;
}

// Nothing: there is no reading yet.
using Source = std::function<std::optional<double>()>;

std::optional<double> read_monitor(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  const std::string message{std::istreambuf_iterator<char>(stream), {}};
  return utilisation_in(message);
}

class Instruments final : public Sensor {
 public:
  Instruments(std::shared_ptr<void> keep_alive, hailort::Device& device)
      : keep_alive_(std::move(keep_alive)) {
    using std::chrono::milliseconds;
    hailort::Device* const chip = &device;
    add(channel("temperature", "°C", "chip", "the hotter of the chip's two sensors",
                milliseconds(100)),
        [chip] {
          const auto t = take(chip->get_chip_temperature(), "read the temperature");
          return static_cast<double>(std::max(t.ts0_temperature, t.ts1_temperature));
        });
    if (device.get_extended_device_information())
      add(channel("clock.nn", "MHz", "chip", "clock of the neural network core",
                  std::chrono::seconds(1)),
          [chip] {
            const auto info = take(chip->get_extended_device_information(), "read the clock");
            return info.neural_network_core_clock_rate * 1e-6;
          });
    if (device.get_health_information())
      add(channel(
              "throttle.level", "", "chip",
              "level of temperature throttling, 0 = none; 100 more while over-current throttling",
              milliseconds(100)),
          [chip] {
            const auto health = take(chip->get_health_information(), "read its health");
            return std::max(0, health.current_temperature_throttling_level + 1) +
                   (health.overcurrent_throttling_active && health.current_overcurrent_zone > 0
                        ? 100.0
                        : 0.0);
          });
    if (const auto file = monitor_file(); !file.empty())
      add(channel("utilisation", "%", "chip",
                  "time between the first frame's transfer to the device and the last output's "
                  "return, of each second, as HailoRT's scheduler on the host sees it: occupancy "
                  "with transfers and queueing, not use of the compute units",
                  std::chrono::seconds(1)),
          [file] { return read_monitor(file); });
    const auto capabilities = device.get_capabilities();
    if (capabilities && capabilities->power_measurements)
      add(channel("power", "W", "module",
                  "the module's current monitor, single shots of its default shunt; over-current "
                  "protection is off while it reads",
                  milliseconds(100)),
          [chip] {
            return static_cast<double>(
                take(chip->power_measurement(HAILO_DVM_OPTIONS_AUTO,
                                             HAILO_POWER_MEASUREMENT_TYPES__POWER),
                     "read the power"));
          });
  }

  std::vector<Channel> channels() const override { return channels_; }

  void read(nanoseconds, std::vector<Reading>& readings) override {
    for (std::size_t i = 0; i < sources_.size(); ++i)
      if (const std::optional<double> value = sources_[i]())
        readings.push_back({static_cast<std::uint16_t>(i), MonotonicClock::read(), *value});
  }

 private:
  void add(Channel channel, Source source) {
    channels_.push_back(std::move(channel));
    sources_.push_back(std::move(source));
  }

  std::shared_ptr<void> keep_alive_;
  std::vector<Channel> channels_;
  std::vector<Source> sources_;
};

}  // namespace

std::unique_ptr<Sensor> make_instruments(std::shared_ptr<void> keep_alive,
                                         hailort::Device& device) {
  return std::make_unique<Instruments>(std::move(keep_alive), device);
}

}  // namespace steelyard::hailo

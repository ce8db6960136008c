// SPDX-License-Identifier: Apache-2.0
// Power, current and voltage, and temperature that kernel drivers offer under /sys/class/hwmon:
// INA2xx and INA3221 rails, power supplies' and servers' meters, temperature sensors. Units of the
// files: uW, mA, mV, thousandths of a degree (Linux, Documentation/hwmon/sysfs-interface).
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "steelyard/base/clock.h"
#include "steelyard/base/error.h"
#include "steelyard/sensor/found.h"

namespace steelyard::sensor {
namespace {

// Where a driver does not say how often it measures.
constexpr nanoseconds kUsualPeriod = std::chrono::milliseconds(100);
constexpr int kMostInputs = 32;

// One channel: a file, or two whose product it is.
struct Input {
  Channel channel;
  std::filesystem::path file, times;
  double unit = 1;  // of the product
};

std::string label_of(const std::filesystem::path& chip, const std::string& input) {
  return line_in(chip / (input + "_label")).value_or("");
}

// Rails of which everything behind them is fed: the names on Jetson and other carrier boards.
bool is_whole_supply(std::string_view label) {
  return label == "VDD_IN" || label == "POM_5V_IN" || label == "VIN" || label == "VDD_VIN";
}

bool is_power_meter(const std::string& chip) { return chip.starts_with("power_meter"); }
bool is_temperature_of_cpu(const std::string& chip) {
  return chip == "coretemp" || chip == "k10temp" || chip == "zenpower" || chip == "cpu_thermal";
}

Channel channel_of(std::string name, std::string unit, std::string boundary, nanoseconds period) {
  Channel channel;
  channel.name = std::move(name);
  channel.unit = std::move(unit);
  channel.boundary = std::move(boundary);
  channel.period = period;
  return channel;
}

nanoseconds period_of(const std::filesystem::path& chip) {
  try {
    const auto ms = number_in(chip / "update_interval");
    return ms > 0 ? nanoseconds(std::chrono::milliseconds(ms)) : kUsualPeriod;
  } catch (const Error&) {
    return kUsualPeriod;
  }
}

void add_power(std::vector<Input>& inputs, const std::string& chip, Input input,
               const std::string& label, const std::string& read_as) {
  const bool meter = is_power_meter(chip);
  const bool whole = meter || is_whole_supply(label);
  input.channel.name = whole ? "power" : fmt::format("power.{}", label.empty() ? chip : label);
  input.channel.boundary = meter ? "system" : label == "VDD_IN" ? "module" : "board";
  input.channel.definition = fmt::format("{} of {}{}, read by the kernel's driver", read_as, chip,
                                         label.empty() ? "" : ", rail " + label);
  inputs.push_back(std::move(input));
}

std::vector<Input> power_of(const std::filesystem::path& folder, const std::string& chip) {
  const nanoseconds period = period_of(folder);
  std::vector<Input> inputs;
  for (int n = 1; n <= kMostInputs; ++n) {
    const std::string power = fmt::format("power{}", n);
    for (const char* kind : {"_input", "_average"}) {
      const auto file = folder / (power + kind);
      if (!can_read(file)) continue;
      Input input{channel_of("", "W", "", period), file, {}, 1e-6};
      add_power(inputs, chip, std::move(input), label_of(folder, power),
                kind[1] == 'a' ? "average power" : "power");
      break;
    }
  }
  if (!inputs.empty()) return inputs;
  for (int n = 1; n <= kMostInputs; ++n) {
    const auto current = folder / fmt::format("curr{}_input", n);
    const auto voltage = folder / fmt::format("in{}_input", n);
    if (!can_read(current) || !can_read(voltage)) continue;
    Input input{channel_of("", "W", "", period), current, voltage, 1e-6};
    add_power(inputs, chip, std::move(input), label_of(folder, fmt::format("in{}", n)),
              "current times voltage");
  }
  return inputs;
}

std::vector<Input> temperatures_of(const std::filesystem::path& folder, const std::string& chip) {
  std::vector<Input> inputs;
  for (int n = 1; n <= kMostInputs; ++n) {
    const auto file = folder / fmt::format("temp{}_input", n);
    if (!can_read(file)) continue;
    std::string label = label_of(folder, fmt::format("temp{}", n));
    if (label.empty()) label = std::to_string(n);
    Input input{channel_of(fmt::format("temperature.{}.{}", chip, label), "°C", "chip",
                           std::chrono::seconds(1)),
                file,
                {},
                1e-3};
    input.channel.definition = fmt::format("temperature {} of {}", label, chip);
    inputs.push_back(std::move(input));
  }
  return inputs;
}

class Hwmon final : public Sensor {
 public:
  explicit Hwmon(std::vector<Input> inputs) : inputs_(std::move(inputs)) {}

  std::vector<Channel> channels() const override {
    std::vector<Channel> channels;
    for (const Input& input : inputs_) channels.push_back(input.channel);
    return channels;
  }

  void read(nanoseconds, std::vector<Reading>& readings) override {
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      const Input& input = inputs_[i];
      double value = static_cast<double>(number_in(input.file)) * input.unit;
      if (!input.times.empty()) value *= static_cast<double>(number_in(input.times));
      readings.push_back({static_cast<std::uint16_t>(i), MonotonicClock::read(), value});
    }
  }

 private:
  const std::vector<Input> inputs_;
};

void add(std::vector<Found>& all, const std::string& id, const std::string& name,
         const std::string& physical_id, std::vector<Input> inputs) {
  if (inputs.empty()) return;
  Found found;
  found.listing.id = id;
  found.listing.name = name;
  found.listing.physical_id = physical_id;
  found.listing.channels = described(Hwmon(inputs).channels());
  found.open = [inputs = std::move(inputs)] { return std::make_unique<Hwmon>(inputs); };
  all.push_back(std::move(found));
}

}  // namespace

std::vector<Found> find_hwmon(const InstrumentRoots& roots) {
  std::vector<Found> all;
  for (const auto& folder : folders_in(roots.sys / "class" / "hwmon", "hwmon")) {
    const auto chip = line_in(folder / "name");
    // A graphics card's own sensors belong to that card, whose runtime or NVML reads them.
    if (!chip || *chip == "amdgpu" || *chip == "nouveau") continue;
    const std::string where = fmt::format("hwmon:{}", folder.filename().string().substr(5));
    auto temperatures = temperatures_of(folder, *chip);
    // Of the others (disks, network) the heat is not that of the device that is measured.
    if (is_temperature_of_cpu(*chip))
      add(all, where + ":temperature", *chip + " temperatures", "cpu", std::move(temperatures));
    add(all, where + ":power", *chip + " power", "", power_of(folder, *chip));
  }
  return all;
}

}  // namespace steelyard::sensor

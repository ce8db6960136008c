// SPDX-License-Identifier: Apache-2.0
// The CPU's own energy counters (Intel and AMD RAPL) through the kernel's powercap files. A
// counter wraps at max_energy_range_uj: after 262 kJ, three quarters of an hour at 100 W.
#include <fmt/format.h>

#include <utility>

#include "steelyard/base/clock.h"
#include "steelyard/base/error.h"
#include "steelyard/sensor/found.h"

namespace steelyard::sensor {
namespace {

// The kernel's documentation of the counters; they really change about every millisecond.
constexpr nanoseconds kPeriod = std::chrono::milliseconds(1);

struct Zone {
  std::filesystem::path folder;
  std::string name;  // "package-0", "dram", "psys"
};

class Counter {
 public:
  explicit Counter(const Zone& zone)
      : file_(zone.folder / "energy_uj"),
        range_(number_in(zone.folder / "max_energy_range_uj")),
        last_(number_in(file_)) {}
  // Joules since it was made.
  double joules() {
    const std::int64_t now = number_in(file_);
    sum_ += now >= last_ ? now - last_ : now + range_ - last_;
    last_ = now;
    return static_cast<double>(sum_) * 1e-6;
  }

 private:
  std::filesystem::path file_;
  std::int64_t range_, last_, sum_ = 0;
};

Channel channel_of(std::string name, std::string boundary, std::string definition) {
  Channel channel;
  channel.name = std::move(name);
  channel.unit = "J";
  channel.boundary = std::move(boundary);
  channel.definition = std::move(definition);
  channel.period = kPeriod;
  return channel;
}

// Packages together are the CPU; memory and the whole platform stand apart.
class Rapl final : public Sensor {
 public:
  explicit Rapl(const std::vector<Zone>& zones) {
    for (const Zone& zone : zones)
      if (zone.name.starts_with("package")) packages_.emplace_back(zone);
    channels_.push_back(channel_of(
        "energy", "chip",
        fmt::format("RAPL energy counter, {} CPU package{} together, without memory and board",
                    packages_.size(), packages_.size() == 1 ? "" : "s")));
    for (const Zone& zone : zones) {
      if (zone.name.starts_with("package")) continue;
      const bool platform = zone.name == "psys";
      others_.emplace_back(zone);
      channels_.push_back(
          channel_of(fmt::format("energy.{}", zone.name), platform ? "board" : "module",
                     platform ? "RAPL energy counter of the platform, as the board's maker wired it"
                              : fmt::format("RAPL energy counter of {}", zone.name)));
    }
  }

  std::vector<Channel> channels() const override { return channels_; }

  void read(nanoseconds, std::vector<Reading>& readings) override {
    double all = 0;
    for (Counter& counter : packages_) all += counter.joules();
    const nanoseconds now = MonotonicClock::read();
    readings.push_back({0, now, all});
    std::uint16_t channel = 1;
    for (Counter& counter : others_) readings.push_back({channel++, now, counter.joules()});
  }

 private:
  std::vector<Counter> packages_, others_;
  std::vector<Channel> channels_;
};

}  // namespace

std::vector<Found> find_rapl(const InstrumentRoots& roots) {
  const auto parent = roots.sys / "class" / "powercap";
  std::vector<Zone> zones;
  bool readable = true, package = false;
  for (const auto& folder : folders_in(parent, "intel-rapl:")) {
    const auto name = line_in(folder / "name");
    // Cores and uncore are parts of their package.
    if (!name || !(name->starts_with("package") || *name == "psys" || *name == "dram")) continue;
    Zone zone{folder, *name};
    if (*name == "dram")
      for (const Zone& other : zones)
        if (other.name == zone.name) zone.name = fmt::format("dram.{}", zones.size());
    package = package || name->starts_with("package");
    readable = readable && can_read(folder / "energy_uj");
    zones.push_back(std::move(zone));
  }
  if (!package) return {};
  Found found;
  found.listing.id = "rapl";
  found.listing.name = "RAPL energy counters of the CPU";
  found.listing.physical_id = "cpu";
  if (!readable) {
    found.listing.availability = {
        Availability::NoDevice,
        fmt::format("{}/intel-rapl:*/energy_uj may be read by root only (so since Linux 5.10)",
                    parent.string()),
        fmt::format("until the next boot: sudo chmod a+r {}/intel-rapl:*/energy_uj",
                    parent.string())};
    return {found};
  }
  try {
    found.listing.channels = described(Rapl(zones).channels());
    found.open = [zones] { return std::make_unique<Rapl>(zones); };
  } catch (const Error& e) {
    found.listing.availability = {Availability::NoDevice, e.what(), ""};
  }
  return {found};
}

}  // namespace steelyard::sensor

// SPDX-License-Identifier: Apache-2.0
// CPU time while a device works: of the measuring process and of every core of the host.
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

#include "steelyard/base/clock.h"
#include "steelyard/base/error.h"
#include "steelyard/sensor/found.h"

namespace steelyard::sensor {
namespace {

// The kernel counts in ticks of 10 ms; on a host of many cores the file costs up to a millisecond.
constexpr nanoseconds kPeriod = std::chrono::milliseconds(250);
// Beyond so many cores their lines are left out: reading them would be felt.
constexpr std::size_t kMostCores = 256;

struct Core {
  std::string name;  // "0"
  double seconds = 0;
};

// user + nice + system + irq + softirq of each "cpuN" line, in seconds.
void read_cores(const std::filesystem::path& file, std::string& buffer, std::vector<Core>& cores) {
  static const double ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  std::ifstream in(file, std::ios::binary);
  buffer.assign(std::istreambuf_iterator<char>(in), {});
  if (buffer.empty()) throw Error(fmt::format("{} cannot be read", file.string()));
  std::string_view text = buffer;
  cores.clear();
  while (!text.empty() && cores.size() < kMostCores) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (!line.starts_with("cpu") || line.size() < 4 || line[3] == ' ') continue;
    line.remove_prefix(3);
    Core core{std::string(line.substr(0, line.find(' '))), 0};
    line.remove_prefix(std::min(line.size(), core.name.size()));
    for (int column = 0; column < 7; ++column) {
      line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
      std::uint64_t value = 0;
      const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), value);
      if (error != std::errc()) break;
      line.remove_prefix(static_cast<std::size_t>(end - line.data()));
      if (column != 3 && column != 4) core.seconds += static_cast<double>(value) / ticks;
    }
    cores.push_back(std::move(core));
  }
}

class CpuTime final : public Sensor {
 public:
  explicit CpuTime(std::filesystem::path file) : file_(std::move(file)) {
    read_cores(file_, buffer_, cores_);
    Channel channel;
    channel.name = "cpu.process";
    channel.unit = "s";
    channel.boundary = "process";
    channel.definition = "CPU time of the measuring process, all threads, user and kernel";
    channel.period = kPeriod;
    channels_.push_back(channel);
    for (const Core& core : cores_) {
      channel.name = fmt::format("cpu.core.{}", core.name);
      channel.boundary = "core";
      channel.definition = fmt::format(
          "time that core {} was not idle, of all processes, in ticks of the kernel", core.name);
      channels_.push_back(channel);
    }
  }

  std::vector<Channel> channels() const override { return channels_; }

  void read(nanoseconds, std::vector<Reading>& readings) override {
    read_cores(file_, buffer_, cores_);
    const nanoseconds now = MonotonicClock::read();
    readings.push_back({0, now, seconds_of(process_cpu_time())});
    // A core that went offline leaves the list: its neighbours keep their channels.
    std::uint16_t channel = 1;
    for (const Core& core : cores_) {
      while (channel < channels_.size() &&
             std::string_view(channels_[channel].name).substr(9) != core.name)
        ++channel;
      if (channel < channels_.size()) readings.push_back({channel++, now, core.seconds});
    }
  }

 private:
  const std::filesystem::path file_;
  std::string buffer_;
  std::vector<Core> cores_;
  std::vector<Channel> channels_;
};

}  // namespace

std::vector<Found> find_cpu_time(const InstrumentRoots& roots) {
  const auto file = roots.proc / "stat";
  Found found;
  found.listing.id = "cpu-time";
  found.listing.name = "CPU time of the process and of each core";
  found.listing.physical_id = "cpu";
  try {
    const auto channels = CpuTime(file).channels();
    found.listing.channels = {"cpu.process s (process)",
                              fmt::format("cpu.core.* s (core), {} of them", channels.size() - 1)};
    found.open = [file] { return std::make_unique<CpuTime>(file); };
  } catch (const Error& e) {
    found.listing.availability = {Availability::NoDevice, e.what(), "mount /proc"};
  }
  return {found};
}

}  // namespace steelyard::sensor

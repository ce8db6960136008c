// SPDX-License-Identifier: Apache-2.0
// What the host and the build are like, read and never guessed.
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <fstream>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "steelyard/base/clock.h"
#include "steelyard/run/run.h"
#include "steelyard/sensor/sensor.h"

namespace steelyard {
namespace {

std::string first_line(const char* file) {
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);
  return line;
}

std::string build_text() {
#if defined(__clang__)
  const char* compiler = "clang++ " __clang_version__;
#else
  const char* compiler = "g++ " __VERSION__;
#endif
#if !defined(__OPTIMIZE__)
  return fmt::format("unoptimised, {}", compiler);
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return fmt::format("sanitized, {}", compiler);
#else
  return fmt::format("release, {}", compiler);
#endif
}

constexpr const char* kCpus = "/sys/devices/system/cpu";

std::optional<double> number_in(const std::string& file) {
  std::ifstream in(file);
  double value = 0;
  if (in >> value) return value;
  return {};
}

std::string boost_text() {
  if (const auto on = number_in(fmt::format("{}/cpufreq/boost", kCpus)))
    return *on != 0 ? "on" : "off";
  if (const auto off = number_in(fmt::format("{}/intel_pstate/no_turbo", kCpus)))
    return *off != 0 ? "off" : "on";
  return "";
}

// Thermal zones of other things, a battery or a radio, are left out where zones have names.
std::optional<double> processor_temperature() {
  std::optional<double> hottest;
  for (int zone = 0; zone < 32; ++zone) {
    const std::string folder = fmt::format("/sys/class/thermal/thermal_zone{}", zone);
    const std::string type = first_line((folder + "/type").c_str());
    if (type.empty()) break;
    if (type.find("cpu") == type.npos && type.find("pkg") == type.npos &&
        type.find("soc") == type.npos)
      continue;
    if (const auto milli = number_in(folder + "/temp"))
      hottest = std::max(hottest.value_or(*milli / 1000), *milli / 1000);
  }
  return hottest;
}

}  // namespace

HostState host_state() {
  HostState state;
  Moments clocks;
  for (unsigned cpu = 0; cpu < std::min(std::thread::hardware_concurrency(), 64u); ++cpu)
    if (const auto khz = number_in(fmt::format("{}/cpu{}/cpufreq/scaling_cur_freq", kCpus, cpu)))
      clocks.add(*khz / 1000);
  if (clocks.count > 0) state.clock_mhz = clocks.mean;
  state.temperature_c = processor_temperature();
  state.load = number_in("/proc/loadavg");
  return state;
}

std::uint64_t throttle_events() {
  std::uint64_t events = 0;
  for (unsigned cpu = 0; cpu < std::thread::hardware_concurrency(); ++cpu)
    for (const char* what : {"core", "package"})
      if (const auto count = number_in(
              fmt::format("{}/cpu{}/thermal_throttle/{}_throttle_count", kCpus, cpu, what)))
        events += static_cast<std::uint64_t>(*count);
  return events;
}

Manifest manifest_of_this_host(std::string command) {
  Manifest manifest;
  manifest.tool_version = STEELYARD_VERSION;
  manifest.command = std::move(command);
  const auto wall = std::chrono::system_clock::now();
  manifest.since_1970 =
      std::chrono::duration_cast<nanoseconds>(wall.time_since_epoch()) - MonotonicClock::read();
  const std::time_t now = std::chrono::system_clock::to_time_t(wall);
  manifest.started_at = fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(now));
  utsname system{};
  if (::uname(&system) == 0) {
    manifest.host = system.nodename;
    manifest.kernel = fmt::format("{} {} {}", system.sysname, system.release, system.machine);
  }
  manifest.boot_id = first_line("/proc/sys/kernel/random/boot_id");
  manifest.cpu = cpu_name();
  manifest.cores = static_cast<int>(std::thread::hardware_concurrency());
  manifest.governor = first_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");
  manifest.smt = first_line("/sys/devices/system/cpu/smt/control");
  manifest.boost = boost_text();
  manifest.before = host_state();
  manifest.build = build_text();
  return manifest;
}

}  // namespace steelyard

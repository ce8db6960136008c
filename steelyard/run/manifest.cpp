// SPDX-License-Identifier: Apache-2.0
// What the host and the build are like, read and never guessed.
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <chrono>
#include <ctime>
#include <fstream>
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

}  // namespace

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
  manifest.build = build_text();
  return manifest;
}

}  // namespace steelyard

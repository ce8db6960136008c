// SPDX-License-Identifier: Apache-2.0
// What the kernel tells about this process and this host. Read from /proc into a buffer on the
// stack, so that watching a run costs no allocation. Thread-safe.
#include "steelyard/sensor/sensor.h"

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace steelyard {
namespace {

// The first bytes of a file that fit into `buffer`; empty when it cannot be read.
std::string_view head_of(const char* file, std::span<char> buffer) {
  const int fd = ::open(file, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return {};
  std::size_t size = 0;
  while (size < buffer.size()) {
    const ssize_t got = ::read(fd, buffer.data() + size, buffer.size() - size);
    if (got <= 0) break;
    size += static_cast<std::size_t>(got);
  }
  ::close(fd);
  return {buffer.data(), size};
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// Takes the next whole number off the front of `text`.
std::optional<std::uint64_t> next_number(std::string_view& text) {
  text = text.substr(std::min(text.find_first_not_of(" \t"), text.size()));
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

// The value of the first line "key : value".
std::string_view value_of(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    const auto colon = line.find(':');
    if (colon != std::string_view::npos && trimmed(line.substr(0, colon)) == key)
      return trimmed(line.substr(colon + 1));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
  return {};
}

// MIDR_EL1 part numbers of Arm Ltd. (implementer 0x41), from the cores' reference manuals; the
// names that 64-bit Arm kernels leave out of /proc/cpuinfo.
constexpr std::pair<std::string_view, std::string_view> kArmCores[] = {
    {"0xd03", "Cortex-A53"},   {"0xd04", "Cortex-A35"},  {"0xd05", "Cortex-A55"},
    {"0xd07", "Cortex-A57"},   {"0xd08", "Cortex-A72"},  {"0xd09", "Cortex-A73"},
    {"0xd0a", "Cortex-A75"},   {"0xd0b", "Cortex-A76"},  {"0xd0c", "Neoverse N1"},
    {"0xd0d", "Cortex-A77"},   {"0xd40", "Neoverse V1"}, {"0xd41", "Cortex-A78"},
    {"0xd42", "Cortex-A78AE"}, {"0xd44", "Cortex-X1"},   {"0xd46", "Cortex-A510"},
    {"0xd47", "Cortex-A710"},  {"0xd49", "Neoverse N2"}, {"0xd4d", "Cortex-A715"},
    {"0xd4f", "Neoverse V2"},  {"0xd80", "Cortex-A520"}, {"0xd81", "Cortex-A720"},
};

std::string arm_core(std::string_view cpuinfo) {
  const auto implementer = value_of(cpuinfo, "CPU implementer");
  const auto part = value_of(cpuinfo, "CPU part");
  if (implementer.empty() || part.empty()) return {};
  if (implementer == "0x41")
    for (const auto& [number, name] : kArmCores)
      if (number == part) return std::string(name);
  return "Arm core " + std::string(implementer) + "/" + std::string(part);
}

}  // namespace

nanoseconds process_cpu_time() {
  timespec t{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return nanoseconds(t.tv_sec * 1'000'000'000LL + t.tv_nsec);
}

nanoseconds other_cpu_time() {
  static const long ticks_per_second = ::sysconf(_SC_CLK_TCK);
  std::array<char, 512> buffer;
  std::string_view text = head_of("/proc/stat", buffer);
  if (!text.starts_with("cpu ") || ticks_per_second <= 0) return nanoseconds(0);
  text.remove_prefix(4);
  // user nice system idle iowait irq softirq; what follows (steal, guest) is other machines' time
  // or already part of user.
  std::uint64_t busy = 0;
  for (int column = 0; column < 7; ++column) {
    const auto ticks = next_number(text);
    if (!ticks) break;
    if (column != 3 && column != 4) busy += *ticks;
  }
  const auto all = nanoseconds(static_cast<std::int64_t>(
      busy * (1'000'000'000ull / static_cast<std::uint64_t>(ticks_per_second))));
  return std::max(all - process_cpu_time(), nanoseconds(0));
}

std::uint64_t peak_memory() {
  std::array<char, 4096> buffer;
  std::string_view value = value_of(head_of("/proc/self/status", buffer), "VmHWM");
  return next_number(value).value_or(0) * 1024;
}

std::string cpu_name_in(std::string_view cpuinfo) {
  if (const auto name = value_of(cpuinfo, "model name"); !name.empty()) return std::string(name);
  const std::string core = arm_core(cpuinfo);
  const std::string board(value_of(cpuinfo, "Model"));
  if (!core.empty() && !board.empty()) return core + " (" + board + ")";
  if (!core.empty()) return core;
  return board.empty() ? "CPU of unknown name" : board;
}

std::string cpu_name() {
  std::ifstream file("/proc/cpuinfo");
  return cpu_name_in(std::string(std::istreambuf_iterator<char>(file), {}));
}

}  // namespace steelyard

// SPDX-License-Identifier: Apache-2.0
// All instruments of the host in one list, and the reading of kernel files. Thread-safe.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "steelyard/base/error.h"
#include "steelyard/sensor/found.h"

namespace steelyard {
namespace sensor {
namespace {

std::vector<Found> find_all(const InstrumentRoots& roots) {
  std::vector<Found> all;
  for (const auto find : {find_nvml, find_rapl, find_hwmon, find_cpu_time})
    for (Found& found : find(roots)) all.push_back(std::move(found));
  return all;
}

// One read(2) into a buffer on the stack: sysfs files are a page at most, and a watched run shall
// not allocate.
std::string_view read_small(const std::filesystem::path& file, std::array<char, 256>& buffer) {
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return {};
  const ssize_t size = ::read(descriptor, buffer.data(), buffer.size());
  const int failure = errno;
  ::close(descriptor);
  errno = failure;
  if (size <= 0) return {};
  const std::string_view text(buffer.data(), static_cast<std::size_t>(size));
  return text.substr(0, text.find('\n'));
}

}  // namespace

std::vector<std::string> described(const std::vector<Channel>& channels) {
  std::vector<std::string> lines;
  for (const Channel& channel : channels)
    lines.push_back(fmt::format("{} {} ({})", channel.name, channel.unit, channel.boundary));
  return lines;
}

std::optional<std::string> line_in(const std::filesystem::path& file) {
  std::array<char, 256> buffer;
  const auto text = read_small(file, buffer);
  if (text.empty()) return std::nullopt;
  return std::string(text);
}

std::int64_t number_in(const std::filesystem::path& file) {
  std::array<char, 256> buffer;
  errno = 0;
  const auto text = read_small(file, buffer);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc())
    throw Error(fmt::format(
        "{}: {}", file.string(),
        text.empty() && errno != 0 ? std::strerror(errno) : "there is no whole number in it"));
  return value;
}

bool can_read(const std::filesystem::path& file) {
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor >= 0) ::close(descriptor);
  return descriptor >= 0;
}

std::vector<std::filesystem::path> folders_in(const std::filesystem::path& parent,
                                              std::string_view prefix) {
  std::vector<std::filesystem::path> folders;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(parent, ignored))
    if (entry.path().filename().string().starts_with(prefix)) folders.push_back(entry.path());
  std::sort(folders.begin(), folders.end(), [](const auto& a, const auto& b) {
    const auto x = a.filename().string(), y = b.filename().string();
    return x.size() != y.size() ? x.size() < y.size() : x < y;
  });
  return folders;
}

}  // namespace sensor

InstrumentRoots instrument_roots() {
  InstrumentRoots roots;
  const auto take = [](const char* name, std::filesystem::path& path) {
    if (const char* value = std::getenv(name); value != nullptr && *value != '\0') path = value;
  };
  take("STEELYARD_SYS", roots.sys);
  take("STEELYARD_PROC", roots.proc);
  take("STEELYARD_NVML", roots.nvml);
  return roots;
}

std::vector<InstrumentListing> list_instruments(const InstrumentRoots& roots) {
  std::vector<InstrumentListing> listings;
  for (auto& found : sensor::find_all(roots)) listings.push_back(std::move(found.listing));
  return listings;
}

std::vector<std::unique_ptr<Sensor>> instruments_of(std::string_view physical_id,
                                                    const InstrumentRoots& roots) {
  std::vector<std::unique_ptr<Sensor>> sensors;
  if (physical_id.empty() || physical_id == "simulated") return sensors;
  const auto all = sensor::find_all(roots);
  for (const bool alone : {true, false})
    for (const auto& found : all) {
      const bool its_own = found.listing.physical_id == physical_id;
      const bool of_host = found.listing.physical_id.empty();
      if (found.open && (alone ? its_own : of_host)) sensors.push_back(found.open());
    }
  return sensors;
}

}  // namespace steelyard

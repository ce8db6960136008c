// SPDX-License-Identifier: Apache-2.0
// See monitor.h. Two numbers of a message are read, so protobuf's wire format is walked by hand.
#include "steelyard/backend/hailort/adapter/monitor.h"

#include <unistd.h>

#include <cctype>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>

namespace steelyard::hailo {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t kDevices = 4;      // ProtoMon.device_infos
constexpr std::uint32_t kUtilisation = 2;  // ProtoMonDeviceInfo.utilization

std::optional<std::uint64_t> varint(std::string_view& bytes) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64 && !bytes.empty(); shift += 7) {
    const auto byte = static_cast<std::uint8_t>(bytes.front());
    bytes.remove_prefix(1);
    value |= std::uint64_t{byte & 0x7Fu} << shift;
    if (byte < 0x80) return value;
  }
  return std::nullopt;
}

// The content of the first field of that number; nothing where there is none or the message ends
// early. Only what these messages have: numbers, doubles, strings and messages.
std::optional<std::string_view> field(std::string_view bytes, std::uint32_t number) {
  while (!bytes.empty()) {
    const auto key = varint(bytes);
    if (!key) return std::nullopt;
    std::uint64_t size = 0;
    switch (*key & 7) {
      case 0:
        if (!varint(bytes)) return std::nullopt;
        continue;
      case 1:
        size = 8;
        break;
      case 2:
        if (const auto length = varint(bytes))
          size = *length;
        else
          return std::nullopt;
        break;
      case 5:
        size = 4;
        break;
      default:
        return std::nullopt;
    }
    if (size > bytes.size()) return std::nullopt;
    if (*key >> 3 == number) return bytes.substr(0, size);
    bytes.remove_prefix(size);
  }
  return std::nullopt;
}

}  // namespace

void watch_scheduler(bool on) { ::setenv("HAILO_MONITOR", on ? "1" : "0", 1); }

fs::path monitor_file() {
  const std::string own = std::to_string(::getpid());
  std::error_code error;
  for (fs::directory_iterator i("/tmp/hmon_files", error), end; !error && i != end;
       i.increment(error)) {
    const std::string name = i->path().filename().string();
    // mkstemp's six letters follow; they may begin with a digit, so that lengths count.
    if (name.starts_with(own) && name.size() == own.size() + 6) return i->path();
  }
  return {};
}

std::optional<double> utilisation_in(std::string_view message) {
  const auto device = field(message, kDevices);
  if (!device) return std::nullopt;
  const auto number = field(*device, kUtilisation);
  // A zero is not written at all (proto3).
  if (!number) return 0.0;
  if (number->size() != sizeof(double)) return std::nullopt;
  double percent = 0;
  std::memcpy(&percent, number->data(), sizeof percent);
  return percent;
}

}  // namespace steelyard::hailo

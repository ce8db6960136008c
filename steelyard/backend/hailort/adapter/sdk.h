// SPDX-License-Identifier: Apache-2.0
// HailoRT's headers, and its status codes as Errors with a way out. Thread-safe.
#pragma once

#include <hailo/hailort.hpp>
#include <string>
#include <utility>

namespace steelyard::hailo {

// Statuses that the header of HailoRT 4.20 does not have yet.
inline constexpr int kHefCorrupted = 91;
inline constexpr int kHefNotSupported = 92;
inline constexpr int kHefNotForThisDevice = 93;

// "HailoRT cannot <doing>: <its own words> (status N)", with a hint for every status.
[[noreturn]] void refuse(hailo_status, const std::string& doing);
std::string way_out(hailo_status);

inline void check(hailo_status status, const char* doing) {
  if (status != HAILO_SUCCESS) [[unlikely]]
    refuse(status, doing);
}

// The value of an Expected, or an Error.
template <class T>
T take(hailort::Expected<T> expected, const std::string& doing) {
  if (!expected) refuse(expected.status(), doing);
  return expected.release();
}

}  // namespace steelyard::hailo

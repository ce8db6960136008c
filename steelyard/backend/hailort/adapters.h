// SPDX-License-Identifier: Apache-2.0
// Where adapters for HailoRT's versions lie: adapter-4.23.0.so in hailort/ beside the module, or in
// a folder of the user's who may not write there. No vendor header here. Thread-safe.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string_view>

namespace steelyard::hailo {

inline constexpr std::string_view kAdapterPrefix = "adapter-";

inline std::filesystem::path adapter_folder_of_user() {
  const char* const data = std::getenv("XDG_DATA_HOME");
  const char* const home = std::getenv("HOME");
  if (data != nullptr && *data != '\0')
    return std::filesystem::path(data) / "steelyard/backends/hailort";
  return std::filesystem::path(home == nullptr ? "/nonexistent" : home) /
         ".local/share/steelyard/backends/hailort";
}

}  // namespace steelyard::hailo

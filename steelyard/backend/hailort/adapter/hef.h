// SPDX-License-Identifier: Apache-2.0
// What a HEF says about itself; no device is needed. Thread-safe.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace steelyard::hailo {

// One line each: for which device, then inputs and outputs with shapes and quantisation. Throws
// Error for a file that is missing, broken or of another compiler version.
std::vector<std::string> describe_hef(const std::filesystem::path& file);

}  // namespace steelyard::hailo

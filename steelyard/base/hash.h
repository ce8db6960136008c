// SPDX-License-Identifier: Apache-2.0
// SHA-256, the identity of files, models and cases. Thread-safe.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace steelyard {

// 64 lower-case hexadecimal digits.
std::string sha256(std::span<const std::byte> bytes);
std::string sha256(std::string_view text);

// Reads the file in pieces; throws Error when it cannot be read.
std::string sha256_of_file(const std::filesystem::path& file);

}  // namespace steelyard

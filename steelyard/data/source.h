// SPDX-License-Identifier: Apache-2.0
// A data file as text: read once, unpacked when it is gzip, refused when it is not text at all.
// Sizes are bounded, so that a small hostile file cannot fill the memory. Thread-safe. Private to
// `data`.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

namespace steelyard::data {

inline constexpr std::size_t kMostBytes = std::size_t{256}
                                          << 20;  // of text, about 4 million OHLCV rows

struct Source {
  std::string text;
  std::string sha256;  // of the bytes on disk, before unpacking
};

// Throws Error: missing, folder, unreadable, empty, larger than `most` bytes, damaged gzip, not
// UTF-8 text.
Source read_source(const std::filesystem::path& file, std::size_t most = kMostBytes);

}  // namespace steelyard::data

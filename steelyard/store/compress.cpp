// SPDX-License-Identifier: Apache-2.0
// Zstandard at level 3: a million query times take about 40 ms.
#include "steelyard/store/compress.h"

#include <zstd.h>

#include "steelyard/base/error.h"

namespace steelyard {
namespace {

constexpr unsigned long long kLargest = 1ull << 30;

[[noreturn]] void damaged() {
  throw Error("a stored block is damaged",
              "copy the database again from where it was measured, or measure again");
}

}  // namespace

std::vector<std::byte> compress(std::span<const std::byte> bytes) {
  std::vector<std::byte> out(ZSTD_compressBound(bytes.size()));
  const std::size_t size = ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), 3);
  if (ZSTD_isError(size))
    throw Error("a block could not be compressed: " + std::string(ZSTD_getErrorName(size)));
  out.resize(size);
  return out;
}

std::vector<std::byte> decompress(std::span<const std::byte> bytes) {
  const unsigned long long size = ZSTD_getFrameContentSize(bytes.data(), bytes.size());
  if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN || size > kLargest)
    damaged();
  std::vector<std::byte> out(size);
  const std::size_t got = ZSTD_decompress(out.data(), out.size(), bytes.data(), bytes.size());
  if (ZSTD_isError(got) || got != size) damaged();
  return out;
}

}  // namespace steelyard

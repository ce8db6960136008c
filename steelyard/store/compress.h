// SPDX-License-Identifier: Apache-2.0
// Blobs as they lie in the database: one Zstandard frame each. Pure functions.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace steelyard {

std::vector<std::byte> compress(std::span<const std::byte>);
// Throws Error when the blob is damaged or claims to be larger than 1 GiB.
std::vector<std::byte> decompress(std::span<const std::byte>);

}  // namespace steelyard

// SPDX-License-Identifier: Apache-2.0
// Numeric columns as little-endian bytes: floats as they are, query times as differences in
// variable-length integers (about 5 bytes a query), in chunks of at most 64 Ki entries. Used by
// encode.cpp only. Pure functions.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "steelyard/record/record.h"

namespace steelyard::columns {

using Chunk = std::vector<std::uint8_t>;
inline constexpr std::size_t kChunkEntries = 64 * 1024;

// Fixed-width numbers. T: float, double, uint8_t.
template <class T>
std::vector<Chunk> pack(std::span<const T> values);
template <class T>
std::vector<T> unpack_numbers(const std::vector<Chunk>&);

std::vector<Chunk> pack(std::span<const Query>);
std::vector<Query> unpack_queries(const std::vector<Chunk>&);

std::vector<Chunk> pack(std::span<const Reading>);
std::vector<Reading> unpack_readings(const std::vector<Chunk>&);

std::vector<Chunk> pack(const Histogram&);
Histogram unpack_histogram(const std::vector<Chunk>&);

}  // namespace steelyard::columns

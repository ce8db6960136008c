// SPDX-License-Identifier: Apache-2.0
// Files of numbers: NumPy's .npy, and raw ones that hold nothing else. Thread-safe.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "steelyard/model/model.h"

namespace steelyard {

struct NumberFile {
  std::optional<ElementType> type;  // nothing: a raw file does not say
  std::vector<std::int64_t> shape;  // of .npy
  std::vector<std::byte> content;   // little-endian, row-major
};

// "f32", "i64": as messages name it.
std::string_view name_of(ElementType);

// Throws Error for a file that is missing, cut short, or whose header cannot be used (Fortran
// order, big-endian numbers, a type that no model has).
NumberFile read_numbers(const std::filesystem::path&);

}  // namespace steelyard

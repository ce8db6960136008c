// SPDX-License-Identifier: Apache-2.0
// Text in a grid of terminal columns: wrapping and padding that know how wide Hangul is. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace steelyard {

// Breaks at spaces; a word wider than `width` is cut. At least one line. `width` is at least 2.
std::vector<std::string> wrap(std::string_view text, int width);
std::string pad_left(std::string_view text, int width);   // right-aligned
std::string pad_right(std::string_view text, int width);  // left-aligned

}  // namespace steelyard

// SPDX-License-Identifier: Apache-2.0
// Reading UTF-8 one character at a time, and the columns that each takes. Pure and thread-safe.
#pragma once

#include <string_view>

namespace steelyard {

// Takes the first character off `text`, which must not be empty. Broken bytes give U+FFFD, one at a
// time.
char32_t next_code_point(std::string_view& text);
// 0, 1 or 2.
int width_of(char32_t);

}  // namespace steelyard

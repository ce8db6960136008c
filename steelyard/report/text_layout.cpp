// SPDX-License-Identifier: Apache-2.0
// Text in a grid of terminal columns. Pure.
#include "steelyard/report/text_layout.h"

#include <algorithm>

#include "steelyard/report/report.h"
#include "steelyard/report/width.h"

namespace steelyard {
namespace {

// The longest beginning of `text` that fits `width` columns, at least one character.
std::size_t fitting(std::string_view text, int width) {
  std::string_view rest = text;
  int used = 0;
  std::size_t end = 0;
  while (!rest.empty()) {
    used += width_of(next_code_point(rest));
    if (used > width && end > 0) break;
    end = text.size() - rest.size();
  }
  return end;
}

// Where a wide word may be cut decently: after these, if one fits.
std::size_t cut_of(std::string_view word, int width) {
  const std::size_t most = fitting(word, width);
  for (std::size_t i = most; i > 1; --i)
    if (std::string_view("(,/-_:@+·").find(word[i - 1]) != std::string_view::npos)
      return word[i - 1] == '(' ? i - 1 : i;
  return most;
}

}  // namespace

std::vector<std::string> wrap(std::string_view text, int width) {
  width = std::max(width, 2);
  std::vector<std::string> lines(1);
  while (!text.empty()) {
    const auto space = std::min(text.find(' '), text.size());
    std::string_view word = text.substr(0, space);
    text.remove_prefix(std::min(space + 1, text.size()));
    while (!word.empty()) {
      std::string& line = lines.back();
      const int room = width - display_width(line) - (line.empty() ? 0 : 1);
      if (display_width(word) <= room) {
        line += (line.empty() ? "" : " ") + std::string(word);
        break;
      }
      if (!line.empty()) {
        lines.emplace_back();
        continue;
      }
      const std::size_t cut = cut_of(word, width);
      line = word.substr(0, cut);
      word.remove_prefix(cut);
    }
  }
  return lines;
}

std::string pad_left(std::string_view text, int width) {
  return std::string(static_cast<std::size_t>(std::max(0, width - display_width(text))), ' ') +
         std::string(text);
}

std::string pad_right(std::string_view text, int width) {
  return std::string(text) +
         std::string(static_cast<std::size_t>(std::max(0, width - display_width(text))), ' ');
}

}  // namespace steelyard

// SPDX-License-Identifier: Apache-2.0
// Text in a grid of terminal columns. Pure.
#include "steelyard/report/text_layout.h"

#include <algorithm>
#include <cctype>

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
  for (std::size_t i = most; i > 1; --i) {
    // "·" and "–" whole: their first bytes begin other characters too.
    const std::string_view before = word.substr(0, i);
    const bool in_number = word[i - 1] == ',' && i < word.size() &&
                           std::isdigit(static_cast<unsigned char>(word[i])) != 0;
    if (in_number) continue;
    if (std::string_view("(,/-_:@+").find(word[i - 1]) != std::string_view::npos ||
        before.ends_with("·") || before.ends_with("–"))
      return word[i - 1] == '(' ? i - 1 : i;
  }
  return most;
}

// Up to the next space that may be broken: not the one between a number and its unit.
std::size_t end_of_word(std::string_view text) {
  static constexpr std::string_view kUnits[] = {"%",  "ns", "µs", "ms", "s",   "W",  "mW",
                                                "nJ", "µJ", "mJ", "J",  "MiB", "KiB"};
  auto space = text.find(' ');
  if (space == std::string_view::npos || space == 0) return std::min(space, text.size());
  if (std::isdigit(static_cast<unsigned char>(text[space - 1])) == 0) return space;
  const std::string_view rest = text.substr(space + 1);
  for (const std::string_view unit : kUnits) {
    if (!rest.starts_with(unit)) continue;
    const std::string_view after = rest.substr(unit.size());
    if (!after.empty() && std::isalnum(static_cast<unsigned char>(after[0])) != 0) continue;
    return std::min(text.find(' ', space + 1), text.size());
  }
  return space;
}

}  // namespace

std::vector<std::string> wrap(std::string_view text, int width) {
  width = std::max(width, 2);
  std::vector<std::string> lines(1);
  while (!text.empty()) {
    std::string_view word = text.substr(0, end_of_word(text));
    text.remove_prefix(std::min(word.size() + 1, text.size()));
    while (!word.empty()) {
      std::string& line = lines.back();
      const std::string gap = line.empty() ? "" : " ";
      const int room = width - display_width(line) - static_cast<int>(gap.size());
      if (display_width(word) <= room) {
        line += gap + std::string(word);
        break;
      }
      const auto bracket = word.find('(', 1);  // 장치(런타임) may be broken before its bracket
      const std::string_view before = word.substr(0, std::min(bracket, word.size()));
      std::size_t cut = 0;
      const bool latin = std::isalnum(static_cast<unsigned char>(before.back())) != 0;
      if (latin && before.size() < word.size() && display_width(before) <= room) {
        cut = before.size();
      } else if (line.empty()) {
        cut = cut_of(word, width);
      }
      if (cut > 0) line += gap + std::string(word.substr(0, cut));
      word.remove_prefix(cut);
      lines.emplace_back();
    }
  }
  if (lines.size() > 1 && lines.back().empty()) lines.pop_back();
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

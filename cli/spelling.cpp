// SPDX-License-Identifier: Apache-2.0
// Durations, words that are nearly right, and words as a shell would take them.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <numeric>

#include "cli/options.h"
#include "steelyard/base/error.h"

namespace steelyard::cli {
namespace {

// Levenshtein distance.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t change = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({change, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

}  // namespace

nanoseconds parse_duration(std::string_view text, std::string_view option) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  const double scale = unit.empty() || unit == "s" ? 1
                       : unit == "ms"              ? 1e-3
                       : unit == "us"              ? 1e-6
                       : unit == "min"             ? 60
                                                   : 0;
  if (error != std::errc() || scale == 0 || !(value >= 0) || value * scale > 1e6)
    throw UsageError(fmt::format("{} '{}' is not a duration", option, text),
                     "write seconds or a unit: 2, 0.2s, 200ms, 3min");
  return from_seconds(value * scale);
}

double parse_number(std::string_view text, std::string_view unit, std::string_view option) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  std::string_view rest(end, static_cast<std::size_t>(text.data() + text.size() - end));
  while (rest.starts_with(' ')) rest.remove_prefix(1);
  if (error != std::errc() || !(rest.empty() || rest == unit) || !(value >= 0) || value > 1e15)
    throw UsageError(fmt::format("{} '{}' is not a number", option, text),
                     unit.empty()
                         ? "write a plain number, for example 0.15"
                         : fmt::format("write a number, with or without its unit: 10{}", unit));
  return value;
}

std::uint64_t parse_size(std::string_view text, std::string_view option) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  if (unit.ends_with("iB")) unit.remove_suffix(2);
  const double scale = unit.empty()  ? 1
                       : unit == "K" ? 1024.0
                       : unit == "M" ? 1048576.0
                       : unit == "G" ? 1073741824.0
                                     : 0;
  if (error != std::errc() || scale == 0 || !(value * scale >= 1) || value * scale > 1e15)
    throw UsageError(fmt::format("{} '{}' is not a size", option, text),
                     "write bytes or a unit: 512M, 4G");
  return static_cast<std::uint64_t>(value * scale);
}

std::string nearest(std::string_view word, const std::vector<std::string>& known) {
  std::string best;
  std::size_t best_distance = std::max<std::size_t>(2, word.size() / 3) + 1;
  for (const auto& candidate : known)
    if (const std::size_t d = distance(word, candidate); d < best_distance) {
      best = candidate;
      best_distance = d;
    }
  return best;
}

std::string as_typed(const std::vector<std::string>& words) {
  std::string text = "steelyard";
  for (const auto& word : words) {
    const bool plain =
        !word.empty() && word.find_first_of(" \t\n'\"\\$`*?[]{}()<>|&;~#!") == word.npos;
    if (plain) {
      text += " " + word;
      continue;
    }
    text += " '";
    for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
    text += "'";
  }
  return text;
}

}  // namespace steelyard::cli

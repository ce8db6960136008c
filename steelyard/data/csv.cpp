// SPDX-License-Identifier: Apache-2.0
// The CSV reader and its numbers; see csv.h. One reader belongs to one thread.
#include "steelyard/data/csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>

#include "steelyard/base/error.h"

namespace steelyard::data {
namespace {

constexpr std::size_t kMostColumns = 10'000;

bool is_blank(char c) { return c == ' ' || c == '\t'; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

char most_used_delimiter(std::string_view text) {
  const std::size_t start = text.find_first_not_of(" \r\n");
  if (start == std::string_view::npos) return ',';
  std::size_t counts[3] = {};
  bool inside = false;
  for (char c : text.substr(start)) {
    if (c == '"') inside = !inside;
    if (inside) continue;
    if (c == '\n' || c == '\r') break;
    counts[0] += c == ',';
    counts[1] += c == ';';
    counts[2] += c == '\t';
  }
  return ",;\t"[std::max_element(counts, counts + 3) - counts];
}

// 1,234,567.89 without its commas; empty when the commas do not stand at thousands.
std::optional<std::string> without_thousands(std::string_view text) {
  const std::size_t start = !text.empty() && (text[0] == '-' || text[0] == '+') ? 1 : 0;
  const std::size_t end = std::min(text.find_first_not_of("0123456789,", start), text.size());
  const std::string_view whole = text.substr(start, end - start);
  std::size_t group = 0;  // digits since the last comma, from the right
  std::size_t commas = 0;
  for (std::size_t i = whole.size(); i-- > 0;) {
    if (whole[i] != ',') {
      ++group;
    } else {
      if (group != 3) return {};
      group = 0;
      ++commas;
    }
  }
  if (commas == 0 || group == 0 || group > 3) return {};
  if (end < text.size() && text.find(',', end) != std::string_view::npos) return {};
  std::string plain(text);
  std::erase(plain, ',');
  return plain;
}

std::optional<double> plain_number(std::string_view text) {
  if (!text.empty() && text.front() == '+') {
    text.remove_prefix(1);
    if (!text.empty() && text.front() == '-') return {};
  }
  double value = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end != text.data() + text.size() || text.empty()) return {};
  // Out of range is either too large or too small for a double; from_chars does not say which.
  if (status == std::errc::result_out_of_range) return std::numeric_limits<double>::infinity();
  if (status != std::errc()) return {};
  return value;
}

}  // namespace

CsvReader::CsvReader(std::string_view text, std::string file)
    : text_(text), file_(std::move(file)), delimiter_(most_used_delimiter(text)) {}

void CsvReader::end_line() {
  if (at_ < text_.size() && text_[at_] == '\r') ++at_;
  if (at_ < text_.size() && text_[at_] == '\n') ++at_;
  ++line_;
}

Cell CsvReader::plain_cell() {
  const std::size_t start = at_;
  while (at_ < text_.size() && text_[at_] != delimiter_ && text_[at_] != '\n' && text_[at_] != '\r')
    ++at_;
  return {trimmed(text_.substr(start, at_ - start)), false};
}

Cell CsvReader::quoted_cell() {
  const std::size_t begin_line = line_;
  const std::size_t start = ++at_;
  bool escaped = false;
  for (;; ++at_) {
    if (at_ >= text_.size())
      throw Error(fmt::format("{}, line {}: a quote is opened and never closed", file_, begin_line),
                  "Close the quote, or remove it");
    if (text_[at_] == '\n') ++line_;
    if (text_[at_] != '"') continue;
    if (at_ + 1 >= text_.size() || text_[at_ + 1] != '"') break;
    escaped = true;
    ++at_;
  }
  std::string_view inside = text_.substr(start, at_ - start);
  ++at_;
  while (at_ < text_.size() && is_blank(text_[at_]) && text_[at_] != delimiter_) ++at_;
  if (at_ < text_.size() && text_[at_] != delimiter_ && text_[at_] != '\n' && text_[at_] != '\r')
    throw Error(fmt::format("{}, line {}: text follows a closing quote", file_, line_),
                "Write a quote inside a quoted cell twice (\"\")");
  if (escaped) {
    std::string& plain = unescaped_.emplace_back();
    for (std::size_t i = 0; i < inside.size(); ++i) {
      plain += inside[i];
      if (inside[i] == '"') ++i;
    }
    inside = plain;
  }
  return {trimmed(inside), true};
}

bool CsvReader::next(Record& record) {
  record.cells.clear();
  unescaped_.clear();
  for (; at_ < text_.size(); end_line()) {  // blank lines
    std::size_t look = at_;
    while (look < text_.size() && text_[look] == ' ') ++look;
    if (look < text_.size() && text_[look] != '\n' && text_[look] != '\r') break;
    at_ = look;
  }
  if (at_ >= text_.size()) return false;
  record.line = line_;
  for (;;) {
    while (at_ < text_.size() && is_blank(text_[at_]) && text_[at_] != delimiter_) ++at_;
    if (record.cells.size() == kMostColumns)
      throw Error(
          fmt::format("{}, line {}: more than {} columns", file_, record.line, kMostColumns),
          "Keep only the columns that are needed");
    record.cells.push_back(at_ < text_.size() && text_[at_] == '"' ? quoted_cell() : plain_cell());
    if (at_ >= text_.size()) break;
    if (text_[at_] != delimiter_) {
      end_line();
      break;
    }
    ++at_;
  }
  return true;
}

std::optional<double> number_in(const Cell& cell, char delimiter) {
  if (cell.text.find(',') == std::string_view::npos) return plain_number(cell.text);
  if (!cell.quoted && delimiter != ',') {
    std::string text(cell.text);
    if (std::count(text.begin(), text.end(), ',') != 1) return {};
    std::erase(text, '.');  // 1.234,5
    text[text.find(',')] = '.';
    return plain_number(text);
  }
  const auto plain = without_thousands(cell.text);
  return plain ? plain_number(*plain) : std::nullopt;
}

}  // namespace steelyard::data

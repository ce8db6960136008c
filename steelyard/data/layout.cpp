// SPDX-License-Identifier: Apache-2.0
// Header lines of CSV files; see layout.h. Thread-safe.
#include "steelyard/data/layout.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "steelyard/base/error.h"

namespace steelyard::data {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> words) {
  const std::string plain = plain_name(name);
  return std::find(words.begin(), words.end(), plain) != words.end();
}

bool names_dates(std::string_view name) {
  return is_one_of(name, {"date", "datetime", "tradedate", "tradingdate", "tradingday", "datum"});
}
// Names under which dates are common, and ordinary numbers too.
bool may_name_dates(std::string_view name) {
  return names_dates(name) ||
         is_one_of(name, {"", "time", "timestamp", "day", "month", "period", "index"});
}

std::vector<std::string> words_of(const Record& record) {
  std::vector<std::string> words;
  for (const Cell& cell : record.cells) words.emplace_back(cell.text);
  return words;
}

void refuse_a_missing_header(const Record& record, char delimiter, const std::string& file) {
  std::size_t data = 0;
  for (const Cell& cell : record.cells) data += number_in(cell, delimiter) || date_in(cell.text);
  if (2 * data > record.cells.size())
    throw Error(
        fmt::format("{} has no header: line {} begins with {}", file, record.line,
                    in_quotes(record.cells.front().text)),
        "Add a first line with the names of the columns, e.g. Date,Open,High,Low,Close,Volume");
}

// yfinance: `Price,Close,High` / `Ticker,AAPL,AAPL` / `Date,,`, or the first two lines the other
// way round.
bool read_yfinance(CsvReader& reader, const Record& first, const std::string& file,
                   std::string_view ticker, Layout& layout) {
  CsvReader ahead = reader;
  Record second, third;
  if (!ahead.next(second) || second.cells.size() != first.cells.size() || first.cells.size() < 2)
    return false;
  const bool fields_first = same_word(second.cells[0].text, "Ticker");
  if (!fields_first &&
      !(same_word(first.cells[0].text, "Ticker") && same_word(second.cells[0].text, "Price")))
    return false;
  std::vector<std::string> fields = words_of(fields_first ? first : second);
  const std::vector<std::string> tickers = words_of(fields_first ? second : first);
  if (!ahead.next(third) || third.cells.size() != fields.size() ||
      !may_name_dates(third.cells[0].text))
    return false;
  reader = ahead;
  fields[0] = third.cells[0].text;

  std::vector<std::string> there(tickers.begin() + 1, tickers.end());
  std::sort(there.begin(), there.end());
  there.erase(std::unique(there.begin(), there.end()), there.end());
  layout.chosen_ticker = there.front();
  if (!ticker.empty() || there.size() > 1) {
    const auto found =
        std::find_if(there.begin(), there.end(), [&](auto& t) { return same_word(t, ticker); });
    if (found == there.end()) refuse_tickers(file, ticker, there);
    layout.chosen_ticker = *found;
  }
  layout.names = fields;
  layout.wanted.assign(fields.size(), true);
  for (std::size_t c = 1; c < fields.size(); ++c)
    layout.wanted[c] = tickers[c] == layout.chosen_ticker;
  return true;
}

void refuse_equal_names(const Layout& layout, const std::string& file) {
  std::set<std::string> seen;
  for (std::size_t c = 0; c < layout.names.size(); ++c) {
    if (!layout.wanted[c]) continue;
    std::string name;
    for (char letter : layout.names[c]) name += lower(letter);
    if (!seen.insert(name).second)
      throw Error(fmt::format("{} has two columns named {}", file, in_quotes(layout.names[c])),
                  "Rename or remove one of them");
  }
}

// Looks at the first row for the date: a column named Date, or one whose name allows it and whose
// cell is one.
void find_date(CsvReader ahead, Layout& layout) {
  Record row;
  const bool has_row = ahead.next(row) && row.cells.size() == layout.names.size();
  for (std::size_t c = 0; c < layout.names.size() && layout.date < 0; ++c) {
    if (!layout.wanted[c] || !may_name_dates(layout.names[c])) continue;
    if (names_dates(layout.names[c]) || (has_row && date_in(row.cells[c].text)))
      layout.date = static_cast<int>(c);
  }
}

}  // namespace

bool same_word(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

std::string plain_name(std::string_view name) {
  std::string plain;
  for (char c : name) {
    c = lower(c);
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || static_cast<unsigned char>(c) >= 0x80)
      plain += c;
  }
  return plain;
}

std::string in_quotes(std::string_view text) {
  constexpr std::size_t kMost = 40;
  std::string safe = "'";
  for (char c : text.substr(0, kMost)) safe += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  if (text.size() > kMost) safe += "...";
  return safe + "'";
}

void refuse_tickers(const std::string& file, std::string_view asked,
                    std::vector<std::string> there) {
  constexpr std::size_t kMost = 20;
  const std::size_t count = there.size();
  std::string list =
      fmt::format("{}", fmt::join(there.begin(), there.begin() + std::min(count, kMost), ", "));
  if (count > kMost) list += fmt::format(" and {} more", count - kMost);
  if (asked.empty())
    throw UsageError(fmt::format("{} holds {} tickers and none was chosen: {}", file, count, list),
                     fmt::format("Add --ticker {}", there.front()));
  throw UsageError(fmt::format("{} has no ticker {}", file, in_quotes(asked)),
                   fmt::format("It has {}", list));
}

Layout read_layout(CsvReader& reader, const std::string& file, std::string_view ticker) {
  Record first;
  do {
    if (!reader.next(first))
      throw Error(fmt::format("{} has no header", file), "Add a line with column names");
  } while (std::all_of(first.cells.begin(), first.cells.end(),
                       [](const Cell& c) { return c.text.empty(); }));
  refuse_a_missing_header(first, reader.delimiter(), file);
  Layout layout;
  if (!read_yfinance(reader, first, file, ticker, layout)) {
    layout.names = words_of(first);
    layout.wanted.assign(layout.names.size(), true);
    for (std::size_t c = 0; c < layout.names.size() && layout.ticker < 0; ++c)
      if (is_one_of(layout.names[c], {"ticker", "symbol", "tic"}))
        layout.ticker = static_cast<int>(c);
    if (!ticker.empty() && layout.ticker < 0)
      throw UsageError(
          fmt::format("{} has no ticker column, so {} cannot be chosen", file, in_quotes(ticker)),
          "Leave --ticker out, or name a file with a column Ticker");
  }
  find_date(reader, layout);
  for (std::size_t c = 0; c < layout.names.size(); ++c) {
    if (static_cast<int>(c) == layout.date || static_cast<int>(c) == layout.ticker)
      layout.wanted[c] = false;
    if (layout.names[c].empty()) layout.names[c] = fmt::format("column{}", c + 1);
  }
  refuse_equal_names(layout, file);
  return layout;
}

}  // namespace steelyard::data

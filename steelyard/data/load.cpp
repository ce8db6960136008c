// SPDX-License-Identifier: Apache-2.0
// CSV -> Dataset: rows of one ticker, oldest first, every cell a finite number, Adj Close applied.
// Thread-safe.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <set>

#include "steelyard/base/error.h"
#include "steelyard/data/csv.h"
#include "steelyard/data/data.h"
#include "steelyard/data/layout.h"
#include "steelyard/data/source.h"

namespace steelyard {
using namespace data;

namespace {

// A column while it is read. It may turn out to be text (a company's name) as long as no cell is a
// number.
struct Column {
  std::string name;
  int index = 0;  // in the file
  std::vector<double> values;
  std::size_t numbers = 0;
  std::size_t bad_line = 0;  // the first cell that is not a number; 0 = none
  std::string bad_text;
};

struct Rows {
  std::vector<Column> columns;
  std::vector<Date> dates;
  std::vector<std::size_t> lines;
};

[[noreturn]] void refuse_cell(const std::string& file, std::size_t line, const std::string& column,
                              std::string_view text) {
  throw Error(
      fmt::format("{}, line {}, column {}: {}", file, line, column,
                  text.empty() ? "the cell is empty" : in_quotes(text) + " is not a number"),
      "Correct the cell, or remove the row or the column");
}

bool is_ohlcv_name(std::string_view name) {
  const std::string plain = plain_name(name);
  for (std::string_view known :
       {"open", "high", "low", "close", "volume", "adjclose", "adjustedclose"})
    if (plain == known) return true;
  return false;
}

void read_cell(Column& column, const Cell& cell, char delimiter, const std::string& file,
               std::size_t line) {
  const auto value = number_in(cell, delimiter);
  if (value && !std::isfinite(*value))
    throw Error(fmt::format("{}, line {}, column {}: {} is not a finite number", file, line,
                            column.name, in_quotes(cell.text)),
                "Correct the cell, or remove the row or the column");
  if (value) {
    ++column.numbers;
  } else if (column.bad_line == 0) {
    column.bad_line = line;
    column.bad_text = std::string(cell.text.substr(0, 64));
  }
  const bool must_be_number = column.numbers > 0 || is_ohlcv_name(column.name);
  if (must_be_number && column.bad_line != 0)
    refuse_cell(file, column.bad_line, column.name, column.bad_text);
  column.values.push_back(value.value_or(std::numeric_limits<double>::quiet_NaN()));
}

// Which rows of a long file are wanted. Remembers every ticker met, for messages.
class TickerFilter {
 public:
  TickerFilter(const Layout& layout, std::string_view asked)
      : column_(layout.ticker), asked_(asked) {}
  bool wants(const Record& record) {
    if (column_ < 0) return true;
    const std::string_view ticker = record.cells[static_cast<std::size_t>(column_)].text;
    if (met_.find(ticker) == met_.end() && (met_.size() < kMostNames || same_word(ticker, asked_)))
      met_.emplace(ticker);
    // Once a second ticker is met and none was asked for, only the names are still of interest.
    if (asked_.empty()) return met_.size() == 1;
    return same_word(ticker, asked_);
  }
  // The ticker whose rows were taken; throws when that is not one.
  std::string chosen(const std::string& file) const {
    if (column_ < 0 || met_.empty()) return {};
    const auto found =
        std::find_if(met_.begin(), met_.end(), [&](auto& t) { return same_word(t, asked_); });
    if (!asked_.empty() && found != met_.end()) return *found;
    if (asked_.empty() && met_.size() == 1) return *met_.begin();
    refuse_tickers(file, asked_, {met_.begin(), met_.end()});
    return {};
  }

 private:
  static constexpr std::size_t kMostNames = 1000;
  int column_;
  std::string_view asked_;
  std::set<std::string, std::less<>> met_;
};

void read_date(Rows& rows, const Record& record, const Layout& layout, const std::string& file) {
  const std::string_view text = record.cells[static_cast<std::size_t>(layout.date)].text;
  auto date = date_in(text, true);
  if (!date)
    throw Error(fmt::format("{}, line {}, column {}: {} is not a date", file, record.line,
                            layout.names[static_cast<std::size_t>(layout.date)], in_quotes(text)),
                "Write dates as 2013-05-13 (ISO) or 5/13/2013 (US)");
  rows.dates.push_back(std::move(*date));
}

Rows read_rows(CsvReader& reader, const Layout& layout, TickerFilter& filter,
               const std::string& file) {
  Rows rows;
  for (std::size_t c = 0; c < layout.names.size(); ++c)
    if (layout.wanted[c]) {
      rows.columns.emplace_back().name = layout.names[c];
      rows.columns.back().index = static_cast<int>(c);
    }
  Record record;
  while (reader.next(record)) {
    if (std::all_of(record.cells.begin(), record.cells.end(),
                    [](const Cell& c) { return c.text.empty(); }))
      continue;  // spreadsheets leave lines of bare commas
    if (record.cells.size() != layout.names.size())
      throw Error(fmt::format("{}, line {}: {} cells where the header has {}", file, record.line,
                              record.cells.size(), layout.names.size()),
                  "Correct or remove the line; a number such as 1,234.5 needs quotes");
    if (!filter.wants(record)) continue;
    if (layout.date >= 0) read_date(rows, record, layout, file);
    for (Column& column : rows.columns)
      read_cell(column, record.cells[static_cast<std::size_t>(column.index)], reader.delimiter(),
                file, record.line);
    rows.lines.push_back(record.line);
  }
  return rows;
}

template <class T>
void reorder(std::vector<T>& items, const std::vector<std::size_t>& order) {
  std::vector<T> sorted;
  sorted.reserve(items.size());
  for (std::size_t i : order) sorted.push_back(std::move(items[i]));
  items = std::move(sorted);
}

// Oldest first; a date may stand once only.
void sort_by_date(Rows& rows, const std::string& file, std::vector<std::string>& notes) {
  if (rows.dates.empty()) return;
  const auto older = [](const Date& a, const Date& b) { return a.seconds < b.seconds; };
  if (!std::is_sorted(rows.dates.begin(), rows.dates.end(), older)) {
    std::vector<std::size_t> order(rows.dates.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return older(rows.dates[a], rows.dates[b]);
    });
    reorder(rows.dates, order);
    reorder(rows.lines, order);
    for (Column& column : rows.columns) reorder(column.values, order);
    notes.push_back("Rows were sorted by date, oldest first");
  }
  for (std::size_t i = 1; i < rows.dates.size(); ++i)
    if (rows.dates[i].seconds == rows.dates[i - 1].seconds)
      throw Error(fmt::format("{}: the date {} stands in lines {} and {}", file, rows.dates[i].iso,
                              rows.lines[i - 1], rows.lines[i]),
                  "Remove one of them; a file of several tickers needs a column Ticker");
}

int adjusted_close(const Dataset& table) {
  for (std::size_t c = 0; c < table.names.size(); ++c)
    if (const auto name = plain_name(table.names[c]); name == "adjclose" || name == "adjustedclose")
      return static_cast<int>(c);
  return -1;
}

// A table of prices is one with Close and another price beside it; elsewhere "close" may mean
// anything.
void check_prices(const Dataset& table, const std::vector<std::size_t>& lines) {
  const int adjusted = adjusted_close(table);
  const bool prices =
      table.column("close") >= 0 && (adjusted >= 0 || table.column("open") >= 0 ||
                                     table.column("high") >= 0 || table.column("low") >= 0);
  if (!prices) return;
  for (std::size_t c = 0; c < table.names.size(); ++c) {
    const bool is_volume = same_word(table.names[c], "volume");
    if (!is_ohlcv_name(table.names[c]) && static_cast<int>(c) != adjusted) continue;
    for (std::size_t row = 0; row < table.rows(); ++row) {
      const double value = table.columns[c][row];
      if (value > 0 || (is_volume && value == 0)) continue;
      throw Error(fmt::format("{}, line {}, column {}: a {} of {} cannot be", table.path.string(),
                              lines[row], table.names[c], is_volume ? "volume" : "price", value),
                  "Correct or remove the row");
    }
  }
}

// Splits and dividends taken out: factor = Adj Close / Close on every row, volume the other way.
void apply_adjusted_close(Dataset& table) {
  const int adjusted = adjusted_close(table);
  const int close = table.column("close");
  if (adjusted < 0 || close < 0) return;
  const std::vector<double> wanted = table.columns[static_cast<std::size_t>(adjusted)];
  const std::vector<double> raw = table.columns[static_cast<std::size_t>(close)];
  std::vector<std::string> touched;
  double lowest = std::numeric_limits<double>::infinity(), highest = 0;
  for (std::size_t c = 0; c < table.names.size(); ++c) {
    const std::string name = plain_name(table.names[c]);
    const bool volume = name == "volume";
    if (!volume && name != "open" && name != "high" && name != "low" && name != "close") continue;
    touched.push_back(table.names[c]);
    for (std::size_t row = 0; row < table.rows(); ++row) {
      const double factor = wanted[row] / raw[row];
      lowest = std::min(lowest, factor);
      highest = std::max(highest, factor);
      double& value = table.columns[c][row];
      value = volume ? value / factor : value * factor;
    }
  }
  table.columns[static_cast<std::size_t>(close)] = wanted;  // exactly, not within a rounding of it
  table.adjusted = true;
  std::string list = touched.front();
  for (std::size_t i = 1; i < touched.size(); ++i)
    list += (i + 1 == touched.size() ? " and " : ", ") + touched[i];
  table.notes.push_back(lowest == 1 && highest == 1
                            ? fmt::format("{} equals Close on every row: nothing to adjust",
                                          table.names[static_cast<std::size_t>(adjusted)])
                            : fmt::format("{} was applied to {} (factors {:.3g} to {:.3g})",
                                          table.names[static_cast<std::size_t>(adjusted)], list,
                                          lowest, highest));
}

}  // namespace

int Dataset::column(std::string_view name) const {
  for (std::size_t c = 0; c < names.size(); ++c)
    if (same_word(names[c], name)) return static_cast<int>(c);
  return -1;
}

Dataset load_dataset(const std::filesystem::path& path, const LoadOptions& options) {
  const Source source = read_source(path);
  const std::string file = path.string();
  CsvReader reader(source.text, file);
  const Layout layout = read_layout(reader, file, options.ticker);
  TickerFilter filter(layout, options.ticker);
  Rows rows = read_rows(reader, layout, filter, file);

  Dataset table;
  table.path = path;
  table.sha256 = source.sha256;
  table.ticker = layout.ticker >= 0 ? filter.chosen(file) : layout.chosen_ticker;
  if (rows.lines.empty())
    throw Error(fmt::format("{} has a header but no rows", file), "Download the data again");
  sort_by_date(rows, file, table.notes);
  for (Date& date : rows.dates) table.dates.push_back(std::move(date.iso));
  for (Column& column : rows.columns) {
    if (column.numbers == 0) {
      table.notes.push_back(
          fmt::format("Column {} holds no numbers and was left out", in_quotes(column.name)));
      continue;
    }
    table.names.push_back(std::move(column.name));
    table.columns.push_back(std::move(column.values));
  }
  if (table.columns.empty())
    throw Error(fmt::format("{} has no column of numbers", file),
                "Name a CSV file of numbers over time");
  check_prices(table, rows.lines);
  if (options.adjust) apply_adjusted_close(table);
  return table;
}

}  // namespace steelyard

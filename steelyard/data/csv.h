// SPDX-License-Identifier: Apache-2.0
// Records of a CSV text (RFC 4180, and semicolons or tabs), one at a time with their line numbers,
// and the numbers and dates in their cells. One reader belongs to one thread. Private to `data`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace steelyard::data {

struct Cell {
  std::string_view text;  // without surrounding blanks and quotes
  bool quoted = false;
};

struct Record {
  std::vector<Cell> cells;
  std::size_t line = 0;  // where it begins, from 1
};

// Cells point into the text, or into the reader until the next call of next().
class CsvReader {
 public:
  // `file` is for messages only. The delimiter is the one of , ; tab that the first line has most
  // of.
  CsvReader(std::string_view text, std::string file);

  char delimiter() const { return delimiter_; }
  // False at the end. Blank lines are skipped. Throws Error: a quote that never ends, text after a
  // closing quote, more than 10,000 columns.
  bool next(Record&);

 private:
  Cell quoted_cell();
  Cell plain_cell();
  void end_line();

  std::string_view text_;
  std::string file_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
  char delimiter_ = ',';
  std::deque<std::string> unescaped_;  // cells of the current record that held doubled quotes
};

// What a cell says as a number; empty when it is none. "1,234.5" needs quotes in a comma file;
// without quotes a comma in a semicolon or tab file is a decimal comma. May be infinite or NaN:
// callers refuse those.
std::optional<double> number_in(const Cell&, char delimiter);

struct Date {
  std::int64_t seconds = 0;  // since 1970, for the order; a stated UTC offset is honoured
  std::string iso;           // 2013-05-13, or 2013-05-13 09:30:00
};
// ISO (2013-05-13, 2013/05/13, 2013-05, with a time and a UTC offset or without) and US (5/13/2013)
// dates; `compact` also 20130513 and 201305.
std::optional<Date> date_in(std::string_view, bool compact = false);

}  // namespace steelyard::data

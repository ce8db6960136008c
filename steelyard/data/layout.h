// SPDX-License-Identifier: Apache-2.0
// What the columns of a CSV file are: names, the date, the ticker. Understands one header line and
// yfinance's three. Plain data, thread-safe. Private to `data`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "steelyard/data/csv.h"

namespace steelyard::data {

struct Layout {
  std::vector<std::string> names;  // one a column of the file
  std::vector<bool> wanted;        // columns that are read as numbers
  int date = -1;                   // index of the date column; -1 = none
  int ticker = -1;                 // index of a long file's ticker column; -1 = none
  std::string chosen_ticker;  // from the header (yfinance); empty when rows tell it or nothing does
};

// Reads the header lines from `reader` and looks at the first row after them without reading it.
// Throws Error: no header, two columns of one name, a ticker that is not there or must be chosen.
Layout read_layout(CsvReader& reader, const std::string& file, std::string_view ticker);

// Lower case, letters and digits only: "Adj. Close" and "adj_close" are both "adjclose".
std::string plain_name(std::string_view name);
// ASCII letters of either case are equal.
bool same_word(std::string_view a, std::string_view b);

// The ways out when a file holds several tickers: UsageErrors for the caller to throw.
void refuse_tickers(const std::string& file, std::string_view asked,
                    std::vector<std::string> there);

// Text of a file inside a message: short, one line.
std::string in_quotes(std::string_view text);

}  // namespace steelyard::data

// SPDX-License-Identifier: Apache-2.0
// Tables of numbers over time, and the windows a model sees. Time-ordered split, scalers fitted on
// the training part only, nothing from the future ever enters a window. All results are plain data
// and may be shared by threads.
//
//   Dataset table = load_dataset("AAPL.csv", {.ticker = "AAPL"});
//   WindowRecipe recipe = fit_recipe(table, {...});          // scalers from training rows
//   Windows test = make_windows(table, recipe, Part::test);  // inputs, targets, naive forecasts
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "steelyard/record/record.h"

namespace steelyard {

struct LoadOptions {
  std::string
      ticker;  // rows of this ticker, for long files; required when such a file holds several
  bool adjust =
      true;  // apply Adj Close to open, high, low, close and volume when the column is there
};

// Columns of numbers with the same number of rows, oldest first.
struct Dataset {
  std::filesystem::path path;
  std::string sha256;  // of the file's bytes as they lie on disk
  std::string ticker;
  std::vector<std::string> dates;  // ISO, empty when the file has no date column
  std::vector<std::string> names;  // as in the header, without surrounding blanks
  std::vector<std::vector<double>> columns;
  bool adjusted = false;  // Adj Close was applied
  std::vector<std::string>
      notes;  // what was done that the user should know, English ("Adj Close applied to ...")
  std::size_t rows() const { return columns.empty() ? 0 : columns.front().size(); }
  int column(std::string_view name) const;  // index, case-insensitive; -1 when absent
};

// CSV or CSV.gz; comma, semicolon or tab; quotes, BOM, CRLF, thousands separators inside quotes;
// ISO (2013-05-13) and US (5/13/2013) dates, sorted oldest first; yfinance's three header lines;
// any column order. A column without any number (a company's name) is left out with a note. At most
// 256 MiB of text. Adj Close, where it is: factor = Adj Close / Close on every row; open, high,
// low, close are multiplied by it and volume is divided by it, so that a split does not look like a
// crash. Throws Error that names file, line and column; UsageError when the ticker is missing or
// must be chosen.
Dataset load_dataset(const std::filesystem::path& file, const LoadOptions& = {});

struct RecipeOptions {
  std::vector<std::string> features;  // empty: Open High Low Close Volume when all are there
  std::string target;                 // empty: Close
  int window = 8;
  Normalise normalise = Normalise::window;
};
// Fits on the training rows only: those that training windows and their targets touch.
// Throws Error when a column is missing or there are too few rows, saying how many are needed.
WindowRecipe fit_recipe(const Dataset&, const RecipeOptions&);

enum class Part { train, validation, test };

// Of R rows there are N = R - T windows: rows i .. i+T-1 are the input, row i+T is the target. In
// time order the first floor(0.70 N) are the training part, the next floor(0.15 N) the validation
// part, the rest the test part.
//
// WindowRecipe::scales has one entry a feature and a last one for the target; (offset, scale)
// below. Normalise::window: a price becomes (value / last - 1) / scale, where last is the target
// column's value in the
//   window's last row; scale is the root mean square of value / last - 1 over the training windows,
//   so that inputs and targets are about 1 in size. The output o means a price of last * (1 + o *
//   scale): a rising market stays in range, and o = 0 is the naive forecast. A feature of another
//   kind, whose training mean is not within a factor of 2 of the target's (Volume), has scale 0 in
//   the recipe and becomes (value - mean) / sd of its own T rows, 0 where these are all equal:
//   bounded by sqrt(T - 1) whatever its unit, sign or trend. Offsets are 0. The target must be
//   positive on every row.
// Normalise::minmax, zscore: (value - offset) / scale with the training rows' (min, max - min) or
// (mean, sd).
struct Windows {
  std::uint64_t count = 0;
  int window = 0, features = 0;
  std::vector<float> inputs;          // [count][window][features]
  std::vector<float> targets;         // [count], normalised: what training fits
  std::vector<double> target;         // [count], in the target's unit
  std::vector<double> naive;          // [count], the target column's last known value
  std::vector<double> scale, offset;  // [count]: price = output * scale + offset
};
// Throws Error when the recipe's columns are not in the table, the recipe contradicts itself, the
// part would be empty, or a value cannot be normalised.
Windows make_windows(const Dataset&, const WindowRecipe&, Part);

// Truth for a set of test windows; `unit` is "USD" when the target is a price of an OHLC table,
// empty otherwise. id is the sha256 of unit, target's name and all numbers; reference is not
// filled.
Truth make_truth(const Dataset&, const WindowRecipe&, const Windows&);

}  // namespace steelyard

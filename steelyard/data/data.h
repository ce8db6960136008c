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

// CSV or CSV.gz; comma, semicolon or tab; quotes, BOM, CRLF; ISO (2013-05-13) and US (5/13/2013)
// dates, sorted oldest first; yfinance's three header lines; any column order. Throws Error that
// names file, line and column.
Dataset load_dataset(const std::filesystem::path& file, const LoadOptions& = {});

struct RecipeOptions {
  std::vector<std::string> features;  // empty: Open High Low Close Volume when all are there
  std::string target;                 // empty: Close
  int window = 8;
  Normalise normalise = Normalise::window;
};
// Throws Error when a column is missing or there are too few rows, saying how many are needed.
WindowRecipe fit_recipe(const Dataset&, const RecipeOptions&);

enum class Part { train, validation, test };

// N windows of T rows and F features.
//
// Normalise::window: a price-like feature becomes value / last - 1, where last is the target
// column's value in the window's last row; a feature of another kind (its training mean more than
// 10 times away from the target's, such as Volume) becomes value / (its own mean over the window)
// - 1. The output o means a price of last * (1 + o). So a rising market stays in range.
// Normalise::minmax, zscore: (value - offset) / scale by the recipe; the output is in the target's
// normalised unit.
struct Windows {
  std::uint64_t count = 0;
  int window = 0, features = 0;
  std::vector<float> inputs;          // [count][window][features]
  std::vector<float> targets;         // [count], normalised: what training fits
  std::vector<double> target;         // [count], in the target's unit
  std::vector<double> naive;          // [count], the target column's last known value
  std::vector<double> scale, offset;  // [count]: price = output * scale + offset
};
Windows make_windows(const Dataset&, const WindowRecipe&, Part);

// Truth for a set of test windows; `unit` is "USD" for OHLCV tables, empty otherwise. id is filled,
// reference is not.
Truth make_truth(const Dataset&, const WindowRecipe&, const Windows&);

}  // namespace steelyard

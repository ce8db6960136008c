// SPDX-License-Identifier: Apache-2.0
// Table -> WindowRecipe: which columns, and the numbers that normalise them, fitted on training
// rows. Thread-safe.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "steelyard/base/error.h"
#include "steelyard/data/data.h"
#include "steelyard/data/split.h"

namespace steelyard {
using namespace data;

namespace {

using Values = std::vector<double>;

double mean_of(const Values& values, std::size_t count) {
  double sum = 0;
  for (std::size_t i = 0; i < count; ++i) sum += values[i];
  return sum / static_cast<double>(count);
}

double sd_of(const Values& values, std::size_t count) {
  const double mean = mean_of(values, count);
  double squares = 0;
  for (std::size_t i = 0; i < count; ++i) squares += (values[i] - mean) * (values[i] - mean);
  return std::sqrt(squares / static_cast<double>(count));
}

// A constant column has no spread; it becomes 0 everywhere instead of 0 / 0.
double or_one(double spread) { return spread > 0 ? spread : 1; }

FeatureScale fitted(const Values& values, std::size_t rows, Normalise normalise) {
  if (normalise == Normalise::zscore) return {mean_of(values, rows), or_one(sd_of(values, rows))};
  const auto [low, high] =
      std::minmax_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(rows));
  return {*low, or_one(*high - *low)};
}

// Root mean square of value / last - 1 over rows first..last of each training window (counted from
// its begin).
FeatureScale relative(const Values& values, const Values& target, std::size_t windows,
                      std::size_t window, std::size_t first, std::size_t last) {
  double squares = 0;
  for (std::size_t i = 0; i < windows; ++i)
    for (std::size_t t = first; t <= last; ++t) {
      const double deviation = values[i + t] / target[i + window - 1] - 1;
      squares += deviation * deviation;
    }
  return {0, or_one(std::sqrt(squares / static_cast<double>(windows * (last - first + 1))))};
}

bool is_price_like(const Values& values, const Values& target, std::size_t rows) {
  const double ratio = mean_of(values, rows) / mean_of(target, rows);
  return ratio > 0.5 && ratio < 2;
}

std::string known_columns(const Dataset& table) {
  return fmt::format("It has {}", fmt::join(table.names.begin(), table.names.end(), ", "));
}

std::string name_of(const Dataset& table, const std::string& asked) {
  const int column = table.column(asked);
  if (column < 0)
    throw UsageError(fmt::format("{} has no column {}", table.path.string(), asked),
                     known_columns(table));
  return table.names[static_cast<std::size_t>(column)];
}

void choose_columns(const Dataset& table, const RecipeOptions& options, WindowRecipe& recipe) {
  std::vector<std::string> features = options.features;
  if (features.empty()) {
    features = {"Open", "High", "Low", "Close", "Volume"};
    if (std::any_of(features.begin(), features.end(), [&](auto& f) { return table.column(f) < 0; }))
      throw UsageError(fmt::format("{} is not an OHLCV table, so its columns must be named",
                                   table.path.string()),
                       fmt::format("Add --features and --target. {}", known_columns(table)));
  }
  for (const std::string& feature : features) recipe.features.push_back(name_of(table, feature));
  recipe.target = name_of(table, options.target.empty() ? "Close" : options.target);
}

void refuse_a_target_that_is_not_positive(const Values& target, const Dataset& table,
                                          const std::string& name) {
  for (std::size_t row = 0; row < target.size(); ++row)
    if (!(target[row] > 0))
      throw UsageError(
          fmt::format(
              "{}: {} is {} {}, and values relative to a window's last {} need positive ones",
              table.path.string(), name, target[row],
              table.dates.empty() ? fmt::format("in row {}", row + 1) : "on " + table.dates[row],
              name),
          "Add --normalise zscore");
}

}  // namespace

WindowRecipe fit_recipe(const Dataset& table, const RecipeOptions& options) {
  WindowRecipe recipe;
  choose_columns(table, options, recipe);
  if (options.window < 1)
    throw UsageError(fmt::format("A window of {} rows cannot be", options.window),
                     "Give --window 1 or more");
  recipe.window = options.window;
  recipe.normalise = options.normalise;
  recipe.adjusted = table.adjusted;
  recipe.ticker = table.ticker;
  recipe.data_sha256 = table.sha256;

  const Split split = split_of(table.rows(), recipe);
  if (split.validation == 0 || split.train == 0) {
    const std::size_t needed = static_cast<std::size_t>(recipe.window) + 7;  // 7 windows: 4 + 1 + 2
    throw Error(fmt::format("{} has {} rows, too few for windows of {}: at least {} are needed",
                            table.path.string(), table.rows(), recipe.window, needed),
                "Use a longer file or a smaller --window");
  }
  const auto window = static_cast<std::size_t>(recipe.window);
  const std::size_t rows = split.train + window;  // the last training target is the last of them
  const Values& target = table.columns[static_cast<std::size_t>(table.column(recipe.target))];
  const bool relative_to_last = recipe.normalise == Normalise::window;
  if (relative_to_last) refuse_a_target_that_is_not_positive(target, table, recipe.target);
  for (const std::string& feature : recipe.features) {
    const Values& values = table.columns[static_cast<std::size_t>(table.column(feature))];
    if (!relative_to_last)
      recipe.scales.push_back(fitted(values, rows, recipe.normalise));
    else if (is_price_like(values, target, rows))
      recipe.scales.push_back(relative(values, target, split.train, window, 0, window - 1));
    else
      recipe.scales.push_back({0, 0});
  }
  recipe.scales.push_back(relative_to_last
                              ? relative(target, target, split.train, window, window, window)
                              : fitted(target, rows, recipe.normalise));
  return recipe;
}

}  // namespace steelyard

// SPDX-License-Identifier: Apache-2.0
// Table + WindowRecipe -> Windows and Truth. A window reads rows up to its last, its target is the
// next. Thread-safe.
#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <cstring>

#include "steelyard/base/error.h"
#include "steelyard/base/hash.h"
#include "steelyard/data/data.h"
#include "steelyard/data/layout.h"
#include "steelyard/data/split.h"

namespace steelyard {
using namespace data;

namespace {

constexpr std::size_t kMostInputs = std::size_t{1} << 28;  // floats: 1 GiB

const std::vector<double>& values_of(const Dataset& table, const std::string& name) {
  const int column = table.column(name);
  if (column < 0)
    throw Error(fmt::format("{} has no column {}, which the model was trained on",
                            table.path.string(), name),
                "Use data with the columns that the model was trained on");
  return table.columns[static_cast<std::size_t>(column)];
}

// Recipes come from model files, which anybody may have written.
void check(const WindowRecipe& recipe) {
  const auto refuse = [](const std::string& what) {
    throw Error("The model's window recipe is wrong: " + what, "Train the model again");
  };
  if (recipe.window < 1) refuse(fmt::format("a window of {} rows", recipe.window));
  if (recipe.features.empty()) refuse("no features");
  if (recipe.scales.size() != recipe.features.size() + 1)
    refuse(fmt::format("{} scales for {} features and a target", recipe.scales.size(),
                       recipe.features.size()));
  const double train = recipe.train_fraction, validation = recipe.validation_fraction;
  if (!(train >= 0 && validation >= 0 && train + validation <= 1))
    refuse(fmt::format("parts of {} and {}", train, validation));
  for (std::size_t f = 0; f < recipe.scales.size(); ++f) {
    const FeatureScale& scale = recipe.scales[f];
    const bool may_be_zero = recipe.normalise == Normalise::window && f < recipe.features.size();
    if (!std::isfinite(scale.offset) || !(scale.scale > 0 || (may_be_zero && scale.scale == 0)) ||
        !std::isfinite(scale.scale))
      refuse(fmt::format("a scale of {} with offset {}", scale.scale, scale.offset));
  }
}

std::string place_of(const Dataset& table, std::size_t row) {
  return table.dates.empty() ? fmt::format("row {}", row + 1) : table.dates[row];
}

float narrowed(double value, const Dataset& table, const std::string& column, std::size_t row) {
  const float narrow = static_cast<float>(value);
  if (!std::isfinite(narrow))
    throw Error(fmt::format("{}, {}: {} cannot be normalised as the model asks",
                            table.path.string(), place_of(table, row), column),
                "Check the values of that column, or train with --normalise zscore");
  return narrow;
}

// (value - mean) / sd of the window's own rows; 0 where they are all equal.
struct OwnScale {
  double mean = 0, sd = 0;
  OwnScale(const double* first, std::size_t count) {
    for (std::size_t t = 0; t < count; ++t) mean += first[t];
    mean /= static_cast<double>(count);
    for (std::size_t t = 0; t < count; ++t) sd += (first[t] - mean) * (first[t] - mean);
    sd = std::sqrt(sd / static_cast<double>(count));
    // A sd that is rounding error of the mean would blow noise up to size 1.
    if (sd <= 1e-12 * std::abs(mean)) sd = 0;
  }
  double operator()(double value) const { return sd > 0 ? (value - mean) / sd : 0; }
};

struct Range {
  std::size_t first = 0, count = 0;
};

Range range_of(const Dataset& table, const WindowRecipe& recipe, Part part) {
  const Split split = split_of(table.rows(), recipe);
  const Range range = part == Part::train ? Range{0, split.train}
                      : part == Part::validation
                          ? Range{split.train, split.validation}
                          : Range{split.train + split.validation, split.test};
  if (range.count == 0)
    throw Error(fmt::format("{} has {} rows, too few for windows of {} rows in the {} part",
                            table.path.string(), table.rows(), recipe.window,
                            part == Part::train        ? "training"
                            : part == Part::validation ? "validation"
                                                       : "test"),
                "Use a longer file");
  const std::size_t per_window = static_cast<std::size_t>(recipe.window) * recipe.features.size();
  if (range.count > kMostInputs / per_window)
    throw Error(fmt::format("{} makes {} windows of {} numbers, more than fit in 1 GiB",
                            table.path.string(), range.count, per_window),
                "Use a shorter file or a smaller window");
  return range;
}

void fill_feature(const Dataset& table, const WindowRecipe& recipe, std::size_t f, Range range,
                  const std::vector<double>& target, Windows& windows) {
  const auto T = static_cast<std::size_t>(recipe.window);
  const std::size_t F = recipe.features.size();
  const std::string& name = recipe.features[f];
  const std::vector<double>& values = values_of(table, name);
  const FeatureScale& scale = recipe.scales[f];
  for (std::size_t i = 0; i < range.count; ++i) {
    const std::size_t row = range.first + i;
    const double last = target[row + T - 1];
    const OwnScale own(values.data() + row, T);
    for (std::size_t t = 0; t < T; ++t) {
      const double value = values[row + t];
      const double normal = recipe.normalise != Normalise::window
                                ? (value - scale.offset) / scale.scale
                            : scale.scale == 0 ? own(value)
                                               : (value / last - 1) / scale.scale;
      windows.inputs[(i * T + t) * F + f] = narrowed(normal, table, name, row + t);
    }
  }
}

}  // namespace

Windows make_windows(const Dataset& table, const WindowRecipe& recipe, Part part) {
  check(recipe);
  const std::vector<double>& target = values_of(table, recipe.target);
  const Range range = range_of(table, recipe, part);
  const auto T = static_cast<std::size_t>(recipe.window);
  const bool relative = recipe.normalise == Normalise::window;
  const FeatureScale& target_scale = recipe.scales.back();

  Windows windows;
  windows.count = range.count;
  windows.window = recipe.window;
  windows.features = static_cast<int>(recipe.features.size());
  windows.inputs.resize(range.count * T * recipe.features.size());
  for (std::size_t i = 0; i < range.count; ++i) {
    const std::size_t row = range.first + i + T;
    const double last = target[row - 1];
    if (relative && !(last > 0))
      throw Error(fmt::format("{}, {}: {} is {}, and the model takes values relative to it",
                              table.path.string(), place_of(table, row - 1), recipe.target, last),
                  "Train with --normalise zscore");
    windows.naive.push_back(last);
    windows.target.push_back(target[row]);
    windows.scale.push_back(relative ? last * target_scale.scale : target_scale.scale);
    windows.offset.push_back(relative ? last : target_scale.offset);
    windows.targets.push_back(narrowed((target[row] - windows.offset.back()) / windows.scale.back(),
                                       table, recipe.target, row));
  }
  for (std::size_t f = 0; f < recipe.features.size(); ++f)
    fill_feature(table, recipe, f, range, target, windows);
  return windows;
}

Truth make_truth(const Dataset& table, const WindowRecipe& recipe, const Windows& windows) {
  Truth truth;
  truth.target_name = recipe.target;
  truth.target = windows.target;
  truth.naive = windows.naive;
  truth.scale = windows.scale;
  truth.offset = windows.offset;
  const bool ohlc = table.column("open") >= 0 && table.column("high") >= 0 &&
                    table.column("low") >= 0 && table.column("close") >= 0;
  if (const std::string name = plain_name(recipe.target);
      ohlc &&
      (name == "open" || name == "high" || name == "low" || name == "close" || name == "adjclose"))
    truth.unit = "USD";

  std::string content =
      fmt::format("truth 1\n{}\n{}\n{}\n", truth.unit, truth.target_name, truth.target.size());
  for (const std::vector<double>* column :
       {&truth.target, &truth.naive, &truth.scale, &truth.offset})
    for (double value : *column) {
      const auto bits = std::bit_cast<std::uint64_t>(value);
      for (int shift = 0; shift < 64; shift += 8) content += static_cast<char>(bits >> shift);
    }
  truth.id = sha256(std::string_view(content));
  return truth;
}

}  // namespace steelyard

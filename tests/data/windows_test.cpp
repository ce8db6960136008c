// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <cmath>

#include "steelyard/base/random.h"
#include "steelyard/data/data.h"
#include "tests/data/written_file.h"

namespace steelyard {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// A random walk with a volume; nothing about it repeats, so that a shifted row would be noticed.
Dataset walk(std::size_t rows, std::uint64_t seed = 1) {
  Dataset table;
  table.path = "walk.csv";
  table.names = {"Date2", "Open", "High", "Low", "Close", "Volume"};
  table.columns.resize(table.names.size());
  Random random(seed);
  double close = 100;
  for (std::size_t row = 0; row < rows; ++row) {
    const double open = close;
    close *= 1 + 0.04 * (random.uniform() - 0.5);
    const double values[] = {static_cast<double>(row),     open,  std::max(open, close) * 1.01,
                             std::min(open, close) * 0.99, close, 1e6 * (1 + random.uniform())};
    for (std::size_t c = 0; c < table.columns.size(); ++c) table.columns[c].push_back(values[c]);
  }
  return table;
}

const std::vector<double>& close_of(const Dataset& table) { return table.columns[4]; }

TEST(MakeWindows, SplitsInTimeOrderSeventyFifteenFifteen) {
  const Dataset table = walk(208);
  const WindowRecipe recipe = fit_recipe(table, {});
  const Windows train = make_windows(table, recipe, Part::train);
  const Windows validation = make_windows(table, recipe, Part::validation);
  const Windows test = make_windows(table, recipe, Part::test);
  EXPECT_THAT((std::vector{train.count, validation.count, test.count}), ElementsAre(140, 30, 30));
  std::vector<double> targets = train.target;
  targets.insert(targets.end(), validation.target.begin(), validation.target.end());
  targets.insert(targets.end(), test.target.begin(), test.target.end());
  EXPECT_EQ(targets, std::vector<double>(close_of(table).begin() + 8, close_of(table).end()));
}

TEST(MakeWindows, TakesRowsUpToTheLastAndAimsAtTheNext) {
  const Dataset table = walk(60);
  const WindowRecipe recipe = fit_recipe(
      table, {.features = {"Date2", "Close"}, .target = "Close", .normalise = Normalise::zscore});
  const Windows windows = make_windows(table, recipe, Part::validation);
  const std::size_t first = 36;  // floor(0.7 * 52)
  for (std::size_t i = 0; i < windows.count; ++i) {
    EXPECT_EQ(windows.naive[i], close_of(table)[first + i + 7]);
    EXPECT_EQ(windows.target[i], close_of(table)[first + i + 8]);
    for (std::size_t t = 0; t < 8; ++t)
      EXPECT_NEAR(
          windows.inputs[(i * 8 + t) * 2] * recipe.scales[0].scale + recipe.scales[0].offset,
          static_cast<double>(first + i + t), 1e-4);
  }
}

class EveryNormalise : public testing::TestWithParam<Normalise> {};
INSTANTIATE_TEST_SUITE_P(All, EveryNormalise,
                         testing::Values(Normalise::window, Normalise::minmax, Normalise::zscore));

TEST_P(EveryNormalise, GivesThePriceBackFromANormalisedTarget) {
  const Dataset table = walk(300);
  const WindowRecipe recipe = fit_recipe(table, {.normalise = GetParam()});
  const Windows windows = make_windows(table, recipe, Part::test);
  for (std::size_t i = 0; i < windows.count; ++i)
    EXPECT_NEAR(windows.targets[i] * windows.scale[i] + windows.offset[i], windows.target[i], 1e-4);
}

// What comes after the training rows must not change the recipe or any training window.
TEST_P(EveryNormalise, LearnsNothingFromLaterRows) {
  const Dataset table = walk(300);
  const std::size_t training_rows = static_cast<std::size_t>(0.70 * (300 - 8) + 1e-9) + 8;
  Dataset other = table;
  const Dataset elsewhere = walk(300, 2);
  for (std::size_t c = 0; c < table.columns.size(); ++c)
    for (std::size_t row = training_rows; row < 300; ++row)
      other.columns[c][row] = 7 * elsewhere.columns[c][row];
  const WindowRecipe recipe = fit_recipe(table, {.normalise = GetParam()});
  EXPECT_EQ(recipe.scales, fit_recipe(other, {.normalise = GetParam()}).scales);
  const Windows before = make_windows(table, recipe, Part::train),
                after = make_windows(other, recipe, Part::train);
  EXPECT_EQ(before.inputs, after.inputs);
  EXPECT_EQ(before.targets, after.targets);

  Dataset changed = table;  // the last training row does count
  changed.columns[4][training_rows - 1] *= 3;
  EXPECT_NE(recipe.scales, fit_recipe(changed, {.normalise = GetParam()}).scales);
}

// The inputs of a window must not know its target or anything after it.
TEST_P(EveryNormalise, ShowsAWindowNothingFromItsTargetOn) {
  const Dataset table = walk(120);
  const WindowRecipe recipe = fit_recipe(table, {.normalise = GetParam()});
  const Windows windows = make_windows(table, recipe, Part::test);
  const std::size_t first = 120 - 8 - windows.count;
  for (std::size_t i = 0; i < windows.count; ++i) {
    Dataset future = table;
    for (auto& column : future.columns)
      for (std::size_t row = first + i + 8; row < 120; ++row) column[row] *= 3;
    const Windows seen = make_windows(future, recipe, Part::test);
    const auto until = static_cast<std::ptrdiff_t>((i + 1) * 8 * 5);
    EXPECT_TRUE(
        std::equal(windows.inputs.begin(), windows.inputs.begin() + until, seen.inputs.begin()));
    EXPECT_EQ(windows.naive[i], seen.naive[i]);
    EXPECT_EQ(windows.scale[i], seen.scale[i]);
  }
}

TEST(MakeWindows, TakesPricesRelativeToTheLastClose) {
  const Dataset table = walk(300);
  const WindowRecipe recipe = fit_recipe(table, {});
  const Windows windows = make_windows(table, recipe, Part::train);
  double squares = 0;
  for (std::size_t i = 0; i < windows.count; ++i) {
    const double last = close_of(table)[i + 7];
    EXPECT_FLOAT_EQ(
        windows.inputs[(i * 8 + 2) * 5 + 1],
        static_cast<float>((table.columns[2][i + 2] / last - 1) / recipe.scales[1].scale));
    EXPECT_EQ(windows.inputs[(i * 8 + 7) * 5 + 3], 0) << "the last close itself";
    EXPECT_DOUBLE_EQ(windows.offset[i], last);
    squares += windows.targets[i] * windows.targets[i];
  }
  EXPECT_NEAR(squares / static_cast<double>(windows.count), 1, 1e-6);
}

TEST(MakeWindows, TakesVolumeRelativeToItsOwnWindow) {
  Dataset table = walk(300);
  for (std::size_t row = 200; row < 300; ++row)
    table.columns[5][row] = 0;  // an index without volume
  const WindowRecipe recipe = fit_recipe(table, {});
  EXPECT_EQ(recipe.scales[4].scale, 0);
  const Windows train = make_windows(table, recipe, Part::train);
  double sum = 0, squares = 0;
  for (std::size_t t = 0; t < 8; ++t) {
    sum += train.inputs[t * 5 + 4];
    squares += train.inputs[t * 5 + 4] * train.inputs[t * 5 + 4];
  }
  EXPECT_NEAR(sum, 0, 1e-5);
  EXPECT_NEAR(squares, 8, 1e-4);
  const Windows test = make_windows(table, recipe, Part::test);
  for (std::size_t i = 4; i < test.inputs.size(); i += 5) EXPECT_EQ(test.inputs[i], 0);
}

TEST(MakeWindows, KeepsARisingMarketInRange) {
  Dataset table = walk(300);
  for (auto& column : table.columns)
    for (std::size_t row = 0; row < 300; ++row)
      column[row] *= std::pow(1.01, static_cast<double>(row));
  const WindowRecipe recipe = fit_recipe(table, {});
  for (float input : make_windows(table, recipe, Part::test).inputs) EXPECT_LT(std::abs(input), 6);
}

TEST(MakeWindows, KeepsConstantFeaturesFinite) {
  Dataset table = walk(100);
  table.columns[0].assign(100, 42);
  for (Normalise normalise : {Normalise::window, Normalise::minmax, Normalise::zscore}) {
    const WindowRecipe recipe = fit_recipe(table, {.features = {"Date2"}, .normalise = normalise});
    for (float input : make_windows(table, recipe, Part::test).inputs)
      EXPECT_TRUE(std::isfinite(input));
  }
}

TEST(MakeWindows, RefusesARecipeThatContradictsItself) {
  const Dataset table = walk(100);
  const WindowRecipe good = fit_recipe(table, {});
  const auto refusal = [&](auto&& damage) {
    WindowRecipe recipe = good;
    damage(recipe);
    return complaint([&] { make_windows(table, recipe, Part::test); });
  };
  EXPECT_THAT(refusal([](WindowRecipe& r) { r.window = 0; }), HasSubstr("a window of 0 rows"));
  EXPECT_THAT(refusal([](WindowRecipe& r) { r.window = 100; }), HasSubstr("too few"));
  EXPECT_THAT(refusal([](WindowRecipe& r) { r.window = 2'000'000'000; }), HasSubstr("too few"));
  EXPECT_THAT(refusal([](WindowRecipe& r) { r.scales.pop_back(); }),
              HasSubstr("5 scales for 5 features"));
  EXPECT_THAT(refusal([](WindowRecipe& r) { r.scales.back().scale = 0; }),
              HasSubstr("a scale of 0"));
  EXPECT_THAT(refusal([](WindowRecipe& r) { r.scales[0].scale = NAN; }),
              HasSubstr("a scale of nan"));
  EXPECT_THAT(refusal([](WindowRecipe& r) { r.train_fraction = 2; }), HasSubstr("parts of 2"));
  EXPECT_THAT(refusal([](WindowRecipe& r) { r.features[1] = "Hgih"; }),
              HasSubstr("no column Hgih"));
}

TEST(MakeTruth, NamesItsUnitAndItsContent) {
  const Dataset table = walk(100);
  const WindowRecipe recipe = fit_recipe(table, {});
  const Windows windows = make_windows(table, recipe, Part::test);
  const Truth truth = make_truth(table, recipe, windows);
  EXPECT_EQ(truth.unit, "USD");
  EXPECT_EQ(truth.target_name, "Close");
  EXPECT_EQ(truth.windows(), windows.count);
  EXPECT_EQ(truth.id.size(), 64u);
  EXPECT_EQ(truth.id, make_truth(table, recipe, windows).id);
  Windows other = windows;
  other.target[3] = std::nextafter(other.target[3], 1e9);
  EXPECT_NE(truth.id, make_truth(table, recipe, other).id);

  const WindowRecipe volume = fit_recipe(table, {.features = {"Volume"}, .target = "Volume"});
  EXPECT_EQ(make_truth(table, volume, make_windows(table, volume, Part::test)).unit, "");
}

}  // namespace
}  // namespace steelyard

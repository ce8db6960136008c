// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "steelyard/data/data.h"
#include "tests/data/written_file.h"

namespace steelyard {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

Dataset counted(std::size_t rows, std::vector<std::string> names) {
  Dataset table;
  table.path = "t.csv";
  table.names = std::move(names);
  table.columns.resize(table.names.size());
  for (auto& column : table.columns)
    for (std::size_t row = 0; row < rows; ++row) column.push_back(1.0 + static_cast<double>(row));
  return table;
}

TEST(FitRecipe, TakesOhlcvAndCloseByDefaultInTheTablesOwnSpelling) {
  const WindowRecipe recipe =
      fit_recipe(counted(50, {"volume", "close", "LOW", "high", "open"}), {});
  EXPECT_THAT(recipe.features, ElementsAre("open", "high", "LOW", "close", "volume"));
  EXPECT_EQ(recipe.target, "close");
  EXPECT_EQ(recipe.scales.size(), 6u);
}

TEST(FitRecipe, CarriesWhereTheDataCameFrom) {
  Dataset table = counted(50, {"a", "b"});
  table.ticker = "AAPL";
  table.adjusted = true;
  table.sha256 = "abc";
  const WindowRecipe recipe = fit_recipe(table, {.features = {"a"}, .target = "b"});
  EXPECT_EQ(recipe.ticker, "AAPL");
  EXPECT_TRUE(recipe.adjusted);
  EXPECT_EQ(recipe.data_sha256, "abc");
}

TEST(FitRecipe, FitsMinmaxAndZscoreOnTheTrainingRows) {
  const Dataset table = counted(108, {"a"});  // 100 windows, 70 of them for training: rows 1..78
  const RecipeOptions minmax{.features = {"a"}, .target = "a", .normalise = Normalise::minmax};
  EXPECT_EQ(fit_recipe(table, minmax).scales[0], (FeatureScale{1, 77}));
  const RecipeOptions zscore{.features = {"a"}, .target = "a", .normalise = Normalise::zscore};
  EXPECT_DOUBLE_EQ(fit_recipe(table, zscore).scales[0].offset, 39.5);
  EXPECT_NEAR(fit_recipe(table, zscore).scales[0].scale, 22.5148, 1e-4);  // sqrt((78^2 - 1) / 12)
}

TEST(FitRecipe, ListsTheColumnsThereAre) {
  const Dataset table = counted(50, {"a", "b"});
  EXPECT_THAT(complaint([&] { fit_recipe(table, {}); }),
              AllOf(HasSubstr("--features"), HasSubstr("It has a, b")));
  EXPECT_THAT(complaint([&] { fit_recipe(table, {.features = {"c"}, .target = "a"}); }),
              AllOf(HasSubstr("t.csv has no column c"), HasSubstr("It has a, b")));
  EXPECT_THAT(complaint([&] { fit_recipe(table, {.features = {"a"}}); }),
              HasSubstr("no column Close"));
}

TEST(FitRecipe, SaysHowManyRowsAreNeeded) {
  const RecipeOptions options{.features = {"a"}, .target = "a", .window = 8};
  EXPECT_THAT(complaint([&] { fit_recipe(counted(14, {"a"}), options); }),
              AllOf(HasSubstr("14 rows"), HasSubstr("at least 15")));
  EXPECT_EQ(
      make_windows(counted(15, {"a"}), fit_recipe(counted(15, {"a"}), options), Part::test).count,
      2u);
  EXPECT_THAT(complaint([&] {
                fit_recipe(counted(50, {"a"}), {.features = {"a"}, .target = "a", .window = 0});
              }),
              HasSubstr("window of 0"));
}

TEST(FitRecipe, PointsToZscoreWhereTheTargetIsNotPositive) {
  Dataset table = counted(50, {"a"});
  table.columns[0][20] = 0;
  const RecipeOptions options{.features = {"a"}, .target = "a"};
  EXPECT_THAT(complaint([&] { fit_recipe(table, options); }),
              AllOf(HasSubstr("row 21"), HasSubstr("zscore")));
  EXPECT_NO_THROW(
      fit_recipe(table, {.features = {"a"}, .target = "a", .normalise = Normalise::zscore}));
}

}  // namespace
}  // namespace steelyard

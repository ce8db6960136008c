// SPDX-License-Identifier: Apache-2.0
#include "steelyard/exchange/exchange.h"

#include <gtest/gtest.h>

namespace steelyard {
namespace {

TEST(ExportFormat, KnowsItsNames) {
  EXPECT_EQ(export_format_from("json"), ExportFormat::json);
  EXPECT_EQ(export_format_from("csv"), ExportFormat::csv);
  EXPECT_EQ(export_format_from("JSON"), std::nullopt);
  EXPECT_EQ(export_format_from(""), std::nullopt);
}

}  // namespace
}  // namespace steelyard

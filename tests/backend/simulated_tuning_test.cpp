// SPDX-License-Identifier: Apache-2.0
// --set simulated.key=value.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/backend/simulated_rig.h"

namespace steelyard::simulated {
namespace {

using testing::HasSubstr;

TEST(SimulatedTuning, SettingsSlowItDownByWhatTheySay) {
  const auto mean = [](std::vector<Setting> settings, std::uint64_t seed = 1) {
    Rig rig(kTensorRt, network(Cell::gru), std::move(settings), seed);
    rig.latencies(1);
    return mean_of(rig.latencies(20'000));
  };
  const double plain = mean({});
  EXPECT_NEAR(mean({{"slowdown", "1.05"}}) / plain, 1.05, 0.002);
  double least = 1e9, most = 0;
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    const double one = mean({{"spread", "0.2"}}, seed) / plain;
    EXPECT_NEAR(one, 1, 0.205);
    least = std::min(least, one);
    most = std::max(most, one);
  }
  EXPECT_GT(most - least, 0.1);
}

TEST(SimulatedTuning, DriftGrowsWithVirtualTime) {
  Rig rig(kTensorRt, network(Cell::gru), {{"drift", "0.5"}});
  const nanoseconds load = rig.model->clock().now();
  rig.latencies(1);
  const double early = mean_of(rig.latencies(10'000));
  rig.model->clock().sleep_until(load + std::chrono::minutes(2));
  const double late = mean_of(rig.latencies(10'000));
  EXPECT_NEAR(late / early, 2.09 / 1.09, 0.03);
}

TEST(SimulatedTuning, RefusesSettingsByName) {
  const auto complaint = [](Setting setting) -> std::string {
    try {
      Rig rig(kTensorRt, network(Cell::gru), {std::move(setting)});
    } catch (const UsageError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_THAT(complaint({"threads", "4"}), HasSubstr("'threads'"));
  EXPECT_THAT(complaint({"slowdown", "fast"}), HasSubstr("simulated.slowdown=fast"));
  EXPECT_THAT(complaint({"slowdown", "nan"}), HasSubstr("simulated.slowdown=nan"));
  EXPECT_THAT(complaint({"spread", "0.9"}), HasSubstr("from 0 to 0.5"));
}

}  // namespace
}  // namespace steelyard::simulated

// SPDX-License-Identifier: Apache-2.0
// The shipped profiles against the published figures that they were, and were not, fitted to.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "steelyard/backend/backend.h"
#include "steelyard/backend/simulated/prediction.h"
#include "tests/backend/simulated_fixture.h"

namespace steelyard::simulated {
namespace {

using testing::AllOf;
using testing::Ge;
using testing::Le;

Prediction predicted(const std::string& id, const Network& network, int batch = 1) {
  const Profile profile = load_profile(shipped(id));
  return predict(profile, work_of(network, profile, profile.precisions.front(), 8, batch));
}

double reading_of(const Profile& profile, double watts) {
  return profile.power.sensor
             ? profile.power.sensor->gain * watts + profile.power.sensor->offset_watts
             : watts;
}

struct Published {
  std::string id;
  double gru_mean_us, gru_median_us, lstm_mean_us;
  double gru_watts, lstm_watts;  // 0: never measured
};
const Published kPublished[] = {
    {"rtx-3070-ti+tensorrt", 71.72, 71, 41, 68.33, 86.93},
    {"rtx-3070-ti+onnxruntime", 186.46, 183, 176, 27.57, 84.52},
    {"hailo-8l", 1326, 1319, 999, 0, 0},
};

TEST(SimulatedPrediction, ReproducesThePublishedGruThatItWasFittedTo) {
  for (const Published& row : kPublished) {
    const Prediction gru = predicted(row.id, network(Cell::gru));
    EXPECT_NEAR(gru.mean_ns / 1e3, row.gru_mean_us, 0.01 * row.gru_mean_us) << row.id;
    EXPECT_NEAR(gru.base_ns / 1e3, row.gru_median_us, 0.01 * row.gru_median_us) << row.id;
  }
}

TEST(SimulatedPrediction, PredictsThePublishedLstmWithinOneAndAHalf) {
  for (const Published& row : kPublished) {
    const Profile profile = load_profile(shipped(row.id));
    EXPECT_GE(profile.latency.band.low, 0.66) << row.id;
    EXPECT_LE(profile.latency.band.high, 1.5) << row.id;
    const double mean_us = predicted(row.id, network(Cell::lstm)).mean_ns / 1e3;
    EXPECT_THAT(row.lstm_mean_us, AllOf(Ge(mean_us * profile.latency.band.low),
                                        Le(mean_us * profile.latency.band.high)))
        << row.id;
  }
}

TEST(SimulatedPrediction, PredictsThePublishedLstmPowerWithinTwo) {
  for (const Published& row : kPublished) {
    if (row.lstm_watts == 0) continue;
    const Profile profile = load_profile(shipped(row.id));
    EXPECT_GE(profile.power.band.low, 0.5) << row.id;
    EXPECT_LE(profile.power.band.high, 2) << row.id;
    const double watts = reading_of(profile, predicted(row.id, network(Cell::lstm)).watts);
    EXPECT_THAT(row.lstm_watts,
                AllOf(Ge(watts * profile.power.band.low), Le(watts * profile.power.band.high)))
        << row.id;
  }
}

TEST(SimulatedPrediction, LstmIsFasterThanGruUnderTensorRtBecauseItIsFewerLaunches) {
  const Profile profile = load_profile(shipped("rtx-3070-ti+tensorrt"));
  const Work gru = work_of(network(Cell::gru), profile, Precision::fp32, 8, 1);
  const Work lstm = work_of(network(Cell::lstm), profile, Precision::fp32, 8, 1);
  EXPECT_EQ(gru.nodes, 22);
  EXPECT_EQ(lstm.nodes, 10);
  EXPECT_GT(lstm.macs, gru.macs);
  EXPECT_LT(predict(profile, lstm).mean_ns, predict(profile, gru).mean_ns);
}

TEST(SimulatedPrediction, CountsNodesAsMeasuredOnLongerAndBidirectionalNetworks) {
  const Profile profile = load_profile(shipped("rtx-3070-ti+tensorrt"));
  const auto nodes = [&](const Network& n, int window) {
    return work_of(n, profile, Precision::fp32, window, 1).nodes;
  };
  EXPECT_EQ(nodes(network(Cell::gru, 64), 60), 127);
  EXPECT_EQ(nodes(network(Cell::lstm, 64), 60), 120);
  EXPECT_NEAR(nodes(network(Cell::lstm, 64, 2), 60), 284, 0.2 * 284);
  EXPECT_EQ(nodes(network(Cell::gru), 4), 11.5);
  EXPECT_EQ(nodes(network(Cell::gru, 64), 112), 232);
}

TEST(SimulatedPrediction, AddsUpTheWorkOfANetwork) {
  const Profile profile = load_profile(shipped("hailo-8l"));
  const Work work = work_of(network(Cell::gru, 5, 2, 2), profile, Precision::int8, 8, 4);
  // Two directions of 15 rows over 5 + 5 columns, then over 10 + 5, and the head.
  EXPECT_EQ(work.macs, 8 * 2 * 15 * (10 + 15) + 10);
  EXPECT_EQ(work.nodes, 4 * 48 + 1);
  EXPECT_EQ(work.input_bytes, 40);
  EXPECT_EQ(work.output_bytes, 1);
  EXPECT_EQ(work.windows, 4);
}

TEST(SimulatedPrediction, BatchesCostWhatTheProfileSays) {
  const Profile profile = load_profile(shipped("hailo-8l"));
  const auto base = [&](int batch) {
    return predicted("hailo-8l", network(Cell::gru), batch).base_ns;
  };
  EXPECT_NEAR(base(65) - base(1), 64 * (19800 + 40 / 0.85 + 1 / 0.85 + 1205 / 1450.0), 1e-3);
  // Nearly free on the card, as measured on a larger one.
  EXPECT_LT(predicted("rtx-3070-ti+tensorrt", network(Cell::gru), 256).base_ns,
            1.05 * predicted("rtx-3070-ti+tensorrt", network(Cell::gru)).base_ns);
}

TEST(SimulatedPrediction, LargeNetworksAreBoundByArithmeticAndPower) {
  const Network large = network(Cell::lstm, 1024);
  const Prediction prediction = predicted("rtx-3070-ti+tensorrt", large, 4096);
  const Profile profile = load_profile(shipped("rtx-3070-ti+tensorrt"));
  EXPECT_GT(prediction.utilisation, 0.9);
  EXPECT_LE(prediction.utilisation, 1);
  EXPECT_GT(prediction.watts, 250);
  EXPECT_LE(prediction.watts, profile.power.limit_watts);
}

TEST(SimulatedPrediction, RefusesACellWithoutANodeCount) {
  Profile profile = load_profile(shipped("hailo-8l"));
  profile.nodes.erase(Cell::lstm);
  EXPECT_THROW(work_of(network(Cell::lstm), profile, Precision::int8, 8, 1), Unsupported);
}

}  // namespace
}  // namespace steelyard::simulated

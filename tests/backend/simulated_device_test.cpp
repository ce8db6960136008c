// SPDX-License-Identifier: Apache-2.0
// Queries on virtual time, through the backend's front door.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "steelyard/backend/simulated/device.h"
#include "steelyard/engine/engine.h"
#include "tests/backend/simulated_rig.h"
#include "tests/fakes/stateful_model.h"

namespace steelyard::simulated {
namespace {

using std::chrono::seconds;

// Computed apart from this program, in Python, from the profiles and docs/profiles.md alone.
TEST(SimulatedDevice, TimesOfASeedAreKnownToTheNanosecond) {
  struct Golden {
    const char* id;
    std::vector<double> first;
    double sum;  // of 100,000 queries
  };
  const Golden golden[] = {
      {kTensorRt, {1071417, 68834, 66731, 94328, 73788}, 7172083107},
      {kOnnxRuntime, {1183294, 179713, 190365, 186427, 179209}, 18668574001},
      {kHailo, {6300312, 1346686, 1354930, 1329773, 1288736}, 132834108329},
  };
  for (const Golden& row : golden) {
    const std::vector<double> times = Rig(row.id, network(Cell::gru)).latencies(100'000);
    EXPECT_EQ(std::vector<double>(times.begin(), times.begin() + 5), row.first) << row.id;
    EXPECT_EQ(std::accumulate(times.begin(), times.end(), 0.0), row.sum) << row.id;
  }
}

// The factor of a profile's table at a percentile.
double factor_at(const Tail& tail, double percent) {
  std::size_t i = 1;
  while (percent > tail.percent[i]) ++i;
  const double share = (percent - tail.percent[i - 1]) / (tail.percent[i] - tail.percent[i - 1]);
  return tail.factor[i - 1] + share * (tail.factor[i] - tail.factor[i - 1]);
}

TEST(SimulatedDevice, AnotherSeedDrawsOtherTimes) {
  Rig first(kHailo, network(Cell::gru)), same(kHailo, network(Cell::gru)),
      other(kHailo, network(Cell::gru), {}, 2);
  const auto times = first.latencies(10);
  EXPECT_EQ(same.latencies(10), times);
  EXPECT_NE(other.latencies(10), times);
}

TEST(SimulatedDevice, LatenciesFollowTheProfilesTable) {
  for (const char* id : {kTensorRt, kOnnxRuntime, kHailo}) {
    Rig rig(id, network(Cell::gru));
    rig.latencies(1);  // the first query is slower
    auto times = rig.latencies(200'000);
    std::sort(times.begin(), times.end());
    const Profile profile = load_profile(shipped(id));
    const Prediction prediction =
        predict(profile, work_of(network(Cell::gru), profile, profile.precisions.front(), 8, 1));
    EXPECT_NEAR(mean_of(times), prediction.mean_ns, 0.001 * prediction.mean_ns) << id;
    for (const double p : {10.0, 50.0, 90.0, 95.0, 99.0, 99.9}) {
      const double drawn = times[static_cast<std::size_t>(p / 100 * 200'000)];
      // Only 200 queries lie beyond p99.9.
      const double allowed = (p < 99.9 ? 0.02 : 0.1) * drawn;
      EXPECT_NEAR(drawn, prediction.base_ns * factor_at(profile.latency.tail, p), allowed)
          << id << p;
    }
    EXPECT_GE(times.front() + 1, prediction.base_ns * profile.latency.tail.factor.front());
    EXPECT_LE(times.back() - 1, prediction.base_ns * profile.latency.tail.factor.back());
  }
}

// The figures that people expect of these devices, from a run of 4 virtual seconds.
TEST(SimulatedDevice, GruRunsInTheExpectedRanges) {
  struct Expected {
    const char* id;
    double least_ms, most_ms, least_rate, most_rate, least_percent, most_percent, least_watts,
        most_watts;
  };
  const Expected rows[] = {
      {kTensorRt, 0.07, 0.2, 5000, 14000, 0.01, 10, 30, 150},
      {kOnnxRuntime, 0.07, 0.2, 5000, 14000, 0.01, 10, 30, 150},
      {kHailo, 1, 5, 200, 1000, 10, 75, 1, 5},
  };
  for (const Expected& row : rows) {
    Rig rig(row.id, network(Cell::gru));
    const nanoseconds begin = rig.model->clock().now();
    const auto session = rig.model->open(1);
    double queries = 0;
    for (; rig.model->clock().now() < begin + seconds(4); ++queries)
      rig.query(*session, static_cast<int>(queries) % 100);
    const double took = seconds_of(rig.model->clock().now() - begin);
    std::vector<Reading> readings;
    rig.sensors[0]->read(rig.model->clock().now(), readings);
    std::vector<double> watts, percent;
    for (const Reading& reading : readings) {
      if (reading.channel == 0) watts.push_back(reading.value);
      if (reading.channel == 1) percent.push_back(reading.value);
    }
    EXPECT_GE(watts.size(), 40u);
    const auto within = [](double value, double least, double most) {
      return value >= least && value <= most;
    };
    EXPECT_TRUE(within(1e3 * took / queries, row.least_ms, row.most_ms)) << row.id;
    EXPECT_TRUE(within(queries / took, row.least_rate, row.most_rate)) << row.id;
    EXPECT_TRUE(within(mean_of(percent), row.least_percent, row.most_percent))
        << row.id << mean_of(percent);
    EXPECT_TRUE(within(mean_of(watts), row.least_watts, row.most_watts))
        << row.id << mean_of(watts);
  }
}

TEST(SimulatedDevice, LoadingAndTheFirstQueryTakeTheirTime) {
  Rig rig(kHailo, network(Cell::gru));
  EXPECT_EQ(rig.model->clock().now(), std::chrono::milliseconds(500));
  EXPECT_TRUE(rig.model->clock().is_virtual());
  const auto times = rig.latencies(2);
  EXPECT_GT(times[0], 5e6);
  EXPECT_LT(times[1], 5e6);
}

TEST(SimulatedDevice, OutputsAreTheEnginesAtFp32) {
  const Network net = network(Cell::lstm);
  Rig rig(kTensorRt, net);
  const auto engine = Engine::compile(net)->open(1, 8);
  const auto session = rig.model->open(1);
  for (int pass = 0; pass < 2; ++pass) {
    for (int i = 0; i < 100; ++i) {
      float exact = 0, simulated = 0;
      engine->infer({&rig.test[i * 40], 40}, {&exact, 1});
      session->infer(rig.input(i), std::as_writable_bytes(std::span(&simulated, 1)));
      ASSERT_EQ(simulated, exact) << i;
    }
  }
}

TEST(SimulatedDevice, AWindowIsKnownByItsContentAndNotByItsAddress) {
  const Network net = network(Cell::gru);
  Rig rig(kHailo, net);
  const auto session = rig.model->open(1);
  std::vector<float> buffer(40);
  std::vector<float> outputs(100);
  for (int i = 0; i < 100; ++i) {
    std::copy_n(&rig.test[i * 40], 40, buffer.begin());
    session->infer(std::as_bytes(std::span(buffer)),
                   std::as_writable_bytes(std::span(&outputs[i], 1)));
  }
  float again = 0;
  session->infer(rig.input(17), std::as_writable_bytes(std::span(&again, 1)));
  EXPECT_EQ(again, outputs[17]);
  EXPECT_NE(outputs[17], outputs[18]);
}

TEST(SimulatedDevice, RemembersMoreWindowsThanItMadeRoomFor) {
  const Network net = network(Cell::gru);
  Rig rig(kTensorRt, net);
  const std::vector<float> many = windows(net, 20'000, 5);
  const auto session = rig.model->open(1);
  const auto engine = Engine::compile(net)->open(1, 8);
  for (int i = 0; i < 20'000; ++i) {
    float out = 0, exact = 0;
    const std::span<const float> in(&many[i * 40], 40);
    session->infer(std::as_bytes(in), std::as_writable_bytes(std::span(&out, 1)));
    engine->infer(in, {&exact, 1});
    ASSERT_EQ(out, exact);
  }
}

TEST(SimulatedDevice, ABatchAnswersEachOfItsWindows) {
  for (const char* id : {kTensorRt, kHailo}) {
    Rig rig(id, network(Cell::gru));
    const auto one = rig.model->open(1);
    const auto many = rig.model->open(25);
    EXPECT_EQ(many->signature().input_bytes(), 25u * 160);
    std::vector<float> single(100), batch(100);
    for (int i = 0; i < 100; ++i)
      one->infer(rig.input(i), std::as_writable_bytes(std::span(&single[i], 1)));
    for (int i = 0; i < 100; i += 25)
      many->infer(rig.input(i, 25), std::as_writable_bytes(std::span(&batch[i], 25)));
    EXPECT_EQ(single, batch) << id;
  }
}

TEST(SimulatedDevice, RefusesBuffersOfAnotherSize) {
  Rig rig(kTensorRt, network(Cell::gru));
  const auto session = rig.model->open(1);
  float output = 0;
  EXPECT_THROW(session->infer(rig.input(0, 2), std::as_writable_bytes(std::span(&output, 1))),
               Error);
  EXPECT_THROW(rig.model->open(0), Error);
  EXPECT_THROW(rig.model->stream(0, 1), Error);
}

TEST(SimulatedDevice, IsLabelledAsSimulatedAndSaysWhatItStandsFor) {
  const auto made = backend();
  for (const Device& each : made->devices()) {
    EXPECT_EQ(each.provenance, Provenance::simulated);
    ASSERT_TRUE(each.stands_for.has_value());
    EXPECT_EQ(each.backend, "simulated");
  }
  EXPECT_EQ(device(*made, kHailo).stands_for->runtime, "hailort");
  EXPECT_THAT(device(*made, kHailo).precisions, testing::ElementsAre(Precision::int8));
}

TEST(SimulatedDevice, RefusesAPrecisionThatTheDeviceLacks) {
  const auto made = backend();
  const Folder folder;
  EXPECT_THROW(made->compile(folder.model(network(Cell::gru)), nullptr, device(*made, kHailo), {}),
               Unsupported);
}

TEST(SimulatedDevice, RefusesWhatGoesAlongWithWindowsByName) {
  const auto made = backend();
  const Folder folder;
  const auto file = folder.path() / "stateful.onnx";
  StatefulModel(network(Cell::gru), {.before = StatefulForm::each}).write(file);
  try {
    made->compile(load_model(file), nullptr, device(*made, kTensorRt), {});
    FAIL() << "compiled";
  } catch (const Unsupported& e) {
    EXPECT_THAT(e.what(), testing::HasSubstr("takes initial states as inputs"));
    EXPECT_NE(e.hint(), "");
  }
}

}  // namespace
}  // namespace steelyard::simulated

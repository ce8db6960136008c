// SPDX-License-Identifier: Apache-2.0
// Queries on virtual time, through the backend's front door.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "steelyard/backend/simulated/device.h"
#include "steelyard/engine/engine.h"
#include "tests/backend/simulated_fixture.h"

namespace steelyard::simulated {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::HasSubstr;

constexpr const char* kTensorRt = "rtx-3070-ti+tensorrt";
constexpr const char* kOnnxRuntime = "rtx-3070-ti+onnxruntime";
constexpr const char* kHailo = "hailo-8l";

struct Rig {
  explicit Rig(const std::string& id, const Network& network, std::vector<Setting> settings = {},
               std::uint64_t seed = 1)
      : backend(simulated::backend()),
        device(simulated::device(*backend, id)),
        test(windows(network, 100)),
        calibration(windows(network, 64, 1)) {
    CompileOptions options;
    options.precision = device.precisions.front();
    options.settings = std::move(settings);
    options.seed = seed;
    options.calibration = calibration;
    model = backend->compile(folder.model(network), nullptr, device, options);
    sensors = backend->sensors(device, model.get());
  }
  std::span<const std::byte> input(int window, int batch = 1) const {
    return std::as_bytes(std::span(test).subspan(window * 40, batch * 40));
  }
  nanoseconds query(Session& session, int window) {
    float output = 0;
    const nanoseconds begin = model->clock().now();
    session.infer(input(window), std::as_writable_bytes(std::span(&output, 1)));
    return model->clock().now() - begin;
  }
  std::vector<double> latencies(int count) {
    const auto session = model->open(1);
    std::vector<double> list;
    for (int i = 0; i < count; ++i)
      list.push_back(static_cast<double>(query(*session, i % 100).count()));
    return list;
  }

  Folder folder;
  std::unique_ptr<Backend> backend;
  Device device;
  std::vector<float> test, calibration;
  std::unique_ptr<CompiledModel> model;
  std::vector<std::unique_ptr<Sensor>> sensors;
};

double mean_of(const std::vector<double>& list) {
  double sum = 0;
  for (const double value : list) sum += value;
  return sum / static_cast<double>(list.size());
}

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
      EXPECT_NEAR(drawn, prediction.base_ns * profile.latency.tail.at(p), allowed) << id << p;
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

// Windows a second with `depth` queries in flight.
double rate(Rig& rig, int depth, int count = 2000) {
  const auto stream = rig.model->stream(depth, 1);
  std::vector<float> outputs(depth);
  const nanoseconds begin = rig.model->clock().now();
  int submitted = 0;
  const auto submit = [&](std::uint32_t slot) {
    stream->submit(slot, rig.input(submitted++ % 100),
                   std::as_writable_bytes(std::span(&outputs[slot], 1)));
  };
  for (int k = 0; k < depth; ++k) submit(k);
  nanoseconds last = begin;
  for (int i = 0; i < count; ++i) {
    const Completion done = stream->wait();
    EXPECT_GE(done.finished, last);
    EXPECT_EQ(done.finished, rig.model->clock().now());
    last = done.finished;
    submit(done.slot);
  }
  return count / seconds_of(last - begin);
}

TEST(SimulatedDevice, MoreInFlightHelpAsFarAsTheProfileSays) {
  Rig hailo(kHailo, network(Cell::gru));
  const double one = rate(hailo, 1), two = rate(hailo, 2), eight = rate(hailo, 8);
  EXPECT_NEAR(one, 753, 15);
  EXPECT_NEAR(two / one, 2, 0.05);  // its queue holds two
  EXPECT_NEAR(eight / two, 1, 0.02);
  Rig card(kTensorRt, network(Cell::gru));
  EXPECT_NEAR(rate(card, 4, 20'000) / rate(card, 1, 20'000), 1 / 0.89, 0.02);
  Rig synchronous(kOnnxRuntime, network(Cell::gru));
  EXPECT_NEAR(rate(synchronous, 4, 20'000) / rate(synchronous, 1, 20'000), 1, 0.02);
}

TEST(SimulatedDevice, AStreamRefusesASlotThatIsTaken) {
  Rig rig(kHailo, network(Cell::gru));
  const auto stream = rig.model->stream(2, 1);
  float output = 0;
  const auto out = std::as_writable_bytes(std::span(&output, 1));
  EXPECT_THROW(stream->wait(), Error);
  stream->submit(1, rig.input(0), out);
  EXPECT_THROW(stream->submit(1, rig.input(0), out), Error);
  EXPECT_THROW(stream->submit(2, rig.input(0), out), Error);
  EXPECT_EQ(stream->wait().slot, 1u);
}

TEST(SimulatedDevice, SettingsSlowItDownByWhatTheySay) {
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

TEST(SimulatedDevice, DriftGrowsWithVirtualTime) {
  Rig rig(kTensorRt, network(Cell::gru), {{"drift", "0.5"}});
  const nanoseconds load = rig.model->clock().now();
  rig.latencies(1);
  const double early = mean_of(rig.latencies(10'000));
  rig.model->clock().sleep_until(load + minutes(2));
  const double late = mean_of(rig.latencies(10'000));
  EXPECT_NEAR(late / early, 2.09 / 1.09, 0.03);
}

TEST(SimulatedDevice, RefusesSettingsByName) {
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

}  // namespace
}  // namespace steelyard::simulated

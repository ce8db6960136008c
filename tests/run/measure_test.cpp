// SPDX-License-Identifier: Apache-2.0
#include "steelyard/run/measure.h"

#include <gtest/gtest.h>

#include "tests/run/fakes.h"

namespace steelyard {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

BlockRequest request_of(std::uint64_t queries, nanoseconds least, nanoseconds most) {
  BlockRequest request;
  request.worker = 2;
  request.order = 17;
  request.min_queries = queries;
  request.min_duration = least;
  request.max_duration = most;
  request.keep_queries = 1000;
  return request;
}

// One reading a millisecond: the number of the millisecond.
class TickSensor : public Sensor {
 public:
  std::vector<Channel> channels() const override {
    Channel channel;
    channel.name = "power";
    channel.unit = "W";
    channel.period = milliseconds(1);
    return {channel};
  }
  void read(nanoseconds until, std::vector<Reading>& readings) override {
    for (; last_ + milliseconds(1) <= until; last_ += milliseconds(1))
      readings.push_back({0, last_ + milliseconds(1),
                          static_cast<double>((last_ + milliseconds(1)).count() / 1'000'000)});
  }

 private:
  nanoseconds last_{0};
};

struct Bench {
  explicit Bench(std::vector<nanoseconds> latencies, std::uint64_t windows = 4)
      : model(std::move(latencies)), feed(fake_feed(windows)), outputs(windows), seen(windows) {}
  FakeModel model;
  Feed feed;
  Instruments instruments;
  std::vector<float> outputs;
  std::vector<std::uint8_t> seen;
  Measured measure(const BlockRequest& request, const Scenario& scenario = SingleStream{}) {
    return measure_block(model, feed, scenario, request, instruments, outputs, seen);
  }
};

TEST(Measure, EndsInKnownNumbers) {
  Bench bench({microseconds(10), microseconds(30)});
  const Block block = bench.measure(request_of(100, nanoseconds(0), milliseconds(100))).block;
  EXPECT_EQ(block.count, 100u);
  EXPECT_EQ(block.items, 100u);
  EXPECT_EQ((block.end - block.begin).count(), 2'000'000);
  EXPECT_EQ(block.latency.mean, 20'000);
  EXPECT_EQ(block.latency.min, 10'000);
  EXPECT_EQ(block.latency.max, 30'000);
  EXPECT_NEAR(block.latency.stddev(), 10'050.378, 0.001);
  EXPECT_EQ(block.histogram.count(), 100u);
  EXPECT_EQ(block.queries.size(), 100u);
  EXPECT_EQ(block.worker, 2u);
  EXPECT_EQ(block.order, 17u);
  EXPECT_EQ(block.phase, Phase::measure);
  EXPECT_EQ(block.cpu_time.count(), 0) << "a simulator's own CPU time says nothing";
}

TEST(Measure, StopsForTimeOnTheModelsClock) {
  Bench bench({microseconds(100)});
  EXPECT_EQ(bench.measure(request_of(1, milliseconds(10), milliseconds(90))).block.count, 100u);
  EXPECT_EQ(bench.measure(request_of(1'000'000, milliseconds(10), milliseconds(90))).block.count,
            900u);
}

TEST(Measure, KeepsAFewQueriesAndCountsAll) {
  Bench bench({microseconds(1), microseconds(3)});
  BlockRequest request = request_of(100'000, nanoseconds(0), std::chrono::seconds(10));
  request.keep_queries = 50;
  const Block block = bench.measure(request).block;
  EXPECT_EQ(block.queries.size(), 50u);
  EXPECT_EQ(block.count, 100'000u);
  EXPECT_EQ(block.histogram.count(), 100'000u);
  EXPECT_DOUBLE_EQ(block.latency.mean, 2000);
}

TEST(Measure, WarmsUpForTimeAndCountAndKeepsNothingOfIt) {
  Bench bench({microseconds(100)}, 50);
  BlockRequest request = request_of(3, nanoseconds(0), milliseconds(100));
  request.warm_up = milliseconds(1);
  request.warm_up_queries = 25;
  const Measured measured = bench.measure(request);
  EXPECT_EQ(measured.warm_up_queries, 25u);
  EXPECT_EQ(measured.warm_up.count(), 2'500'000);
  EXPECT_EQ(measured.block.begin.count(), 2'500'000);
  EXPECT_EQ(measured.block.count, 3u);
  EXPECT_EQ(std::count(bench.seen.begin(), bench.seen.end(), 1), 3);
}

TEST(Measure, DoesNotWarmUpASlowDeviceForEver) {
  Bench bench({std::chrono::seconds(1)});
  BlockRequest request = request_of(1, nanoseconds(0), std::chrono::seconds(3));
  request.warm_up_queries = 10;
  EXPECT_EQ(bench.measure(request).warm_up_queries, 3u);
}

TEST(Measure, KeepsTheOutputsOfTheTimedQueries) {
  Bench bench({microseconds(10)}, 6);
  BlockRequest request = request_of(4, nanoseconds(0), milliseconds(10));
  request.first_window = 3;
  bench.measure(request);
  EXPECT_EQ(bench.seen, (std::vector<std::uint8_t>{1, 0, 0, 1, 1, 1}));
  EXPECT_EQ(bench.outputs, (std::vector<float>{0.5, 0, 0, 3.5, 4.5, 5.5}));
  request.first_window = 1;
  request.min_queries = 2;
  bench.measure(request);
  EXPECT_EQ(bench.seen, (std::vector<std::uint8_t>{1, 1, 1, 1, 1, 1}));
}

TEST(Measure, CountsTheWindowsOfABatch) {
  Bench bench({microseconds(10)}, 10);
  const Block block =
      bench.measure(request_of(3, nanoseconds(0), milliseconds(10)), Offline{4, 1}).block;
  EXPECT_EQ(block.count, 3u);
  EXPECT_EQ(block.items, 12u);
  EXPECT_EQ(bench.outputs, (std::vector<float>{0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5, 8.5, 9.5}));
}

TEST(Measure, GathersWhatAStreamAnswered) {
  Bench bench({microseconds(50), microseconds(10), microseconds(20)}, 11);
  const Block block =
      bench.measure(request_of(100, nanoseconds(0), milliseconds(100)), Offline{1, 4}).block;
  EXPECT_GE(block.count, 100u);
  for (std::size_t i = 0; i < 11; ++i) {
    EXPECT_EQ(bench.seen[i], 1);
    EXPECT_EQ(bench.outputs[i], static_cast<float>(i) + 0.5f);
  }
}

TEST(Measure, ReadsSimulatedInstrumentsOverTheBlockAlone) {
  Bench bench({microseconds(100)});
  std::vector<std::unique_ptr<Sensor>> sensors;
  sensors.push_back(std::make_unique<TickSensor>());
  sensors.push_back(std::make_unique<TickSensor>());
  bench.instruments = Instruments(std::move(sensors));
  BlockRequest request = request_of(30, nanoseconds(0), milliseconds(100));
  request.warm_up_queries = 20;
  const Block block = bench.measure(request).block;
  ASSERT_EQ(block.readings.size(), 6u);
  EXPECT_EQ(block.readings.front().time, milliseconds(3));
  EXPECT_EQ(block.readings.front().channel, 0);
  EXPECT_EQ(block.readings.back().time, milliseconds(5));
  EXPECT_EQ(block.readings.back().channel, 1);
}

TEST(Measure, OpensASessionABlockAndClosesIt) {
  Bench bench({microseconds(10)});
  bench.measure(request_of(3, nanoseconds(0), milliseconds(1)));
  bench.measure(request_of(3, nanoseconds(0), milliseconds(1)));
  EXPECT_EQ(bench.model.opened, 2);
}

TEST(Observe, WatchesAnIdleDevice) {
  VirtualClock clock;
  std::vector<std::unique_ptr<Sensor>> sensors;
  sensors.push_back(std::make_unique<TickSensor>());
  Instruments instruments(std::move(sensors));
  const Block block = observe_idle(clock, instruments, milliseconds(5));
  EXPECT_EQ(block.phase, Phase::idle);
  EXPECT_EQ(block.readings.size(), 5u);
  EXPECT_EQ((block.end - block.begin), milliseconds(5));
}

// A sensor that reads a real clock: one reading a call.
class RealSensor : public Sensor {
 public:
  std::vector<Channel> channels() const override {
    Channel channel;
    channel.name = "power";
    channel.period = milliseconds(10);
    return {channel};
  }
  void read(nanoseconds, std::vector<Reading>& readings) override {
    readings.push_back({0, MonotonicClock::read(), 1});
  }
};

TEST(Observe, ReadsRealInstrumentsAtTheirPeriod) {
  MonotonicClock clock;
  std::vector<std::unique_ptr<Sensor>> sensors;
  sensors.push_back(std::make_unique<RealSensor>());
  Instruments instruments(std::move(sensors));
  const Block block = observe_idle(clock, instruments, milliseconds(50));
  EXPECT_GE(block.readings.size(), 2u);
  for (const Reading& reading : block.readings) {
    EXPECT_GE(reading.time, block.begin);
    EXPECT_LE(reading.time, block.end);
  }
}

}  // namespace
}  // namespace steelyard

// SPDX-License-Identifier: Apache-2.0
// The trace that a simulated instrument shows.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "steelyard/backend/simulated/activity.h"
#include "steelyard/backend/simulated/instruments.h"
#include "tests/backend/simulated_fixture.h"

namespace steelyard::simulated {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

struct Trace {
  std::vector<double> times_ms, watts, utilisation;
};

Trace read(Sensor& sensor, nanoseconds until) {
  std::vector<Reading> readings;
  sensor.read(until, readings);
  Trace trace;
  for (const Reading& reading : readings) {
    if (reading.channel == 0) {
      trace.times_ms.push_back(static_cast<double>(reading.time.count()) / 1e6);
      trace.watts.push_back(reading.value);
    } else if (reading.channel == 1) {
      trace.utilisation.push_back(reading.value);
    }
  }
  return trace;
}

Profile profile_with_fast_power() {
  Profile profile = load_profile(shipped("rtx-3070-ti+tensorrt"));
  profile.power.rise_ns = profile.power.fall_ns = 0;
  profile.power.idle_watts = 20;
  profile.power.context_watts = 40;
  profile.power.sensor->gain = 1;
  profile.power.sensor->offset_watts = 0;
  return profile;
}

struct Device {
  explicit Device(const Profile& profile)
      : activity(std::make_shared<Activity>(profile)),
        sensor(sensor_of_loaded_device(profile, {}, activity, nanoseconds(0))) {}
  std::shared_ptr<Activity> activity;
  std::unique_ptr<Sensor> sensor;
};

TEST(SimulatedPower, TicksEveryUpdateAndNotBetween) {
  Device device(profile_with_fast_power());
  EXPECT_EQ(read(*device.sensor, milliseconds(99)).times_ms.size(), 0u);
  EXPECT_THAT(read(*device.sensor, milliseconds(350)).times_ms,
              testing::ElementsAre(100, 200, 300));
  EXPECT_THAT(read(*device.sensor, milliseconds(400)).times_ms, testing::ElementsAre(400));
  EXPECT_THAT(read(*device.sensor, milliseconds(400)).times_ms, testing::IsEmpty());
}

TEST(SimulatedPower, TheAverageTakesItsWholeWindowToSettle) {
  Device device(profile_with_fast_power());
  // Idle at 20 W before time 0, waiting at 40 W until 2 s, then working at 100 W.
  device.activity->busy(seconds(2), seconds(4), 100, 0.5);
  const Trace trace = read(*device.sensor, seconds(4));
  ASSERT_EQ(trace.watts.size(), 40u);
  EXPECT_NEAR(trace.watts[0], 20 + 0.1 * 20, 0.1);  // 100 ms of the second at 40 W
  EXPECT_NEAR(trace.watts[4], 20 + 0.5 * 20, 0.1);
  EXPECT_NEAR(trace.watts[9], 40, 0.1);
  EXPECT_NEAR(trace.watts[19], 40, 1e-9);
  EXPECT_NEAR(trace.watts[24], 40 + 0.5 * 60, 0.1);
  EXPECT_NEAR(trace.watts[39], 100, 1e-9);
  EXPECT_NEAR(trace.utilisation[19], 0, 1e-9);
  EXPECT_NEAR(trace.utilisation[20], 50, 1e-9);
}

TEST(SimulatedPower, HalfBusyIsHalfWayBetween) {
  Device device(profile_with_fast_power());
  for (int i = 0; i < 20000; ++i) {
    const nanoseconds begin = std::chrono::microseconds(200) * i;
    device.activity->busy(begin, begin + std::chrono::microseconds(100), 100, 1);
  }
  const Trace trace = read(*device.sensor, seconds(4));
  ASSERT_EQ(trace.watts.size(), 40u);
  EXPECT_NEAR(trace.watts.back(), 70, 0.01);
  EXPECT_NEAR(trace.utilisation.back(), 50, 0.01);
}

TEST(SimulatedPower, OverlappingQueriesCountOnce) {
  Device device(profile_with_fast_power());
  device.activity->busy(seconds(0), seconds(2), 100, 1);
  device.activity->busy(seconds(1), seconds(3), 100, 1);
  const Trace trace = read(*device.sensor, seconds(4));
  EXPECT_NEAR(trace.watts[28], 100, 1e-9);
  EXPECT_NEAR(trace.utilisation[29], 100, 1e-9);
  EXPECT_NEAR(trace.utilisation[30], 0, 1e-9);
}

TEST(SimulatedPower, RampsFollowTheirTimeConstants) {
  Profile profile = profile_with_fast_power();
  profile.power.rise_ns = 100e6;
  profile.power.fall_ns = 400e6;
  profile.power.sensor->average = profile.power.sensor->update = milliseconds(1);
  Device device(profile);
  device.activity->busy(seconds(3), seconds(6), 100, 1);
  const Trace trace = read(*device.sensor, seconds(8));
  const auto at = [&](int ms) { return trace.watts[ms - 1]; };
  EXPECT_NEAR(at(3000), 40, 0.1);
  EXPECT_NEAR(at(3100), 40 + 60 * 0.632, 0.5);
  EXPECT_NEAR(at(6000), 100, 0.1);
  EXPECT_NEAR(at(6400), 40 + 60 * 0.368, 0.5);
}

TEST(SimulatedPower, AnInstrumentShowsItsOwnError) {
  Profile profile = load_profile(shipped("rtx-3070-ti+tensorrt"));
  Device device(profile);
  device.activity->busy(seconds(0), seconds(5), 72.45, 0);
  EXPECT_NEAR(read(*device.sensor, seconds(5)).watts.back(), 72.45 * 1.0013 - 4.21, 0.01);
}

// The published 27.57 W under ONNX Runtime: 110 queries of 0.186 ms, one reading of a 1 s average.
TEST(SimulatedPower, OneReadingOfAShortRunShowsTheCardBeforeTheRun) {
  const Profile profile = load_profile(shipped("rtx-3070-ti+onnxruntime"));
  Device device(profile);
  device.activity->busy(milliseconds(5000), milliseconds(5020), profile.power.active_watts, 0);
  EXPECT_NEAR(read(*device.sensor, milliseconds(5100)).watts.back(), 27.57, 1);
}

TEST(SimulatedPower, ADeviceWithoutASensorSaysThatItIsAModel) {
  const Profile profile = load_profile(shipped("hailo-8l"));
  Device device(profile);
  const std::vector<Channel> channels = device.sensor->channels();
  ASSERT_GE(channels.size(), 2u);
  EXPECT_EQ(channels[0].name, "power");
  EXPECT_EQ(channels[0].provenance, Provenance::simulated);
  EXPECT_THAT(channels[0].definition, HasSubstr("no power sensor"));
  EXPECT_EQ(channels[0].low, 0.55);
  EXPECT_EQ(channels[0].high, 2);
  EXPECT_EQ(channels[1].name, "utilisation");
  EXPECT_THAT(channels[1].definition, HasSubstr("occupancy"));
  for (const Channel& channel : channels) EXPECT_NE(channel.name, "memory");
}

TEST(SimulatedPower, ADeviceWithoutAModelIsIdle) {
  const auto made = backend();
  const auto sensors = made->sensors(simulated::device(*made, "rtx-3070-ti+tensorrt"), nullptr);
  ASSERT_EQ(sensors.size(), 1u);
  const Trace trace = read(*sensors[0], seconds(1));
  ASSERT_EQ(trace.watts.size(), 10u);
  EXPECT_NEAR(trace.watts[0], 22.2 * 1.0013 - 4.21, 1e-9);
  EXPECT_EQ(trace.utilisation[9], 0);
  // On a clock that has run for weeks, it starts an hour ago.
  const auto late = made->sensors(simulated::device(*made, "hailo-8l"), nullptr);
  EXPECT_EQ(read(*late[0], std::chrono::hours(24 * 30)).watts.size(), 36000u);
}

TEST(SimulatedPower, MemoryStaysBoundedWhenNobodyReads) {
  const Profile profile = load_profile(shipped("hailo-8l"));
  Activity activity(profile);
  for (int i = 0; i < 8'000'000; ++i) {
    const nanoseconds begin = milliseconds(2) * i;
    activity.busy(begin, begin + milliseconds(1), 1.5, 1);
  }
  activity.run_until(seconds(16'000));
  EXPECT_EQ(activity.count(), 160'000u);
  EXPECT_EQ(activity.count() - activity.first(), 65'536u);
}

}  // namespace
}  // namespace steelyard::simulated

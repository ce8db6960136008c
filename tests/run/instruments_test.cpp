// SPDX-License-Identifier: Apache-2.0
#include "steelyard/run/instruments.h"

#include <gtest/gtest.h>

#include "steelyard/base/error.h"

namespace steelyard {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Fails between two readings.
class Loose : public Sensor {
 public:
  Loose(std::string name, nanoseconds period, int fails_from = 1 << 30, int fails_to = 1 << 30)
      : name_(std::move(name)), period_(period), from_(fails_from), to_(fails_to) {}
  std::vector<Channel> channels() const override {
    Channel channel;
    channel.name = name_;
    channel.period = period_;
    return {channel};
  }
  void read(nanoseconds until, std::vector<Reading>& readings) override {
    const int turn = turn_++;
    readings.push_back({0, until, double(turn)});
    if (turn >= from_ && turn < to_) throw Error("the cable of " + name_ + " is out");
  }

 private:
  std::string name_;
  nanoseconds period_;
  int from_, to_, turn_ = 0;
};

Instruments two(std::unique_ptr<Sensor> a, std::unique_ptr<Sensor> b) {
  std::vector<std::unique_ptr<Sensor>> sensors;
  sensors.push_back(std::move(a));
  sensors.push_back(std::move(b));
  return Instruments(std::move(sensors));
}

TEST(Instruments, AreEachReadAtHalfTheirPeriod) {
  auto instruments = two(std::make_unique<Loose>("quick", milliseconds(100)),
                         std::make_unique<Loose>("slow", milliseconds(400)));
  EXPECT_EQ(instruments.period(), milliseconds(50));
  std::vector<Reading> readings;
  for (int ms = 0; ms < 1000; ms += 10) instruments.read_due(milliseconds(ms), readings);
  const auto of = [&](int c) {
    return std::count_if(readings.begin(), readings.end(),
                         [&](const Reading& r) { return r.channel == c; });
  };
  EXPECT_EQ(of(0), 20);
  EXPECT_EQ(of(1), 5);
}

TEST(Instruments, AreNotAskedFasterThanIsWorthIt) {
  EXPECT_EQ(
      two(std::make_unique<Loose>("a", nanoseconds(0)), std::make_unique<Loose>("b", seconds(60)))
          .period(),
      milliseconds(20));
}

TEST(Instruments, OneThatFailsMidwayLeavesAGapWithItsReasonAndComesBack) {
  auto instruments = two(std::make_unique<Loose>("good", milliseconds(100)),
                         std::make_unique<Loose>("loose", milliseconds(100), 3, 5));
  std::vector<Reading> readings;
  for (int ms = 0; ms < 5000; ms += 50) instruments.read_due(milliseconds(ms), readings);
  const auto gaps = instruments.take_gaps();
  ASSERT_EQ(gaps.size(), 1u);
  EXPECT_EQ(gaps[0].channel, 1);
  EXPECT_EQ(gaps[0].begin, milliseconds(150));
  EXPECT_EQ(gaps[0].end, milliseconds(2150)) << "asked again after one second, twice";
  EXPECT_EQ(gaps[0].reason.code, ReasonCode::sensor_lost);
  EXPECT_EQ(gaps[0].reason.quoted, "the cable of loose is out");
  for (const Reading& r : readings) {
    if (r.channel == 1) {
      EXPECT_TRUE(r.time < gaps[0].begin || r.time >= gaps[0].end);
    }
  }
  EXPECT_EQ(readings.back().time, milliseconds(4950));
  EXPECT_EQ(readings.back().channel, 1);
  EXPECT_TRUE(instruments.take_gaps().empty()) << "a gap is told once";
}

TEST(Instruments, AWatchOutlivesALostInstrument) {
  auto instruments = two(std::make_unique<Loose>("good", milliseconds(1)),
                         std::make_unique<Loose>("loose", milliseconds(1), 0));
  MonotonicClock clock;
  Watch watch(instruments, clock);
  clock.sleep_until(clock.now() + milliseconds(60));
  const auto readings = watch.finish();
  EXPECT_GE(readings.size(), 2u);
  for (const Reading& r : readings) EXPECT_EQ(r.channel, 0);
  EXPECT_EQ(instruments.take_gaps().size(), 1u);
}

}  // namespace
}  // namespace steelyard

// SPDX-License-Identifier: Apache-2.0
// A meter with its own clock beside a run whose truth is known.
#include <gtest/gtest.h>

#include <cmath>

#include "steelyard/stats/stats.h"
#include "tests/stats/made.h"

namespace steelyard {
namespace {

constexpr double kEpoch = 1.79e9; // s since 1970 at which the run's clock was 0

Block block_between(Phase phase, double begin, double end) {
  Block block;
  block.phase = phase;
  block.begin = from_seconds(begin);
  block.end = from_seconds(end);
  return block;
}

// Pulses at 100 s and 220 s where asked for; one energy pass between them.
Measurement run_with(bool marks) {
  Measurement m = measurement_of({});
  m.manifest.since_1970 = from_seconds(kEpoch);
  const auto pulses = [&](double at) {
    for (int i = 0; marks && i < 3; ++i)
      m.blocks.push_back(
          block_between(Phase::mark, at + 6 * i, at + 6 * i + 3));
  };
  pulses(100);
  m.blocks.push_back(block_between(Phase::idle, 125, 140));
  m.blocks.push_back(block_between(Phase::context, 140, 152));
  m.blocks.push_back(block_between(Phase::load, 152, 182));
  m.blocks.back().count = m.blocks.back().items = 30'000;
  m.blocks.push_back(block_between(Phase::rest, 182, 194));
  pulses(220);
  return m;
}

double watts_at(const Measurement &m, double t) {
  for (const Block &block : m.blocks)
    if (t >= seconds_of(block.begin) && t < seconds_of(block.end))
      return block.phase == Phase::mark   ? 9.0
             : block.phase == Phase::load ? 6.0
             : block.phase == Phase::idle ? 3.0
                                          : 3.2;
  return 3.1;
}

struct Meter {
  std::vector<double> seconds, watts;
};
// Its clock shows `shift` at the run's 0 and runs faster by `drift`.
Meter meter_of(const Measurement &m, double shift, double drift, double period,
               double noise = 0) {
  Meter meter;
  Random random(3);
  for (double t = 80; t < 260; t += period) {
    meter.seconds.push_back(shift + t * (1 + drift));
    meter.watts.push_back(watts_at(m, t) + noise * normal(random));
  }
  return meter;
}

AlignedMeter align(const Measurement &m, const Meter &meter, bool since_1970,
                   double period) {
  return align_meter(meter.seconds, meter.watts, since_1970, period, {&m});
}

TEST(AlignMeter, FindsLoadPulsesByAClockThatCountsFromAnything) {
  const Measurement m = run_with(true);
  for (const double shift : {-75.0, 0.0, 41'234.56}) {
    const auto found = align(m, meter_of(m, shift, 0, 0.1, 0.1), false, 0.1);
    EXPECT_EQ(found.alignment.method, "load pulses");
    EXPECT_NEAR(found.alignment.shift_seconds, shift, 0.1);
    EXPECT_GT(found.alignment.quality, 0.95);
    EXPECT_NEAR(found.alignment.drift_ppm, 0, 1500);
  }
}

TEST(AlignMeter, FindsHowMuchFasterTheMetersClockRuns) {
  const Measurement m = run_with(true);
  const auto found = align(m, meter_of(m, 500, 0.005, 0.05), false, 0.05);
  EXPECT_NEAR(found.alignment.drift_ppm, 5000, 1000);
  // A reading from the middle of the load stands at its own time again.
  for (const Reading &reading : found.readings) {
    const double t = seconds_of(reading.time);
    if (t > 153 && t < 181) {
      EXPECT_EQ(reading.value, 6.0) << t;
    }
    if (t > 126 && t < 139) {
      EXPECT_EQ(reading.value, 3.0) << t;
    }
  }
}

TEST(AlignMeter, TrustsTimeStampsThatFit) {
  const Measurement m = run_with(false);
  const auto found = align(m, meter_of(m, kEpoch, 0, 0.5, 0.05), true, 0.5);
  EXPECT_EQ(found.alignment.method, "time stamps");
  EXPECT_NEAR(found.alignment.shift_seconds, 0, 0.3);
  EXPECT_GT(found.alignment.quality, 0.97);
}

TEST(AlignMeter, MendsClocksThatDifferByALittle) {
  const Measurement m = run_with(false);
  const auto found = align(m, meter_of(m, kEpoch + 2.4, 0, 0.1), true, 0.1);
  EXPECT_NEAR(found.alignment.shift_seconds, 2.4, 0.15);
  EXPECT_GT(found.alignment.quality, 0.97);
}

TEST(AlignMeter, SaysThatAFileFromAnotherTimeDoesNotFit) {
  const Measurement m = run_with(false);
  EXPECT_LT(
      align(m, meter_of(m, kEpoch + 25, 0, 0.1), true, 0.1).alignment.quality,
      0.8);
  EXPECT_TRUE(align(m, meter_of(m, kEpoch + 86'400, 0, 0.1), true, 0.1)
                  .readings.empty());
}

TEST(AlignMeter, SaysThatAMeterOfSomethingElseDoesNotFit) {
  const Measurement m = run_with(true);
  Meter meter = meter_of(m, kEpoch, 0, 0.1);
  Random random(5);
  for (double &w : meter.watts)
    w = 40 + normal(random);
  EXPECT_LT(align(m, meter, true, 0.1).alignment.quality, 0.8);
}

TEST(AlignMeter, GivesNothingWhereNoCaseHasAnEnergyPass) {
  Measurement m = run_with(true);
  const Meter meter = meter_of(m, kEpoch, 0, 0.1);
  m.blocks.clear();
  EXPECT_TRUE(align(m, meter, true, 0.1).readings.empty());
}

} // namespace
} // namespace steelyard

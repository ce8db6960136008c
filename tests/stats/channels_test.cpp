// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "steelyard/stats/stats.h"
#include "tests/stats/made.h"

namespace steelyard {
namespace {

// One measuring block of 1 s with 1000 queries, half of a core busy; an idle block before it.
Measurement watched() {
  Measurement m = measurement_of(
      {Block{}, block_of(std::vector<std::int64_t>(1000, 1'000'000), nanoseconds(0))});
  m.blocks[0].phase = Phase::idle;
  m.blocks[0].begin = nanoseconds(-1'000'000'000);
  m.blocks[1].cpu_time = nanoseconds(500'000'000);
  m.memory_bytes = 4096;
  return m;
}

void add_channel(Measurement& m, const Channel& channel, std::vector<double> idle,
                 std::vector<double> loaded) {
  const auto index = static_cast<std::uint16_t>(m.channels.size());
  m.channels.push_back(channel);
  for (double v : idle) m.blocks[0].readings.push_back({index, nanoseconds(-1000), v});
  for (double v : loaded) m.blocks[1].readings.push_back({index, nanoseconds(1000), v});
}

TEST(Utilisation, IsProcessorTimeOverWallTimeForAMeasuredDevice) {
  const Summary s = summarize(watched());
  EXPECT_DOUBLE_EQ(*s.utilisation.percent, 50);
  EXPECT_EQ(s.utilisation.definition,
            "CPU time of the measuring process / wall time; 100 % = one core");
  EXPECT_FALSE(s.utilisation.reason);
}

TEST(Utilisation, IsTheDevicesOwnWhereItReportsOne) {
  Measurement m = watched();
  add_channel(m, {.name = "utilisation", .definition = "busy time", .low = 0.5, .high = 4}, {0},
              {30, 50});
  const Summary s = summarize(m);
  EXPECT_DOUBLE_EQ(*s.utilisation.percent, 40);
  EXPECT_EQ(s.utilisation.definition, "busy time");
  EXPECT_DOUBLE_EQ(*s.utilisation.low_percent, 20);
  EXPECT_DOUBLE_EQ(*s.utilisation.high_percent, 100) << "a share has an end";
}

TEST(Utilisation, OfASimulatedDeviceIsNeverThatOfThisProcess) {
  Measurement m = watched();
  m.what.device.provenance = Provenance::simulated;
  const Summary s = summarize(m);
  EXPECT_FALSE(s.utilisation.percent);
  EXPECT_EQ(s.utilisation.reason->code, ReasonCode::not_reported);
  EXPECT_FALSE(s.memory.bytes);
  EXPECT_EQ(s.memory.reason->code, ReasonCode::not_reported);
}

TEST(Memory, IsTheProcessesPeakUnlessTheDeviceReportsItsOwn) {
  Measurement m = watched();
  EXPECT_EQ(*summarize(m).memory.bytes, 4096);
  EXPECT_EQ(summarize(m).memory.boundary, "process");
  add_channel(m, {.name = "memory", .unit = "B", .boundary = "board"}, {}, {1e6});
  EXPECT_EQ(*summarize(m).memory.bytes, 1e6);
  EXPECT_EQ(summarize(m).memory.boundary, "board");
}

TEST(Power, IsTheMeanOfReadingsWhileQueriesRan) {
  Measurement m = watched();
  add_channel(m, {.name = "power", .unit = "W", .boundary = "board", .low = 0.5, .high = 2},
              {10, 14}, {30, 50});
  m.blocks[1].readings.push_back({0, m.blocks[1].end + nanoseconds(1), 9999});  // after it
  const Summary s = summarize(m);
  EXPECT_DOUBLE_EQ(*s.power.watts, 40);
  EXPECT_DOUBLE_EQ(*s.power.idle_watts, 12);
  EXPECT_DOUBLE_EQ(*s.power.low_watts, 20);
  EXPECT_DOUBLE_EQ(*s.power.high_watts, 80);
  EXPECT_EQ(s.power.boundary, "board");
  EXPECT_FALSE(s.power.reason);
}

TEST(Power, TellsAMissingSensorFromASilentOne) {
  Measurement m = watched();
  EXPECT_EQ(summarize(m).power.reason->code, ReasonCode::no_sensor);
  EXPECT_EQ(summarize(m).energy.reason->code, ReasonCode::no_sensor);
  add_channel(m, {.name = "power"}, {}, {});
  EXPECT_EQ(summarize(m).power.reason->code, ReasonCode::not_reported);
}

TEST(Energy, OfAMeasuredDeviceIsNeverTakenFromInterleavedBlocks) {
  Measurement m = watched();
  add_channel(m, {.name = "power", .boundary = "board"}, {10}, {40});
  const Summary s = summarize(m);
  EXPECT_FALSE(s.energy.joules_per_query);
  EXPECT_EQ(s.energy.reason->code, ReasonCode::not_measured);
}

}  // namespace
}  // namespace steelyard

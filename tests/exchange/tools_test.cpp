// SPDX-License-Identifier: Apache-2.0
// What other programs read of ours: Google Benchmark's JSON, Bencher's metrics, Chrome traces.
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "steelyard/exchange/exchange.h"
#include "steelyard/stats/stats.h"
#include "tests/exchange/made.h"

namespace steelyard {
namespace {

using Json = nlohmann::json;

TEST(GoogleBenchmark, HasWhatItsCompareNeeds) {
  const auto json = Json::parse(export_as({weighed()}, ExportFormat::google_benchmark));
  EXPECT_TRUE(json.at("context").contains("date"));
  const auto& one = json.at("benchmarks").at(0);
  for (const char* key : {"name", "run_name", "run_type", "iterations", "real_time", "cpu_time",
                          "time_unit", "repetitions", "threads"})
    EXPECT_TRUE(one.contains(key)) << key;
  EXPECT_EQ(one.at("time_unit"), "ns");
  EXPECT_DOUBLE_EQ(one.at("real_time").get<double>(), *weighed().latency_ns.mean);
}

TEST(GoogleBenchmark, LeavesOutWhatWasNotMeasured) {
  Summary failed = weighed();
  failed.outcome.kind = Outcome::Failed;
  const auto json = Json::parse(export_as({failed}, ExportFormat::google_benchmark));
  EXPECT_TRUE(json.at("benchmarks").empty());
}

TEST(Bencher, HasAMeasureWithItsBoundsForEveryFigure) {
  const Summary s = weighed();
  const auto json = Json::parse(export_as({s}, ExportFormat::bmf));
  ASSERT_EQ(json.size(), 1u);
  const auto& one = *json.begin();
  EXPECT_DOUBLE_EQ(one.at("latency").at("value").get<double>(), *s.latency_ns.mean);
  EXPECT_DOUBLE_EQ(one.at("throughput").at("value").get<double>(), *s.throughput_per_second);
  for (const auto& measure : one) EXPECT_TRUE(measure.at("value").is_number());
}

Measurement traced() {
  Measurement m;
  m.what.model = "GRU";
  m.what.spec = {"", "fake", "0", {}};
  m.channels = {{"power", "W", "board", "", nanoseconds(0), Provenance::measured, 0, 0}};
  Block block;
  block.begin = nanoseconds(1000);
  block.end = nanoseconds(2'001'000);
  block.count = 2;
  block.queries = {{nanoseconds(1000), nanoseconds(1000), nanoseconds(3000)},
                   {nanoseconds(4000), nanoseconds(4000), nanoseconds(6000)}};
  for (int i = 0; i < 20'000; ++i)
    block.readings.push_back({0, nanoseconds(1000 + 100 * i), i == 12'345 ? 99.0 : 10.0});
  m.blocks = {block};
  return m;
}

TEST(Trace, HasSpansAndPowerCountersAndKeepsTheirPeak) {
  const auto json = Json::parse(export_trace({traced()}));
  double peak = 0;
  std::size_t counters = 0, queries = 0;
  for (const auto& event : json.at("traceEvents")) {
    const std::string ph = event.at("ph");
    if (ph == "C") {
      ++counters;
      peak = std::max(peak, event.at("args").at("W").get<double>());
      EXPECT_EQ(event.at("name"), "power (board) [W]");
    }
    queries += ph == "X" && event.at("name") == "query";
  }
  EXPECT_EQ(peak, 99);
  EXPECT_LE(counters, 4100u);
  EXPECT_EQ(queries, 2u);
}

}  // namespace
}  // namespace steelyard

// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <map>

#include "steelyard/exchange/exchange.h"
#include "tests/exchange/made.h"

namespace steelyard {
namespace {

using testing::HasSubstr;
using Row = std::map<std::string, std::string>;

// RFC 4180, written apart from the code under test.
std::vector<std::vector<std::string>> cells_of(const std::string& text) {
  std::vector<std::vector<std::string>> rows(1, std::vector<std::string>(1));
  bool inside = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (inside && c == '"' && i + 1 < text.size() && text[i + 1] == '"') {
      rows.back().back() += '"';
      ++i;
    } else if (c == '"') {
      inside = !inside;
    } else if (!inside && c == ',') {
      rows.back().emplace_back();
    } else if (!inside && c == '\r' && i + 1 < text.size() && text[i + 1] == '\n') {
      ++i;
      if (i + 1 < text.size()) rows.emplace_back(1);
    } else {
      rows.back().back() += c;
    }
  }
  return rows;
}

std::vector<Row> rows_of(const std::vector<Summary>& summaries) {
  const auto cells = cells_of(export_as(summaries, ExportFormat::csv));
  std::vector<Row> rows;
  for (std::size_t r = 1; r < cells.size(); ++r) {
    EXPECT_EQ(cells[r].size(), cells[0].size()) << "line " << r + 1;
    Row& row = rows.emplace_back();
    for (std::size_t c = 0; c < std::min(cells[r].size(), cells[0].size()); ++c)
      row[cells[0][c]] = cells[r][c];
  }
  return rows;
}

Row row_of(const Summary& summary, const std::string& metric, const std::string& statistic = "") {
  for (const Row& row : rows_of({summary}))
    if (row.at("metric") == metric && (statistic.empty() || row.at("statistic") == statistic))
      return row;
  ADD_FAILURE() << "no line " << metric << " " << statistic;
  return {};
}

TEST(Csv, BeginsWithItsColumns) {
  EXPECT_EQ(export_as({}, ExportFormat::csv),
            "model,spec,settings,host,scenario,provenance,campaign,metric,statistic,value,unit,"
            "lower,upper,"
            "boundary_or_definition,reason\r\n");
}

TEST(Csv, NamesTheCaseOnEveryLine) {
  for (const Row& row : rows_of({weighed()})) {
    EXPECT_EQ(row.at("model"), "GRU_Apple");
    EXPECT_EQ(row.at("spec"), "simulated:hailo-8l");
    EXPECT_EQ(row.at("settings"), "threads=2");
    EXPECT_EQ(row.at("scenario"), "Offline batch=64 in_flight=2");
    EXPECT_EQ(row.at("provenance"), "simulated");
  }
}

TEST(Csv, CarriesValueUnitBandAndBoundary) {
  const Row power = row_of(weighed(), "power", "mean");
  EXPECT_EQ(power.at("value"), "2");
  EXPECT_EQ(power.at("unit"), "W");
  EXPECT_EQ(power.at("lower"), "1");
  EXPECT_EQ(power.at("upper"), "4");
  EXPECT_EQ(power.at("boundary_or_definition"), "module");
  EXPECT_EQ(row_of(weighed(), "latency", "p99").at("upper"), "998000");
  EXPECT_EQ(row_of(weighed(), "rmse").at("unit"), "USD");
}

TEST(Csv, QuotesCommasQuotesAndLineEnds) {
  EXPECT_EQ(row_of(weighed(), "utilisation").at("boundary_or_definition"),
            "share of time, \"busy\"");
  const Row row = row_of(skipped(), "outcome");
  EXPECT_EQ(row.at("model"), "GRU, \"Apple\"");
  EXPECT_EQ(row.at("statistic"), "Skipped");
  EXPECT_THAT(row.at("reason"), HasSubstr("no_runtime (libnvinfer.so.10: line 1\nline 2"));
}

TEST(Csv, LeavesNoMissingValueWithoutAReason) {
  const Row p999 = row_of(weighed(), "latency", "p99.9");
  EXPECT_EQ(p999.at("upper"), "");
  EXPECT_EQ(p999.at("reason"), "too_few_queries (n=1000; needed=6636)");
  for (const char* metric :
       {"latency", "throughput", "rmse", "utilisation", "memory", "power", "energy_per_query"})
    EXPECT_THAT(row_of(skipped(), metric).at("reason"), HasSubstr("no_runtime")) << metric;
}

TEST(Csv, ListsAVerdictAndEachFinding) {
  EXPECT_EQ(row_of(weighed(), "trust", "NOISY").at("reason"), "drifting (ratio=1.25)");
  EXPECT_EQ(row_of(weighed(), "correctness").at("statistic"), "OK");
}

TEST(Csv, ReadsBackTheSameDoubles) {
  EXPECT_EQ(std::stod(row_of(weighed(), "latency", "mean").at("value")), 1.0 / 3);
  EXPECT_EQ(std::stod(row_of(weighed(), "latency", "stddev").at("value")), 0.1);
  EXPECT_EQ(row_of(weighed(), "latency", "max").at("value"), "1.7976931348623157e+308");
}

}  // namespace
}  // namespace steelyard

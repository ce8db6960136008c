// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "steelyard/base/error.h"
#include "steelyard/exchange/exchange.h"
#include "steelyard/stats/stats.h"
#include "tests/exchange/import_samples.h"

namespace steelyard {
namespace {

std::vector<Summary> imported(const std::string& name, ImportOptions options = {}) {
  for (const ImportSample& sample : import_samples())
    if (sample.name == name) return summarize(import_text(sample.name, sample.text, options));
  ADD_FAILURE() << "there is no sample " << name;
  return {};
}

double p(const Summary& s, double percentile) {
  for (const PercentileFigure& figure : s.latency_ns.percentiles)
    if (figure.p == percentile && figure.ns) return *figure.ns;
  return -1;
}

TEST(Import, KnowsEveryLayoutByItsContent) {
  for (const ImportSample& sample : import_samples()) {
    const auto all = summarize(import_text(sample.name, sample.text, {}));
    ASSERT_FALSE(all.empty()) << sample.name;
    for (const Summary& s : all) {
      EXPECT_EQ(s.provenance, Provenance::imported) << sample.name;
      EXPECT_EQ(s.outcome.kind, Outcome::Completed);
      EXPECT_EQ(s.correctness.kind, "UNCHECKED");
    }
    ImportOptions named;
    named.format = sample.format;
    EXPECT_EQ(import_text(sample.name, sample.text, named).size(), all.size()) << sample.name;
  }
}

TEST(Import, OfTheSeedsScriptsTakesAllThatTheySayAndNoMore) {
  const Summary npu = imported("npu_performance_20250601_101112.json").at(0);
  EXPECT_EQ(npu.model, "GRU_Apple");
  EXPECT_EQ(npu.spec, "hailort:0");
  EXPECT_DOUBLE_EQ(*npu.latency_ns.mean, 1.326e6);
  EXPECT_DOUBLE_EQ(p(npu, 50), 1.319e6);
  EXPECT_DOUBLE_EQ(p(npu, 99), 1.413e6);
  EXPECT_DOUBLE_EQ(*npu.throughput_per_second, 764.05);
  EXPECT_DOUBLE_EQ(*npu.utilisation.percent, 14.1);
  EXPECT_DOUBLE_EQ(*npu.accuracy.rmse, 54.905);
  EXPECT_FALSE(npu.power.watts);
  EXPECT_EQ(npu.power.reason->code, ReasonCode::not_in_file);
  EXPECT_EQ(p(npu, 99.9), -1);
  EXPECT_EQ(npu.trust.kind, "INSUFFICIENT");
  const Summary gpu = imported("tensorrt_performance_20250601_101112.json").at(0);
  EXPECT_DOUBLE_EQ(*gpu.power.watts, 68.33);
  EXPECT_EQ(gpu.power.boundary, "board");
  EXPECT_NE(gpu.utilisation.definition, npu.utilisation.definition);
  const Summary failed = imported("onnx_performance_20250601_101112.json").at(0);
  EXPECT_FALSE(failed.power.watts);
  EXPECT_FALSE(failed.accuracy.rmse);
}

TEST(Import, OfTrtexecTimesKeepsEveryQueryAndTheRegion) {
  const Summary ten = imported("times-10.json").at(0), eleven = imported("times-11.json").at(0);
  EXPECT_EQ(ten.queries, 1000u);
  EXPECT_NEAR(*ten.latency_ns.mean, 70'000, 1);
  EXPECT_NEAR(*ten.throughput_per_second, 10'000, 10);
  EXPECT_NEAR(p(ten, 99), 70'000, 200);
  ASSERT_EQ(ten.settings.size(), 1u);
  EXPECT_EQ(ten.settings[0].value, "h2d+compute+d2h");
  EXPECT_EQ(eleven.settings[0].value, "compute");
  EXPECT_NEAR(*eleven.latency_ns.mean, 50'000, 1);
  EXPECT_NE(ten.case_id, eleven.case_id);
  EXPECT_NEAR(*imported("times-8.json").at(0).latency_ns.mean, 70'000, 1);
}

TEST(Import, OfATrtexecProfileIsTheSumOfItsLayers) {
  const Summary s = imported("profile.json").at(0);
  EXPECT_NEAR(*s.latency_ns.mean, 50'000, 1e-6);
  EXPECT_EQ(s.queries, 1200u);
}

TEST(Import, OfHailortcliTellsStreamingFromOneFrameAtATime) {
  for (const char* name : {"run2.json", "benchmark.csv"}) {
    const auto all = imported(name);
    ASSERT_EQ(all.size(), 3u) << name;
    EXPECT_DOUBLE_EQ(*all[0].latency_ns.mean, 0.41e6);
    EXPECT_DOUBLE_EQ(*all[1].latency_ns.mean, 1.31e6);
    EXPECT_TRUE(std::holds_alternative<Offline>(all[2].scenario));
    EXPECT_NEAR(*all[2].throughput_per_second, 1504.2, 0.1);
    EXPECT_DOUBLE_EQ(*all[2].power.watts, 1.23);
    EXPECT_FALSE(all[0].power.watts);
  }
  EXPECT_EQ(imported("run.csv").size(), 2u);
}

TEST(Import, OfARealBenchmarkAppAgreesOverItsThreeLayouts) {
  const Summary csv = imported("benchmark_report.csv").at(0);
  const Summary console = imported("console.txt").at(0);
  const Summary json = imported("benchmark_report.json").at(0);
  // CSV and console are of one run; the report rounds to 0.01 ms.
  EXPECT_NEAR(p(csv, 99), p(console, 99), 5'000);
  EXPECT_NEAR(*csv.latency_ns.mean, *console.latency_ns.mean, 5'000);
  EXPECT_DOUBLE_EQ(*csv.throughput_per_second, *console.throughput_per_second);
  EXPECT_EQ(csv.queries, console.queries);
  EXPECT_EQ(csv.device.name, "CPU");
  EXPECT_EQ(console.device.name, "CPU");
  EXPECT_GT(json.queries, 1000u);
  EXPECT_EQ(json.model, csv.model);
  EXPECT_TRUE(std::holds_alternative<Offline>(imported("throughput.json").at(0).scenario));
}

TEST(Import, OfPerfTestAndLoadgenReadsPercentiles) {
  const Summary ort = imported("perf.txt").at(0);
  EXPECT_NEAR(*ort.latency_ns.mean, 76'500, 1e-6);
  EXPECT_NEAR(p(ort, 99.9), 300'000, 1e-6);
  EXPECT_EQ(ort.queries, 1000u);
  EXPECT_DOUBLE_EQ(*ort.memory.bytes, 41943040);
  const Summary summary = imported("mlperf_log_summary.txt").at(0);
  EXPECT_EQ(summary.device.name, "OrinNano");
  EXPECT_DOUBLE_EQ(p(summary, 99), 1520000);
  EXPECT_DOUBLE_EQ(*summary.throughput_per_second, 750.2);
  const Summary detail = imported("mlperf_log_detail.txt").at(0);
  EXPECT_DOUBLE_EQ(p(detail, 99), 1520000);
  EXPECT_EQ(detail.queries, 6000u);
}

TEST(Import, OfNvidiaSmiAveragesWhatIsThere) {
  const Summary s = imported("smi.csv").at(0);
  EXPECT_NEAR(*s.power.watts, 68.3, 1e-9);
  EXPECT_NEAR(*s.utilisation.percent, 13, 1e-9);
  EXPECT_EQ(s.device.name, "NVIDIA GeForce RTX 3070 Ti");
  EXPECT_FALSE(s.latency_ns.mean);
}

TEST(Import, TakesTheUsersWordOverTheFiles) {
  ImportOptions options;
  options.model = "GRU_Apple";
  options.device = "Hailo-8L";
  options.host = "pi5";
  options.precision = Precision::int8;
  const Summary s = imported("benchmark.csv", options).at(0);
  EXPECT_EQ(s.model, "GRU_Apple");
  EXPECT_EQ(s.device.name, "Hailo-8L");
  EXPECT_EQ(s.spec, "pi5/hailort:0");
  EXPECT_EQ(s.precision, Precision::int8);
}

TEST(Import, TakesOverLoadGensServerAndMultiStream) {
  const auto summary_of = [](const std::string& format, const std::string& scenario) {
    for (const ImportSample& sample : import_samples())
      if (sample.format == format && sample.text.find(scenario) != std::string::npos)
        return summarize(import_text(sample.name, sample.text, {})).at(0);
    throw Error("no such sample", "");
  };
  const Summary server = summary_of("loadgen-summary", "Scenario : Server");
  EXPECT_EQ(server.scenario, Scenario(Server{360, 1}));
  EXPECT_EQ(server.throughput_per_second, 358.07);
  EXPECT_EQ(server.latency_ns.percentiles.at(3).ns, 6'520'000);
  const Summary multi = summary_of("loadgen-detail", "MultiStream");
  EXPECT_EQ(multi.scenario, Scenario(Offline{8, 1}));
  EXPECT_EQ(multi.latency_ns.percentiles.at(3).ns, 9'520'000);
  EXPECT_FALSE(multi.latency_ns.mean) << "that of the file is of samples, not of queries";
  EXPECT_THROW(import_text("mlperf_log_summary.txt",
                           "MLPerf Results Summary\nSUT name : A\nScenario : Server\n"
                           "Result is : VALID\nMean latency (ns) : 5\n",
                           {}),
               Error);
}

TEST(Import, RefusesInOneSentence) {
  EXPECT_THROW(import_text("a.txt", "hello", {}), Error);
  EXPECT_THROW(import_text("a.txt", "", {}), Error);
  ImportOptions wrong;
  wrong.format = "trtexec-times";
  EXPECT_THROW(import_text("a.txt", "{}", wrong), Error);
  wrong.format = "nonsense";
  EXPECT_THROW(import_text("a.txt", "{}", wrong), UsageError);
  EXPECT_THROW(import_text("performance.json", R"({"A":{"throughput_fps":1}})", {}), Error);
  EXPECT_THROW(import_text("t.json", std::string(100'000, '[') + "\"latencyMs\"", {}), Error);
  EXPECT_THROW(import_text("t.json", R"([{"latencyMs":1e999}])", {}), Error);
  EXPECT_THROW(import_text("t.json", R"([{"latencyMs":-1}])", {}), Error);
}

// Bytes changed, cut, doubled, and numbers made extreme.
std::string mutated(std::string text, std::mt19937& random) {
  const auto below = [&](std::size_t n) {
    return std::size_t(random() % std::max<std::size_t>(n, 1));
  };
  static constexpr const char* kNasty[] = {"1e308", "-1", "1e999", "NaN",  "null",
                                           "\"",    "}",  "[",     "\xff", "9223372036854775808",
                                           ",",     ";",  "\n",    "0"};
  for (std::size_t change = 1 + below(4); change > 0; --change) {
    const std::size_t at = below(text.size() + 1);
    switch (below(5)) {
      case 0:
        if (at < text.size()) text[at] = static_cast<char>(random());
        break;
      case 1:
        text.resize(at);
        break;
      case 2:
        text.insert(at, kNasty[below(std::size(kNasty))]);
        break;
      case 3:
        text.erase(at, below(64));
        break;
      default:
        text.insert(at, text.substr(below(text.size() + 1), below(200)));
    }
  }
  return text;
}

void mutate(int times) {
  std::mt19937 random(7);
  for (const ImportSample& sample : import_samples()) {
    ImportOptions options;
    options.format = sample.format;
    int taken = 0, refused = 0;
    for (int i = 0; i < times; ++i) {
      const std::string text = mutated(sample.text, random);
      try {
        for (const Summary& s : summarize(import_text(sample.name, text, options)))
          taken += s.spec.empty() ? 0 : 1;
      } catch (const Error& e) {
        ++refused;
        ASSERT_EQ(std::string(e.what()).find('\n'), std::string::npos) << e.what();
        ASSERT_FALSE(std::string(e.what()).empty());
      }
    }
    EXPECT_GT(taken + refused, 0) << sample.name;
  }
}

TEST(Import, OfDamagedFilesIsASentenceOrFigures) { mutate(40); }
TEST(LongImport, OfTwoThousandDamagedFilesEachIsASentenceOrFigures) { mutate(2000); }

}  // namespace
}  // namespace steelyard

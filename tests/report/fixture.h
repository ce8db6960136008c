// SPDX-License-Identifier: Apache-2.0
// A fixed campaign for the report's tests: two models on two measured and three simulated devices,
// with one device that failed, one that was skipped, and values that are missing. The simulated
// figures are near those published for GRU_Apple and LSTM_Apple; nothing here was measured.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "steelyard/record/summary.h"

namespace steelyard {

inline Manifest fixture_manifest() {
  Manifest m;
  m.tool_version = "0.1.0";
  m.command =
      "steelyard run --model GRU_Apple.onnx --model LSTM_Apple.onnx --data AAPL.csv --device "
      "native-cpu --device onnxruntime:cpu --device simulated:rtx-3070-ti+tensorrt --db apple.db";
  m.started_at = "2026-11-20T09:30:00Z";
  m.host = "bench";
  m.boot_id = "0f4a7c1e-5b7d-4c57-9e5f-0123456789ab";
  m.kernel = "Linux 6.1.0-26-amd64";
  m.cpu = "Intel(R) Xeon(R) Platinum 8481C CPU @ 2.70GHz";
  m.cores = 2;
  m.build = "release g++ 12.2.0";
  return m;
}

// A latency distribution with the given median, widened towards the tail by `spread`.
inline LatencyFigures fixture_latency(double median, double spread, bool few = false) {
  const std::pair<double, double> quantiles[] = {
      {0.0001, -0.35}, {0.01, -0.3}, {0.1, -0.2}, {0.3, -0.08}, {0.5, 0},
      {0.7, 0.1},      {0.9, 0.35},  {0.95, 0.6}, {0.99, 1},    {0.995, 1.4},
      {0.999, 3},      {0.9999, 8},  {1, 12}};
  LatencyFigures l;
  for (const auto& [share, wide] : quantiles) {
    l.curve_share.push_back(share);
    l.curve_ns.push_back(median * (1 + spread * wide));
  }
  l.mean = median * (1 + 0.08 * spread);
  l.stddev = median * 0.6 * spread;
  l.mean_ci = IntervalFigure{*l.mean * 0.99, *l.mean * 1.01, "blocks"};
  l.median_ci = IntervalFigure{median * 0.992, median * 1.008, "blocks"};
  l.min = l.curve_ns.front();
  l.max = l.curve_ns.back();
  const auto percentile = [&](double p, double wide, double bound) {
    PercentileFigure f{p, median * (1 + spread * wide), median * (1 + spread * bound), {}};
    if (few && p > 99) {
      f.upper_ns.reset();
      f.reason = Reason{ReasonCode::too_few_queries, {{"n", 4000, ""}, {"needed", 6636, ""}}, ""};
    }
    l.percentiles.push_back(f);
  };
  percentile(50, 0, 0.01);
  percentile(90, 0.35, 0.37);
  percentile(95, 0.6, 0.65);
  percentile(99, 1, 1.12);
  percentile(99.9, 3, 4.5);
  return l;
}

struct FixtureRow {
  std::string model, spec, backend, name, runtime;
  double median_ns, spread;
  double rmse, error;
  Precision precision = Precision::fp32;
};

inline Summary fixture_summary(const FixtureRow& row) {
  Summary s;
  s.model = row.model;
  s.model_sha256 = std::string(32, row.model[0] == 'G' ? 'a' : 'b') + std::string(32, '0');
  s.truth = std::string(64, 'c');
  s.case_id = std::string(row.model[0] == 'G' ? "1" : "2") + row.spec + std::string(64, '0');
  for (char& c : s.case_id)
    if (c == ':' || c == '+' || c == '-') c = '0';
  s.campaign = "5eed5eed5eed5eed";
  s.artefact = {"onnx", row.model + ".onnx", s.model_sha256, s.model_sha256};
  s.spec = row.spec;
  s.host = "bench";
  s.backend = row.backend;
  s.device.backend = row.backend;
  s.device.name = row.name;
  s.device.runtime = row.runtime;
  s.precision = s.obtained = row.precision;
  s.manifest = fixture_manifest();
  s.effort = "quick";
  s.queries = 10'000;
  s.windows = 489;
  s.workers = 1;
  s.latency_ns = fixture_latency(row.median_ns, row.spread);
  s.measured_seconds = 2.5;
  s.throughput_per_second = 1e9 / (*s.latency_ns.mean * 1.01);
  s.startup = {1.2e6, 45e3, 200e6};
  s.harness_overhead_ns = 52.25;
  s.accuracy = {row.rmse,
                row.model[0] == 'G' ? 2.298 : 2.298,
                1 - row.rmse / 2.298,
                "USD",
                row.error,
                row.error * 40,
                {}};
  s.correctness.kind = "OK";
  return s;
}

inline Summary measured_row(FixtureRow row, double cpu_percent) {
  Summary s = fixture_summary(row);
  s.provenance = s.device.provenance = Provenance::measured;
  s.utilisation.percent = cpu_percent;
  s.utilisation.definition = "CPU time of the measuring process / wall time; 100 % = one core";
  s.memory = {48.5 * 1024 * 1024, "process", {}};
  s.power.reason = s.energy.reason = Reason{ReasonCode::no_sensor, {}, ""};
  return s;
}

inline Summary simulated_row(FixtureRow row, StandsFor stands_for, double watts, double idle,
                             double low, double high, std::string boundary) {
  Summary s = fixture_summary(row);
  s.provenance = s.device.provenance = Provenance::simulated;
  s.device.stands_for = std::move(stands_for);
  const bool npu = boundary == "module";
  s.utilisation.percent = npu ? 68.5 : 1.3;
  s.utilisation.low_percent = npu ? 13.7 : 0.65;
  s.utilisation.high_percent = npu ? 95.9 : 2.6;
  s.utilisation.definition =
      npu ? "pipeline occupancy, as HailoRT's scheduler monitor counts it; modelled"
          : "SM activity: share of the time in which a streaming multiprocessor holds a running "
            "warp; modelled";
  s.memory.reason = Reason{ReasonCode::not_reported, {}, "memory"};
  s.power.watts = watts;
  s.power.idle_watts = idle;
  s.power.low_watts = low;
  s.power.high_watts = high;
  s.power.boundary = boundary;
  const double seconds = 1 / *s.throughput_per_second;
  s.energy.joules_per_query = watts * seconds;
  s.energy.dynamic_joules_per_query = (watts - idle) * seconds;
  s.energy.boundary = boundary;
  s.harness_overhead_ns.reset();
  return s;
}

inline void add_fixture_model(std::vector<Summary>& to, const std::string& model, double k) {
  const std::string cpu = "Intel(R) Xeon(R) Platinum 8481C CPU @ 2.70GHz";
  to.push_back(measured_row({model, "native-cpu", "native-cpu", cpu,
                             "Steelyard engine 0.1.0 (AVX-512)", 1180 * k, 0.2, 2.307, 4.2e-7},
                            99.8));
  to.push_back(measured_row({model, "onnxruntime:cpu", "onnxruntime", cpu, "ONNX Runtime 1.32.0",
                             7420 * k, 0.35, 2.307, 6.1e-7},
                            101.2));
  to.push_back(simulated_row(
      {model, "simulated:rtx-3070-ti+tensorrt", "simulated",
       "NVIDIA GeForce RTX 3070 Ti (TensorRT)", "tensorrt", 71'000 * k, 0.12, 2.307, 5.0e-7},
      {"NVIDIA GeForce RTX 3070 Ti", "tensorrt"}, 68.3, 27.4, 45.5, 102.5, "board"));
  to.push_back(simulated_row({model, "simulated:rtx-3070-ti+onnxruntime", "simulated",
                              "NVIDIA GeForce RTX 3070 Ti (ONNX Runtime)", "onnxruntime",
                              183'000 * k, 0.15, 2.307, 5.0e-7},
                             {"NVIDIA GeForce RTX 3070 Ti", "onnxruntime"}, 61.2, 27.4, 40.8, 91.8,
                             "board"));
  to.push_back(simulated_row({model, "simulated:hailo-8l", "simulated", "Hailo-8L", "hailort",
                              1'319'000 * k, 0.07, 2.341, 0.0131, Precision::int8},
                             {"Hailo-8L", "hailort"}, 1.52, 0.65, 0.836, 3.04, "module"));
}

inline Summary fixture_null() {
  Summary s = fixture_summary({"GRU_Apple", "null", "null", "null", "null", 52, 0.05, 0, 0});
  s.latency_ns.mean = 52.25;
  s.accuracy = {};
  s.accuracy.reason = Reason{ReasonCode::outputs_meaningless, {}, ""};
  return s;
}

inline std::vector<Summary> fixture() {
  std::vector<Summary> all = {fixture_null()};
  add_fixture_model(all, "LSTM_Apple", 0.75);
  add_fixture_model(all, "GRU_Apple", 1);
  Summary& noisy = all[2];  // LSTM_Apple on ONNX Runtime
  noisy.trust = {"NOISY",
                 {{"NOISY", {ReasonCode::drifting, {{"ratio", 1.31, ""}}, ""}},
                  {"NOISY", {ReasonCode::other_load, {{"percent", 23.5, "%"}}, ""}}}};
  noisy.queries = 4000;
  noisy.latency_ns = fixture_latency(7420 * 0.75, 0.35, true);
  Summary offline = all[6];  // GRU_Apple on native-cpu
  offline.case_id = "off" + offline.case_id;
  offline.scenario = Offline{64, 1};
  offline.throughput_per_second = 3'412'000;
  offline.latency_ns = fixture_latency(18'700, 0.1);
  all.push_back(offline);
  Summary failed = fixture_summary({"GRU_Apple", "openvino:cpu", "openvino",
                                    "Intel(R) Xeon(R) Platinum 8481C CPU @ 2.70GHz",
                                    "OpenVINO 2026.1.0", 1, 0, 0, 0});
  failed.outcome = {Outcome::Failed,
                    {ReasonCode::crashed, {{"signal", 11, ""}}, "terminate: <bad> & \"worse\""},
                    "Run `steelyard doctor` and update OpenVINO."};
  all.push_back(failed);
  Summary skipped = fixture_summary({"GRU_Apple", "hailort:0", "hailort", "", "", 1, 0, 0, 0});
  skipped.outcome = {
      Outcome::Skipped,
      {ReasonCode::no_runtime, {}, "libhailort.so.4: cannot open shared object file"},
      "Install HailoRT from the vendor's package."};
  all.push_back(skipped);
  return all;
}

// One model with all that charts draw: batches, queries in flight, rates, parts, watts and clocks.
inline std::vector<Summary> fixture_charted() {
  std::vector<Summary> all;
  add_fixture_model(all, "GRU_Apple", 1);
  Summary& cpu = all[0];
  cpu.parts = {{"gather", 240, "input copied"}, {"cells", 760, "8 steps"}, {"dense", 90, "output"}};
  all[1].parts = {{"gather", 900, "input copied"}, {"run", 6100, "Session::Run"}};
  cpu.power = {
      .watts = 41.5, .idle_watts = 12.25, .boundary = "chip", .definition = "RAPL package"};
  cpu.timeline.phases = {{Phase::idle, 0, 5}, {Phase::context, 5, 10}, {Phase::load, 10, 25}};
  ChannelTrace watts{"power", "W", "chip", "RAPL package", Provenance::measured, {}, {}};
  ChannelTrace clock{"clock.core",         "MHz", "chip", "mean of the cores",
                     Provenance::measured, {},    {}};
  for (int i = 0; i <= 100; ++i) {
    const bool load = i > 40;
    watts.seconds.push_back(0.25 * i);
    watts.values.push_back(i == 73 ? 58.5 : (load ? 41 : 12) + 0.5 * (i % 4));
    clock.seconds.push_back(0.25 * i);
    clock.values.push_back(load ? 3500 - 25 * (i % 3) : 800 + 100 * (i % 2));
  }
  cpu.timeline.channels = {watts, clock};
  cpu.forecast.first_window = 369;
  for (int i = 0; i < 120; ++i) {
    const double price = 52 + 0.05 * i + 1.5 * std::sin(0.3 * i);
    cpu.forecast.actual.push_back(price);
    cpu.forecast.naive.push_back(i == 0 ? 51.75
                                        : cpu.forecast.actual[static_cast<std::size_t>(i) - 1]);
    cpu.forecast.forecast.push_back(0.9 * cpu.forecast.naive.back() + 5.25);
  }
  const Summary one = all[0], other = all[1];
  for (const Summary& s : {one, other})
    for (const int batch : {1, 4, 16, 64, 256})
      for (const int depth : {1, 2, 4}) {
        if (batch != 64 && depth != 1) continue;
        Summary offline = s;
        offline.parts.clear();
        offline.timeline = {};
        offline.case_id += std::to_string(batch * 10 + depth);
        offline.scenario = Offline{batch, depth};
        const double query = *s.latency_ns.mean * (0.8 + 0.2 * batch);
        offline.latency_ns = fixture_latency(query * depth, 0.15);
        offline.throughput_per_second = 1e9 * batch / query * (depth == 1 ? 1 : 1.05);
        all.push_back(offline);
      }
  for (const double rate : {1000.0, 10'000.0, 100'000.0, 400'000.0, 800'000.0, 1'000'000.0}) {
    Summary server = one;
    server.parts.clear();
    server.timeline = {};
    server.case_id += std::to_string(static_cast<int>(rate));
    server.scenario = Server{rate, 1};
    const double busy = std::min(0.97, rate * 1.18e-6);
    server.latency_ns = fixture_latency(1180 * (1 + busy / (2 * (1 - busy))), 0.4 + 2 * busy);
    server.throughput_per_second = std::min(rate, 830'000.0);
    all.push_back(server);
  }
  return all;
}

}  // namespace steelyard

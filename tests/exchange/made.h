// SPDX-License-Identifier: Apache-2.0
// Summaries with known contents for the tests of `exchange`. Plain data.
#pragma once

#include "steelyard/record/summary.h"

namespace steelyard {

inline Summary weighed() {
  Summary s;
  s.case_id = "case";
  s.campaign = "c1";
  s.model = "GRU_Apple";
  s.model_sha256 = "aa";
  s.artefact = {"onnx", "m.onnx", "bb", "cc"};
  s.spec = "simulated:hailo-8l";
  s.host = "here";
  s.backend = "simulated";
  s.device = {.backend = "simulated", .id = "hailo-8l", .name = "Hailo-8L", .runtime = "HailoRT"};
  s.device.stands_for = StandsFor{"Hailo-8L", "hailort"};
  s.precision = Precision::int8;
  s.obtained = Precision::int8;
  s.settings = {{"threads", "2"}};
  s.scenario = Offline{.batch = 64, .in_flight = 2};
  s.provenance = Provenance::simulated;
  s.queries = 1000;
  s.windows = 490;
  s.workers = 1;
  s.latency_ns.mean = 1.0 / 3;
  s.latency_ns.stddev = 0.1;
  s.latency_ns.min = 5e-324;
  s.latency_ns.max = 1.7976931348623157e308;
  s.latency_ns.percentiles = {
      {99, 990e3, 998e3, {}},
      {99.9,
       999e3,
       {},
       Reason{ReasonCode::too_few_queries, {{"n", 1000, ""}, {"needed", 6636, ""}}, ""}}};
  s.latency_ns.curve_ns = {1, 2};
  s.latency_ns.curve_share = {0.5, 1};
  s.throughput_per_second = 700.25;
  s.startup.load_ns = 12;
  s.accuracy = {.rmse = 1.25,
                .rmse_naive = 1.21,
                .skill = -0.03,
                .unit = "USD",
                .max_abs_error_vs_reference = 0.01};
  s.utilisation = {.percent = 40,
                   .definition = "share of time, \"busy\"",
                   .low_percent = 20,
                   .high_percent = 80};
  s.memory.reason = Reason{ReasonCode::not_reported, {}, "memory"};
  s.power = {.watts = 2, .idle_watts = 0.5, .low_watts = 1, .high_watts = 4, .boundary = "module"};
  s.energy = {.joules_per_query = 0.003, .dynamic_joules_per_query = 0.002, .boundary = "module"};
  s.trust = {"NOISY", {{"NOISY", Reason{ReasonCode::drifting, {{"ratio", 1.25, ""}}, ""}}}};
  s.correctness.kind = "OK";
  return s;
}

inline Summary skipped() {
  Summary s;
  s.model = "GRU, \"Apple\"";
  s.spec = "tensorrt:0";
  s.backend = "tensorrt";
  const Reason why{ReasonCode::no_runtime, {}, "libnvinfer.so.10: line 1\nline 2 \xff"};
  s.outcome = {Outcome::Skipped, why, "Install TensorRT"};
  s.latency_ns.percentiles = {{50, {}, {}, why}};
  s.accuracy.reason = s.utilisation.reason = s.memory.reason = s.power.reason = s.energy.reason =
      why;
  s.correctness.reason = why;
  s.trust = {"INSUFFICIENT", {{"INSUFFICIENT", why}}};
  return s;
}

}  // namespace steelyard

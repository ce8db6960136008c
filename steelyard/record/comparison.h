// SPDX-License-Identifier: Apache-2.0
// What `stats` makes of two selections of Measurements: for each case that both hold, how the
// second stands against the first. Field names are those of the published JSON. Plain data.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "steelyard/record/record.h"

namespace steelyard {

// One figure of A and B. Ratios are B / A.
struct MetricComparison {
  std::string metric;          // "latency.p50", "latency.p99", "latency.mean", "throughput", ...
  std::optional<double> a, b;  // ns, windows a second, joules a window, or the target's unit
  std::optional<double> ratio, low, high;  // with its 95 % interval
  std::string level;  // what the interval stands on: "workers", "blocks"; "exact" when nothing is
                      // drawn by chance
  std::string verdict = "AMBIGUOUS";   // BETTER, WORSE, SAME, AMBIGUOUS
  std::optional<double> gate_percent;  // as asked; empty: judged at the usual 1 %
  std::string
      gate;  // PASS: not worse by more than the gate; FAIL: WORSE; UNDECIDED; empty: not asked
  std::optional<double> longer;  // AMBIGUOUS: measuring so many times as long may decide; > 1
  std::optional<Reason> reason;  // why there is no interval
};

struct CaseComparison {
  std::string model_a, model_b, spec, host;
  Device device;
  Precision precision = Precision::fp32;
  std::vector<Setting> settings;
  Scenario scenario;
  Provenance provenance = Provenance::measured;
  bool paired = false;                 // blocks of one campaign, near each other in time
  std::vector<std::string> differing;  // unpaired: what else changed, e.g. "day", "kernel"
  Outcome outcome_a, outcome_b;
  bool lost = false;  // completed in A, and failed, was skipped or is missing in B
  std::string correctness_b = "UNCHECKED";
  std::string trust_a, trust_b;
  std::vector<MetricComparison> metrics;  // empty when one side did not complete
};

struct Comparison {
  std::string name_a, name_b;  // as the user named the sides
  std::vector<CaseComparison> cases;
};

}  // namespace steelyard

// SPDX-License-Identifier: Apache-2.0
// What `stats` makes of a Measurement: the figures of one row, each with its unit in its name, its
// bound, and a reason where it is missing. The field names are those of the published JSON
// (docs/cli.md). Plain data.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "steelyard/record/record.h"

namespace steelyard {

struct PercentileFigure {
  double p = 0;                    // 50, 90, 95, 99, 99.9
  std::optional<double> ns;        // the plain order statistic
  std::optional<double> upper_ns;  // upper 99 % confidence bound: docs/method.md
  std::optional<Reason> reason;    // why upper_ns, or both, are missing
};

// A 95 % interval, and whose spread it stands on: "workers", "blocks" or "queries".
struct IntervalFigure {
  double low = 0, high = 0;
  std::string level;
};

struct LatencyFigures {
  std::optional<double> mean, stddev, min, max;      // ns
  std::optional<IntervalFigure> mean_ci, median_ci;  // ns
  std::vector<PercentileFigure> percentiles;
  // The cumulative distribution for drawing: ascending ns with the share of queries at or below it;
  // at most 200 points.
  std::vector<double> curve_ns, curve_share;
  std::optional<double> prepare_ns;  // Streaming: mean of the work between ticks, not in the above
};

struct RateFigures {                      // of open loops, queries a second
  std::optional<double> offered;          // when it was chosen by the user
  std::optional<double> peak;             // PeakRate: the highest that held the limit
  std::optional<IntervalFigure> peak_ci;  // over processes or blocks, each of which searched anew
  // How long after they could have left queries left, and how many percent of them over 1 ms.
  std::optional<double> send_delay_mean_ns, send_delay_max_ns, late_percent;
  std::optional<Reason> reason;  // why the rates are missing
};

struct StartupFigures {
  std::optional<double> load_ns, first_query_ns, warm_up_ns;
};

struct AccuracyFigures {
  std::optional<double> rmse;        // in `unit`
  std::optional<double> rmse_naive;  // of "tomorrow = today" on the same windows
  std::optional<double> skill;       // 1 - rmse / rmse_naive
  std::string unit;
  std::optional<double>
      max_abs_error_vs_reference;           // of the outputs as the model gives them, against FP32
  std::optional<double> rmse_vs_reference;  // in `unit`
  std::optional<Reason> reason;
};

struct UtilisationFigures {
  std::optional<double> percent;
  std::string definition;                           // never compared with another definition
  std::optional<double> low_percent, high_percent;  // band of a modelled value
  std::optional<Reason> reason;
};

struct MemoryFigures {
  std::optional<double> bytes;
  std::string boundary;  // "process"
  std::optional<Reason> reason;
};

struct PowerFigures {
  std::optional<double> watts;                  // while queries ran
  std::optional<double> idle_watts;             // with no model loaded
  std::optional<double> context_idle_watts;     // with the model loaded, waiting
  std::optional<double> low_watts, high_watts;  // band, or the instrument's known error
  std::string boundary, definition;
  Provenance provenance = Provenance::measured;
  std::optional<Reason> reason;
};

// Per window answered: a query of a batch of 64 counts as 64. From the energy pass: docs/method.md.
struct EnergyFigures {
  std::optional<double> joules_per_query;          // total, idle included
  std::optional<double> dynamic_joules_per_query;  // over idle with no model loaded
  std::optional<double> low_joules_per_query,
      high_joules_per_query;  // the instrument's known error
  std::optional<double> low_dynamic_joules_per_query, high_dynamic_joules_per_query;
  std::optional<double> seconds_per_query;  // of the pass
  // A day of so many windows a second, the model loaded all day. Closed loops: one a second.
  std::optional<double> rate_per_second, joules_per_day;
  std::optional<double> updates;  // of the instrument during the load
  std::string method;             // "counter", "integral", "model", "entered"
  std::string boundary, definition;
  Provenance provenance = Provenance::measured;
  std::optional<Alignment> alignment;    // an outside meter's
  std::optional<Reason> dynamic_reason;  // why only dynamic_joules_per_query is missing
  std::optional<Reason> reason;
};

struct Finding {
  std::string kind;  // as Trust::kind
  Reason reason;
};

// STABLE, NOISY, INSUFFICIENT, HARNESS-BOUND, THROTTLED: the worst finding wins, all are listed.
struct TrustFigures {
  std::string kind = "STABLE";
  std::vector<Finding> findings;
};

// OK, WRONG, VARIANT, UNCHECKED.
struct CorrectnessFigures {
  std::string kind = "UNCHECKED";
  std::optional<Reason> reason;
};

// For drawing: the blocks of the energy pass, else the measuring ones, laid end to end, and what
// instruments showed meanwhile. Long traces are thinned: of each stretch the least and the greatest
// reading stay. Counters of joules are drawn as the watts between two of their readings.
struct PhaseSpan {
  Phase phase = Phase::measure;
  double begin_seconds = 0, end_seconds = 0;
};
struct ChannelTrace {
  std::string name, unit, boundary, definition;
  Provenance provenance = Provenance::measured;
  std::vector<double> seconds, values;
};
struct TimelineFigures {
  std::vector<PhaseSpan> phases;
  std::vector<ChannelTrace> channels;
};

// For drawing: the last windows of the test part, in AccuracyFigures::unit; empty where the pass
// was not complete.
struct ForecastFigures {
  std::uint64_t first_window = 0;  // of the test part, from 0
  std::vector<double> actual, naive, forecast;
};

struct Summary {
  // identity
  std::string case_id, campaign, model, model_sha256, truth;
  Artefact artefact;
  std::string spec, host, backend;
  Device device;
  Precision precision = Precision::fp32;
  Precision obtained = Precision::fp32;
  std::vector<Reason> remarks;  // how the runtime took the model
  std::vector<TimePart> parts;
  std::vector<Setting> settings;
  std::vector<GivenInput> inputs;
  Scenario scenario;
  Provenance provenance = Provenance::measured;
  Manifest manifest;
  HostState after;  // the host when the last block had ended
  std::string effort;
  // figures
  Outcome outcome;
  std::uint64_t queries = 0;
  std::uint64_t windows = 0;  // of the test part
  std::uint32_t workers = 0;
  double measured_seconds = 0;  // sum of the measuring blocks
  LatencyFigures latency_ns;
  std::optional<double> throughput_per_second;  // windows answered a second
  RateFigures rate_per_second;
  StartupFigures startup;
  std::optional<double> harness_overhead_ns;  // cost of one query on the null backend
  AccuracyFigures accuracy;
  UtilisationFigures utilisation;
  MemoryFigures memory;
  PowerFigures power;
  EnergyFigures energy;
  TrustFigures trust;
  CorrectnessFigures correctness;
  TimelineFigures timeline;
  ForecastFigures forecast;
};

}  // namespace steelyard

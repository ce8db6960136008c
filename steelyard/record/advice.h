// SPDX-License-Identifier: Apache-2.0
// What `advise` is asked and what it answers: which system does a given job, which does not and by
// how much, and where the choice would change. Field names are those of the published JSON. Plain
// data.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "steelyard/record/record.h"

namespace steelyard {

// A figure with the range in which it lies: its interval, its band, or the figure itself.
struct Estimate {
  double value = 0, low = 0, high = 0;
  friend bool operator==(const Estimate&, const Estimate&) = default;
};

struct LatencyLimit {
  double percentile = 99;
  double ns = 0;
};

// The job. What is not asked is empty.
struct Question {
  std::string model;  // empty: every model of the selection
  std::vector<LatencyLimit> latency;
  std::optional<double> rate;           // inferences a second
  std::optional<double> max_watts;      // of the system while it works without pause
  std::optional<double> max_rmse_loss;  // % over the best FP32 result of the model
  std::optional<double> budget;         // for hardware, in `currency`
  std::optional<double> price_per_kwh;  // in `currency`
  double years = 3;                     // over which hardware is paid off
  std::string currency = "USD";
  std::string boundary = "system";  // system: with its host, idle power included; or device
  std::string by;                   // cost, energy, latency; empty: the first that can be told
  bool measured_only = false;
};

// The worst check is that of the system. Undecided: the figure is missing, or its range holds the
// limit.
enum class Verdict { passes, undecided, fails };
std::string_view to_string(Verdict);

// One constraint on one system, in the limit's unit: ns, 1/s, W, %, or the currency.
struct Check {
  std::string metric;  // latency.p99, rate, power, rmse_loss, budget, correctness, provenance
  std::string unit;
  double limit = 0;
  std::optional<Estimate> value;
  Verdict verdict = Verdict::passes;
  std::optional<Reason> reason;  // why there is no value
};

// A system that could do the job: a host, mostly with an accelerator.
struct Candidate {
  std::string name;  // "PC + RTX 3070 Ti (TensorRT)"
  std::string spec, host, case_id;
  Precision precision = Precision::fp32;
  Provenance provenance = Provenance::measured;
  std::string trust;
  Verdict verdict = Verdict::passes;
  std::vector<Check> checks;
  std::optional<Estimate> latency_ns;           // at the strictest percentile asked, else p99
  double percentile = 99;                       // which one
  Scenario load;                                // under which it was seen
  std::optional<Estimate> capacity_per_second;  // one query at a time
  std::optional<Estimate> idle_watts;           // of the whole system within the boundary
  std::optional<Estimate> marginal_joules;      // that one more inference adds
  std::optional<Estimate> busy_watts;           // without pause
  std::optional<Estimate> watts;                // at the rate asked
  std::optional<Estimate> joules_per_query;     // at the rate asked, idle included
  std::optional<Estimate> kwh_per_day;
  std::optional<Estimate> price;         // hardware
  std::optional<Estimate> cost_per_day;  // hardware over the years, and energy
  std::optional<double> rmse, rmse_loss_percent;
  std::optional<Reason> power_reason, price_reason;
  // First to last place that the ranges allow, among those that pass; 0 = not ranked.
  int first_place = 0, last_place = 0;
  bool on_front = false;  // of latency, energy, error and cost
};

// Where two systems need the same; candidates are numbers in Advice::candidates.
struct Crossing {
  std::string by;                    // energy, cost
  std::size_t below = 0, above = 0;  // which is better below and above the rate
  Estimate rate;                     // inferences a second; low 0 or high infinite: never certain
};

// Who is best from one rate to the next.
struct RateRange {
  std::string by;
  std::size_t winner = 0;
  double from = 0, to = 0;
  bool ends_at_capacity = false;  // else at a crossing
};

// What else would change the winner: the value of `what` from which `other` would be first.
struct Sensitivity {
  std::string what;  // price_per_kwh, years, price
  std::size_t winner = 0, other = 0;
  double now = 0, at = 0;
};

// What to relax so that this system passes.
struct Relaxation {
  std::size_t candidate = 0;
  std::vector<Check> checks;  // those that it fails
};

// What to measure next, and why.
struct Need {
  std::string why;  // expected: stands on a simulated device; tie; power; no_cpu_row; price
  std::string name;
  std::string command;  // English, as typed
};

// Figures that came from the table of systems and not from a measurement.
struct Assumed {
  std::string what;  // host, accelerator or currency
  std::string item;  // idle_power, core_power, efficiency, price, exchange
  Estimate value;
  std::string unit, as_of, source;
};

struct Advice {
  std::string model;
  Question question;
  std::string by;                     // what the ranking goes by
  bool expected = false;              // stands on simulated devices
  std::vector<Candidate> candidates;  // passing first, in order of rank
  std::vector<Crossing> crossings;
  std::vector<RateRange> ranges;
  std::vector<Sensitivity> sensitivities;
  std::vector<Relaxation> relaxations;
  std::vector<Need> needs;
  std::vector<Assumed> assumed;
};

}  // namespace steelyard

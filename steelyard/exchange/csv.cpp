// SPDX-License-Identifier: Apache-2.0
// Summaries as a tidy table (RFC 4180): one line a (case, metric, statistic). Thread-safe.
#include <fmt/format.h>

#include <cmath>
#include <initializer_list>

#include "steelyard/exchange/formats.h"

namespace steelyard::exchange {
namespace {

using Number = std::optional<double>;

std::string cell(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string quoted = "\"";
  for (char c : text) {
    quoted += c;
    if (c == '"') quoted += '"';
  }
  return quoted + '"';
}

// The shortest text that reads back as the same double.
std::string cell(Number value) {
  return value && std::isfinite(*value) ? fmt::format("{}", *value) : "";
}

std::string cell(const std::optional<Reason>& reason) {
  if (!reason || *reason == Reason{}) return "";
  std::string inside;
  for (const Quantity& quantity : reason->values)
    inside += fmt::format("{}{}={}{}", inside.empty() ? "" : "; ", quantity.name, quantity.value,
                          quantity.unit);
  if (!reason->quoted.empty()) inside += (inside.empty() ? "" : "; ") + reason->quoted;
  const std::string code(to_string(reason->code));
  return cell(inside.empty() ? code : fmt::format("{} ({})", code, inside));
}

std::string text_of(const Scenario& scenario) {
  if (const auto* offline = std::get_if<Offline>(&scenario))
    return fmt::format("Offline batch={} in_flight={}", offline->batch, offline->in_flight);
  std::string text(kind_of(scenario));
  if (rate_of(scenario) > 0) text += fmt::format(" rate={}", rate_of(scenario));
  if (const auto* peak = std::get_if<PeakRate>(&scenario))
    text += fmt::format(" p99_ns={}", peak->p99.count());
  if (in_flight_of(scenario) > 1) text += fmt::format(" in_flight={}", in_flight_of(scenario));
  return text;
}

struct Line {
  std::string_view metric, statistic;
  Number value;
  std::string_view unit;
  Number lower, upper;
  std::string_view boundary;
  std::optional<Reason> reason;
};

class Table {
 public:
  Table(const Summary& s, std::string& text) : text_(text) {
    std::string settings;
    for (const Setting& setting : s.settings)
      settings += fmt::format("{}{}={}", settings.empty() ? "" : " ", setting.key, setting.value);
    for (const std::string& part : {s.model, s.spec, settings, s.host, text_of(s.scenario),
                                    std::string(to_string(s.provenance)), s.campaign})
      identity_ += cell(part) + ',';
  }
  void add(const Line& line) {
    text_ += identity_;
    for (const std::string& part :
         {cell(line.metric), cell(line.statistic), cell(line.value), cell(line.unit),
          cell(line.lower), cell(line.upper), cell(line.boundary)})
      text_ += part + ',';
    text_ += cell(line.reason) + "\r\n";
  }

 private:
  std::string& text_;
  std::string identity_;
};

// Where even p50 has no value, nothing was measured, and all else is missing for the same reason.
std::optional<Reason> reason_of_nothing(const LatencyFigures& latency) {
  if (latency.mean || latency.percentiles.empty()) return {};
  return latency.percentiles.front().reason;
}

void add_latency(Table& table, const LatencyFigures& latency) {
  const auto why = reason_of_nothing(latency);
  table.add({"latency", "mean", latency.mean, "ns", {}, {}, "", why});
  table.add({"latency", "stddev", latency.stddev, "ns", {}, {}, "", why});
  table.add({"latency", "min", latency.min, "ns", {}, {}, "", why});
  table.add({"latency", "max", latency.max, "ns", {}, {}, "", why});
  for (const PercentileFigure& figure : latency.percentiles)
    table.add({"latency",
               fmt::format("p{}", figure.p),
               figure.ns,
               "ns",
               {},
               figure.upper_ns,
               "",
               figure.reason});
}

void add_accuracy(Table& table, const AccuracyFigures& accuracy) {
  const auto& why = accuracy.reason;
  table.add({"rmse", "", accuracy.rmse, accuracy.unit, {}, {}, "", why});
  table.add({"rmse_naive", "", accuracy.rmse_naive, accuracy.unit, {}, {}, "", why});
  table.add({"skill", "", accuracy.skill, "", {}, {}, "", why});
  table.add(
      {"max_abs_error_vs_reference", "", accuracy.max_abs_error_vs_reference, "", {}, {}, "", why});
  table.add({"rmse_vs_reference", "", accuracy.rmse_vs_reference, accuracy.unit, {}, {}, "", why});
}

void add_case(const Summary& s, std::string& text) {
  Table table(s, text);
  table.add({"outcome", to_string(s.outcome.kind), {}, "", {}, {}, "", s.outcome.reason});
  table.add({"queries", "count", static_cast<double>(s.queries), "", {}, {}, "", {}});
  add_latency(table, s.latency_ns);
  table.add({"throughput",
             "mean",
             s.throughput_per_second,
             "1/s",
             {},
             {},
             "",
             reason_of_nothing(s.latency_ns)});
  table.add({"startup", "load", s.startup.load_ns, "ns", {}, {}, "", {}});
  table.add({"startup", "first_query", s.startup.first_query_ns, "ns", {}, {}, "", {}});
  table.add({"startup", "warm_up", s.startup.warm_up_ns, "ns", {}, {}, "", {}});
  table.add({"harness_overhead", "mean", s.harness_overhead_ns, "ns", {}, {}, "", {}});
  add_accuracy(table, s.accuracy);
  const UtilisationFigures& used = s.utilisation;
  table.add({"utilisation", "mean", used.percent, "%", used.low_percent, used.high_percent,
             used.definition, used.reason});
  table.add({"memory", "peak", s.memory.bytes, "B", {}, {}, s.memory.boundary, s.memory.reason});
  const PowerFigures& power = s.power;
  table.add({"power", "mean", power.watts, "W", power.low_watts, power.high_watts, power.boundary,
             power.reason});
  table.add({"power",
             "idle",
             power.idle_watts,
             "W",
             {},
             {},
             power.boundary,
             power.idle_watts ? std::optional<Reason>{} : power.reason});
  const EnergyFigures& energy = s.energy;
  table.add({"energy_per_query",
             "total",
             energy.joules_per_query,
             "J",
             {},
             {},
             energy.boundary,
             energy.reason});
  table.add({"energy_per_query",
             "dynamic",
             energy.dynamic_joules_per_query,
             "J",
             {},
             {},
             energy.boundary,
             energy.reason});
  table.add({"correctness", s.correctness.kind, {}, "", {}, {}, "", s.correctness.reason});
  if (s.trust.findings.empty()) table.add({"trust", s.trust.kind, {}, "", {}, {}, "", {}});
  for (const Finding& finding : s.trust.findings)
    table.add({"trust", finding.kind, {}, "", {}, {}, "", finding.reason});
}

}  // namespace

std::string as_csv(const std::vector<Summary>& summaries) {
  std::string text =
      "model,spec,settings,host,scenario,provenance,campaign,metric,statistic,value,unit,lower,"
      "upper,"
      "boundary_or_definition,reason\r\n";
  for (const Summary& summary : summaries) add_case(summary, text);
  return text;
}

}  // namespace steelyard::exchange

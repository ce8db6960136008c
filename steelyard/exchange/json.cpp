// SPDX-License-Identifier: Apache-2.0
// Summaries as the published JSON: key names and nesting are a contract (docs/design.md section 6).
// Thread-safe.
#include "steelyard/exchange/formats.h"
#include "steelyard/exchange/json_values.h"

namespace steelyard::exchange {
namespace {

using exchange::json_of;  // beside the overloads of this file

Json json_of(const Scenario& scenario) {
  Json json = {{"kind", kind_of(scenario)}};
  if (const auto* offline = std::get_if<Offline>(&scenario)) {
    json["batch"] = offline->batch;
    json["in_flight"] = offline->in_flight;
  } else if (rate_of(scenario) > 0) {
    json["rate_per_second"] = rate_of(scenario);
    json["in_flight"] = in_flight_of(scenario);
  } else if (const auto* peak = std::get_if<PeakRate>(&scenario)) {
    json["p99_ns"] = peak->p99.count();
    json["in_flight"] = peak->in_flight;
  }
  return json;
}

Json json_of(const Outcome& outcome) {
  const bool nothing_to_say = outcome.reason == Reason{};
  return {{"kind", to_string(outcome.kind)},
          {"reason", nothing_to_say ? Json(nullptr) : json_of(outcome.reason)},
          {"hint", outcome.hint.empty() ? Json(nullptr) : Json(outcome.hint)}};
}

Json json_of(const std::optional<IntervalFigure>& interval) {
  if (!interval) return nullptr;
  return {
      {"low", number(interval->low)}, {"high", number(interval->high)}, {"level", interval->level}};
}

Json json_of(const LatencyFigures& latency) {
  Json percentiles = Json::array();
  for (const PercentileFigure& figure : latency.percentiles)
    percentiles.push_back({{"p", figure.p},
                           {"ns", number(figure.ns)},
                           {"upper_ns", number(figure.upper_ns)},
                           {"reason", json_of(figure.reason)}});
  return {
      {"mean", number(latency.mean)},
      {"stddev", number(latency.stddev)},
      {"min", number(latency.min)},
      {"max", number(latency.max)},
      {"mean_ci", json_of(latency.mean_ci)},
      {"median_ci", json_of(latency.median_ci)},
      {"percentiles", percentiles},
      {"parts", latency.prepare_ns
                    ? Json{{"prepare",
                            {{"mean", *latency.prepare_ns}, {"definition", "work between ticks"}}}}
                    : Json::object()},
      {"curve", {{"ns", latency.curve_ns}, {"share", latency.curve_share}}}};
}

Json json_of(const RateFigures& rate) {
  return {{"offered_per_second", number(rate.offered)},
          {"peak_per_second", number(rate.peak)},
          {"peak_ci", json_of(rate.peak_ci)},
          {"send_delay_ns",
           {{"mean", number(rate.send_delay_mean_ns)}, {"max", number(rate.send_delay_max_ns)}}},
          {"late_percent", number(rate.late_percent)},
          {"reason", json_of(rate.reason)}};
}

Json json_of(const AccuracyFigures& accuracy) {
  return {{"rmse", number(accuracy.rmse)},
          {"rmse_naive", number(accuracy.rmse_naive)},
          {"skill", number(accuracy.skill)},
          {"unit", accuracy.unit},
          {"max_abs_error_vs_reference", number(accuracy.max_abs_error_vs_reference)},
          {"rmse_vs_reference", number(accuracy.rmse_vs_reference)},
          {"reason", json_of(accuracy.reason)}};
}

Json json_of(const UtilisationFigures& utilisation) {
  return {{"percent", number(utilisation.percent)},
          {"low_percent", number(utilisation.low_percent)},
          {"high_percent", number(utilisation.high_percent)},
          {"definition", utilisation.definition},
          {"reason", json_of(utilisation.reason)}};
}

Json json_of(const MemoryFigures& memory) {
  return {{"bytes", number(memory.bytes)},
          {"boundary", memory.boundary},
          {"reason", json_of(memory.reason)}};
}

Json json_of(const std::optional<Alignment>& alignment) {
  if (!alignment) return nullptr;
  return {{"method", alignment->method},
          {"shift_seconds", alignment->shift_seconds},
          {"drift_ppm", alignment->drift_ppm},
          {"quality", alignment->quality}};
}

Json json_of(const PowerFigures& power) {
  return {{"watts", number(power.watts)},
          {"idle_watts", number(power.idle_watts)},
          {"context_idle_watts", number(power.context_idle_watts)},
          {"low_watts", number(power.low_watts)},
          {"high_watts", number(power.high_watts)},
          {"boundary", power.boundary},
          {"definition", power.definition},
          {"provenance", to_string(power.provenance)},
          {"reason", json_of(power.reason)}};
}

Json json_of(const EnergyFigures& energy) {
  return {{"joules_per_query", number(energy.joules_per_query)},
          {"dynamic_joules_per_query", number(energy.dynamic_joules_per_query)},
          {"low_joules_per_query", number(energy.low_joules_per_query)},
          {"high_joules_per_query", number(energy.high_joules_per_query)},
          {"low_dynamic_joules_per_query", number(energy.low_dynamic_joules_per_query)},
          {"high_dynamic_joules_per_query", number(energy.high_dynamic_joules_per_query)},
          {"seconds_per_query", number(energy.seconds_per_query)},
          {"rate_per_second", number(energy.rate_per_second)},
          {"joules_per_day", number(energy.joules_per_day)},
          {"updates", number(energy.updates)},
          {"method", energy.method},
          {"boundary", energy.boundary},
          {"definition", energy.definition},
          {"provenance", to_string(energy.provenance)},
          {"alignment", json_of(energy.alignment)},
          {"dynamic_reason", json_of(energy.dynamic_reason)},
          {"reason", json_of(energy.reason)}};
}

Json json_of(const TrustFigures& trust) {
  Json findings = Json::array();
  for (const Finding& finding : trust.findings)
    findings.push_back({{"kind", finding.kind}, {"reason", json_of(finding.reason)}});
  return {{"kind", trust.kind}, {"findings", findings}};
}

Json json_of(const HostState& host) {
  return {{"clock_mhz", number(host.clock_mhz)},
          {"temperature_c", number(host.temperature_c)},
          {"load", number(host.load)}};
}

Json json_of(const Manifest& manifest) {
  return {{"tool_version", manifest.tool_version},
          {"command", manifest.command},
          {"started_at", manifest.started_at},
          {"host", manifest.host},
          {"kernel", manifest.kernel},
          {"cpu", manifest.cpu},
          {"cores", manifest.cores},
          {"governor", manifest.governor},
          {"smt", manifest.smt},
          {"boost", manifest.boost},
          {"before", json_of(manifest.before)},
          {"build", manifest.build}};
}

void add_identity(Json& json, const Summary& s) {
  json["model"] = s.model;
  json["model_sha256"] = s.model_sha256;
  json["artefact"] = {{"kind", s.artefact.kind},
                      {"sha256", s.artefact.sha256},
                      {"reference_sha256", s.artefact.reference_sha256}};
  json["spec"] = s.spec;
  json["host"] = s.host;
  json["backend"] = s.backend;
  json["device"] = s.device.id;
  json["device_name"] = s.device.name;
  json["runtime"] = s.device.runtime;
  json["physical_id"] = s.device.physical_id;
  json["stands_for"] = nullptr;
  if (const auto& real = s.device.stands_for)
    json["stands_for"] = {{"device", real->device}, {"runtime", real->runtime}};
  json["precision"] = to_string(s.precision);
  json["obtained_precision"] = to_string(s.obtained);
  json["remarks"] = Json::array();
  for (const Reason& remark : s.remarks) json["remarks"].push_back(json_of(remark));
  json["settings"] = Json::object();
  for (const Setting& setting : s.settings) json["settings"][setting.key] = setting.value;
  json["inputs"] = Json::array();
  for (const GivenInput& input : s.inputs)
    json["inputs"].push_back(
        {{"name", input.name}, {"shape", input.shape}, {"sha256", input.sha256}});
  json["scenario"] = json_of(s.scenario);
  json["provenance"] = to_string(s.provenance);
  json["effort"] = s.effort;
  json["campaign"] = s.campaign;
  json["case"] = s.case_id;
  json["truth"] = s.truth;
}

Json json_of(const Summary& s) {
  Json json;
  add_identity(json, s);
  json["outcome"] = json_of(s.outcome);
  json["queries"] = s.queries;
  json["windows"] = s.windows;
  json["workers"] = s.workers;
  json["measured_seconds"] = number(s.measured_seconds);
  json["latency_ns"] = json_of(s.latency_ns);
  for (const TimePart& part : s.parts)
    json["latency_ns"]["parts"][part.name] = {{"mean", number(part.mean_ns)},
                                              {"definition", part.definition}};
  json["throughput_per_second"] = number(s.throughput_per_second);
  json["rate"] = json_of(s.rate_per_second);
  json["startup"] = {{"load_ns", number(s.startup.load_ns)},
                     {"first_query_ns", number(s.startup.first_query_ns)},
                     {"warm_up_ns", number(s.startup.warm_up_ns)}};
  json["harness_overhead_ns"] = number(s.harness_overhead_ns);
  json["accuracy"] = json_of(s.accuracy);
  json["utilisation"] = json_of(s.utilisation);
  json["memory"] = json_of(s.memory);
  json["power"] = json_of(s.power);
  json["energy"] = json_of(s.energy);
  json["trust"] = json_of(s.trust);
  json["correctness"] = {{"kind", s.correctness.kind}, {"reason", json_of(s.correctness.reason)}};
  json["manifest"] = json_of(s.manifest);
  json["manifest"]["after"] = json_of(s.after);
  return json;
}

Json json_of(const MetricComparison& m) {
  return {{"metric", m.metric},
          {"a", number(m.a)},
          {"b", number(m.b)},
          {"ratio", number(m.ratio)},
          {"low", number(m.low)},
          {"high", number(m.high)},
          {"level", m.level},
          {"verdict", m.verdict},
          {"gate_percent", number(m.gate_percent)},
          {"gate", m.gate},
          {"longer", number(m.longer)},
          {"reason", json_of(m.reason)}};
}

Json json_of(const CaseComparison& c) {
  Json json = {{"model_a", c.model_a},
               {"model_b", c.model_b},
               {"spec", c.spec},
               {"host", c.host},
               {"precision", to_string(c.precision)},
               {"settings", Json::object()},
               {"scenario", json_of(c.scenario)},
               {"provenance", to_string(c.provenance)},
               {"paired", c.paired},
               {"differing", c.differing},
               {"outcome_a", json_of(c.outcome_a)},
               {"outcome_b", c.model_b.empty() ? Json(nullptr) : json_of(c.outcome_b)},
               {"lost", c.lost},
               {"correctness_b", c.correctness_b},
               {"trust_a", c.trust_a},
               {"trust_b", c.trust_b},
               {"metrics", Json::array()}};
  for (const Setting& setting : c.settings) json["settings"][setting.key] = setting.value;
  for (const MetricComparison& m : c.metrics) json["metrics"].push_back(json_of(m));
  return json;
}

std::string dump(const Json& json) {
  // Vendor text is quoted as it came and may not be UTF-8.
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::string as_json(const Comparison& comparison) {
  Json json = {{"schema_version", 1},
               {"a", comparison.name_a},
               {"b", comparison.name_b},
               {"cases", Json::array()}};
  for (const CaseComparison& c : comparison.cases) json["cases"].push_back(json_of(c));
  return dump(json) + "\n";
}

std::string as_json(const std::vector<Summary>& summaries) {
  std::string text = "{\"schema_version\":1,\"cases\":[";
  const char* between = "\n";
  for (const Summary& summary : summaries) {
    text += between;
    text += dump(json_of(summary));
    between = ",\n";
  }
  return text + (summaries.empty() ? "]}\n" : "\n]}\n");
}

}  // namespace steelyard::exchange

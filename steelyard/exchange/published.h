// SPDX-License-Identifier: Apache-2.0
// The published layout of results, comparisons and advice, on top of the one list of fields
// (record/fields.h): only what differs from it stands here. A visitor V is called with each name
// and value; json.cpp writes with it, schema.cpp describes. Plain data.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "steelyard/record/advice.h"
#include "steelyard/record/comparison.h"
#include "steelyard/record/fields.h"

namespace steelyard::exchange {

// An object whose keys come from the data.
template <class T>
using Keyed = std::vector<std::pair<std::string, T>>;

// A text that is one of a few words.
struct Word {
  std::string value;
  std::span<const char* const> among;
};
inline constexpr const char* kTrusts[] = {"STABLE", "NOISY", "INSUFFICIENT", "HARNESS-BOUND",
                                          "THROTTLED"};
inline constexpr const char* kCorrectnesses[] = {"OK", "WRONG", "VARIANT", "UNCHECKED"};
inline constexpr const char* kVerdicts[] = {"BETTER", "WORSE", "SAME", "AMBIGUOUS"};

// Structs that the records do not have in this form.
struct PartTold {
  double mean = 0;
  std::string definition;
};
struct LatencyTold {
  LatencyFigures figures;
  std::vector<TimePart> parts;
};
struct CurveTold {
  std::vector<double> ns, share;
};
struct DelayTold {
  std::optional<double> mean, max;
};
struct ManifestTold {
  Manifest manifest;
  HostState after;
};
struct NamedCrossing {
  Crossing crossing;
  std::string below, above;
};
struct NamedRange {
  RateRange range;
  std::string winner;
};
struct NamedSensitivity {
  Sensitivity sensitivity;
  std::string winner, other;
};
struct NamedRelaxation {
  std::string system;
  std::vector<Check> checks;
};

inline Keyed<std::string> keyed(const std::vector<Setting>& settings) {
  Keyed<std::string> out;
  for (const Setting& setting : settings) out.emplace_back(setting.key, setting.value);
  return out;
}
inline std::optional<std::string> unless_empty(const std::string& text) {
  return text.empty() ? std::optional<std::string>() : text;
}

// Kept as a table, several fields a line.
// clang-format off
template <class V, Is<Reason> T>
void published(V& v, T& x) {
  Keyed<std::optional<double>> values;
  for (const Quantity& quantity : x.values) values.emplace_back(quantity.name, quantity.value);
  v("code", x.code); v("values", values); v("quoted", x.quoted);
}
template <class V, Is<Outcome> T>
void published(V& v, T& x) {
  v("kind", x.kind); v("reason", x.reason == Reason{} ? std::optional<Reason>() : x.reason);
  v("hint", unless_empty(x.hint));
}
template <class V, Is<Artefact> T>
void published(V& v, T& x) {
  v("kind", x.kind); v("sha256", x.sha256); v("reference_sha256", x.reference_sha256);
}
template <class V, Is<GivenInput> T>
void published(V& v, T& x) { v("name", x.name); v("shape", x.shape); v("sha256", x.sha256); }
template <class V, Is<PartTold> T>
void published(V& v, T& x) { v("mean", x.mean); v("definition", x.definition); }
template <class V, Is<CurveTold> T>
void published(V& v, T& x) { v("ns", x.ns); v("share", x.share); }
template <class V, Is<LatencyTold> T>
void published(V& v, T& x) {
  Keyed<PartTold> parts;
  if (x.figures.prepare_ns) parts.emplace_back("prepare", PartTold{*x.figures.prepare_ns, "work between ticks"});
  for (const TimePart& part : x.parts) parts.emplace_back(part.name, PartTold{part.mean_ns, part.definition});
  v("mean", x.figures.mean); v("stddev", x.figures.stddev); v("min", x.figures.min); v("max", x.figures.max);
  v("mean_ci", x.figures.mean_ci); v("median_ci", x.figures.median_ci); v("percentiles", x.figures.percentiles);
  v("parts", parts); v("curve", CurveTold{x.figures.curve_ns, x.figures.curve_share});
}
template <class V, Is<DelayTold> T>
void published(V& v, T& x) { v("mean", x.mean); v("max", x.max); }
template <class V, Is<RateFigures> T>
void published(V& v, T& x) {
  v("offered_per_second", x.offered); v("peak_per_second", x.peak); v("peak_ci", x.peak_ci);
  v("send_delay_ns", DelayTold{x.send_delay_mean_ns, x.send_delay_max_ns}); v("late_percent", x.late_percent);
  v("reason", x.reason);
}
template <class V, Is<Finding> T>
void published(V& v, T& x) { v("kind", Word{x.kind, kTrusts}); v("reason", x.reason); }
template <class V, Is<TrustFigures> T>
void published(V& v, T& x) { v("kind", Word{x.kind, kTrusts}); v("findings", x.findings); }
template <class V, Is<CorrectnessFigures> T>
void published(V& v, T& x) { v("kind", Word{x.kind, kCorrectnesses}); v("reason", x.reason); }
template <class V, Is<ManifestTold> T>
void published(V& v, T& x) {
  auto& m = x.manifest;
  v("tool_version", m.tool_version); v("command", m.command); v("started_at", m.started_at); v("host", m.host);
  v("kernel", m.kernel); v("cpu", m.cpu); v("cores", m.cores); v("governor", m.governor); v("smt", m.smt);
  v("boost", m.boost); v("before", m.before); v("build", m.build); v("after", x.after);
}
template <class V, Is<Summary> T>
void published(V& v, T& x) {
  v("model", x.model); v("model_sha256", x.model_sha256); v("artefact", x.artefact); v("spec", x.spec);
  v("host", x.host); v("backend", x.backend); v("device", x.device.id); v("device_name", x.device.name);
  v("runtime", x.device.runtime); v("physical_id", x.device.physical_id); v("stands_for", x.device.stands_for);
  v("precision", x.precision); v("obtained_precision", x.obtained); v("remarks", x.remarks);
  v("settings", keyed(x.settings)); v("inputs", x.inputs); v("scenario", x.scenario); v("provenance", x.provenance);
  v("effort", x.effort);
  v("campaign", x.campaign); v("case", x.case_id); v("truth", x.truth); v("outcome", x.outcome);
  v("queries", x.queries); v("windows", x.windows); v("workers", x.workers);
  v("measured_seconds", x.measured_seconds); v("latency_ns", LatencyTold{x.latency_ns, x.parts});
  v("throughput_per_second", x.throughput_per_second); v("rate", x.rate_per_second); v("startup", x.startup);
  v("harness_overhead_ns", x.harness_overhead_ns); v("accuracy", x.accuracy); v("utilisation", x.utilisation);
  v("memory", x.memory); v("power", x.power); v("energy", x.energy); v("trust", x.trust);
  v("correctness", x.correctness); v("timeline", x.timeline); v("forecast", x.forecast);
  v("manifest", ManifestTold{x.manifest, x.after});
}

template <class V, Is<MetricComparison> T>
void published(V& v, T& x) {
  v("metric", x.metric); v("a", x.a); v("b", x.b); v("ratio", x.ratio); v("low", x.low); v("high", x.high);
  v("level", x.level); v("verdict", Word{x.verdict, kVerdicts}); v("gate_percent", x.gate_percent);
  v("gate", x.gate); v("longer", x.longer); v("reason", x.reason);
}
template <class V, Is<CaseComparison> T>
void published(V& v, T& x) {
  v("model_a", x.model_a); v("model_b", x.model_b); v("spec", x.spec); v("host", x.host);
  v("precision", x.precision); v("settings", keyed(x.settings)); v("scenario", x.scenario);
  v("provenance", x.provenance); v("paired", x.paired); v("differing", x.differing); v("outcome_a", x.outcome_a);
  v("outcome_b", x.model_b.empty() ? std::optional<Outcome>() : x.outcome_b); v("lost", x.lost);
  v("correctness_b", x.correctness_b); v("trust_a", x.trust_a); v("trust_b", x.trust_b); v("metrics", x.metrics);
}

template <class V, Is<Estimate> T>
void published(V& v, T& x) { v("value", x.value); v("low", x.low); v("high", x.high); }
template <class V, Is<LatencyLimit> T>
void published(V& v, T& x) { v("p", x.percentile); v("ns", x.ns); }
template <class V, Is<Question> T>
void published(V& v, T& x) {
  v("latency", x.latency); v("rate", x.rate); v("max_watts", x.max_watts);
  v("max_rmse_loss_percent", x.max_rmse_loss); v("budget", x.budget); v("price_per_kwh", x.price_per_kwh);
  v("years", x.years); v("currency", x.currency); v("boundary", x.boundary); v("measured_only", x.measured_only);
}
template <class V, Is<Check> T>
void published(V& v, T& x) {
  v("metric", x.metric); v("unit", x.unit); v("limit", x.limit); v("value", x.value); v("verdict", x.verdict);
  v("reason", x.reason);
}
template <class V, Is<Candidate> T>
void published(V& v, T& x) {
  v("name", x.name); v("spec", x.spec); v("host", x.host); v("case", x.case_id); v("precision", x.precision);
  v("provenance", x.provenance); v("trust", Word{x.trust, kTrusts}); v("verdict", x.verdict);
  v("first_place", x.first_place); v("last_place", x.last_place); v("on_front", x.on_front);
  v("percentile", x.percentile); v("latency_load", x.load); v("latency_ns", x.latency_ns); v("capacity_per_second", x.capacity_per_second);
  v("idle_watts", x.idle_watts); v("busy_watts", x.busy_watts); v("marginal_joules", x.marginal_joules);
  v("watts", x.watts); v("joules_per_query", x.joules_per_query); v("kwh_per_day", x.kwh_per_day);
  v("power_reason", x.power_reason); v("price", x.price); v("cost_per_day", x.cost_per_day);
  v("price_reason", x.price_reason); v("rmse", x.rmse); v("rmse_loss_percent", x.rmse_loss_percent);
  v("checks", x.checks);
}
template <class V, Is<NamedCrossing> T>
void published(V& v, T& x) {
  v("by", x.crossing.by); v("below", x.below); v("above", x.above); v("rate_per_second", x.crossing.rate);
}
template <class V, Is<NamedRange> T>
void published(V& v, T& x) {
  v("by", x.range.by); v("winner", x.winner); v("from", x.range.from); v("to", x.range.to);
  v("ends", std::string(x.range.ends_at_capacity ? "capacity" : "crossing"));
}
template <class V, Is<NamedSensitivity> T>
void published(V& v, T& x) {
  v("what", x.sensitivity.what); v("winner", x.winner); v("other", x.other); v("now", x.sensitivity.now);
  v("at", x.sensitivity.at);
}
template <class V, Is<NamedRelaxation> T>
void published(V& v, T& x) { v("system", x.system); v("checks", x.checks); }
template <class V, Is<Need> T>
void published(V& v, T& x) { v("why", x.why); v("name", x.name); v("command", x.command); }
template <class V, Is<Assumed> T>
void published(V& v, T& x) {
  v("what", x.what); v("item", x.item); v("value", x.value); v("unit", x.unit); v("as_of", x.as_of);
  v("source", x.source);
}
// clang-format on

template <class V, Is<Advice> T>
void published(V& v, T& x) {
  const auto name = [&](std::size_t i) { return x.candidates[i].name; };
  std::vector<NamedCrossing> crossings;
  for (const Crossing& c : x.crossings) crossings.push_back({c, name(c.below), name(c.above)});
  std::vector<NamedRange> ranges;
  for (const RateRange& r : x.ranges) ranges.push_back({r, name(r.winner)});
  std::vector<NamedSensitivity> sensitivities;
  for (const Sensitivity& s : x.sensitivities)
    sensitivities.push_back({s, name(s.winner), name(s.other)});
  std::vector<NamedRelaxation> relaxations;
  for (const Relaxation& r : x.relaxations) relaxations.push_back({name(r.candidate), r.checks});
  v("model", x.model);
  v("question", x.question);
  v("by", x.by);
  v("expected", x.expected);
  v("systems", x.candidates);
  v("crossings", crossings);
  v("ranges", ranges);
  v("sensitivities", sensitivities);
  v("relaxations", relaxations);
  v("needs", x.needs);
  v("assumed", x.assumed);
}

}  // namespace steelyard::exchange

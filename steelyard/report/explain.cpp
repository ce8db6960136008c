// SPDX-License-Identifier: Apache-2.0
// Codes of the record as words. Pure.
#include "steelyard/report/explain.h"

#include <algorithm>
#include <cctype>

#include "steelyard/report/format.h"
#include "steelyard/report/words_reasons.h"
#include "steelyard/report/words_terms.h"

namespace steelyard {
namespace {

// No default: a new code without words is a compiler warning.
const Phrase& phrase_of(ReasonCode code) {
  switch (code) {
    case ReasonCode::none:
      return kReasons.none;
    case ReasonCode::too_few_queries:
      return kReasons.too_few_queries;
    case ReasonCode::no_sensor:
      return kReasons.no_sensor;
    case ReasonCode::too_few_updates:
      return kReasons.too_few_updates;
    case ReasonCode::sensor_lost:
      return kReasons.sensor_lost;
    case ReasonCode::sensor_lags:
      return kReasons.sensor_lags;
    case ReasonCode::sensor_phase:
      return kReasons.sensor_phase;
    case ReasonCode::unsteady_idle:
      return kReasons.unsteady_idle;
    case ReasonCode::misaligned:
      return kReasons.misaligned;
    case ReasonCode::outside_file:
      return kReasons.outside_file;
    case ReasonCode::not_in_file:
      return kReasons.not_in_file;
    case ReasonCode::not_reported:
      return kReasons.not_reported;
    case ReasonCode::no_targets:
      return kReasons.no_targets;
    case ReasonCode::incomplete_pass:
      return kReasons.incomplete_pass;
    case ReasonCode::no_reference:
      return kReasons.no_reference;
    case ReasonCode::outputs_meaningless:
      return kReasons.outputs_meaningless;
    case ReasonCode::not_measured:
      return kReasons.not_measured;
    case ReasonCode::not_built:
      return kReasons.not_built;
    case ReasonCode::no_runtime:
      return kReasons.no_runtime;
    case ReasonCode::no_device:
      return kReasons.no_device;
    case ReasonCode::unsupported:
      return kReasons.unsupported;
    case ReasonCode::error:
      return kReasons.error;
    case ReasonCode::crashed:
      return kReasons.crashed;
    case ReasonCode::exited:
      return kReasons.exited;
    case ReasonCode::timed_out:
      return kReasons.timed_out;
    case ReasonCode::interrupted:
      return kReasons.interrupted;
    case ReasonCode::harness_overhead:
      return kReasons.harness_overhead;
    case ReasonCode::drifting:
      return kReasons.drifting;
    case ReasonCode::modelled:
      return kReasons.modelled;
    case ReasonCode::outputs_differ:
      return kReasons.outputs_differ;
    case ReasonCode::bimodal:
      return kReasons.bimodal;
    case ReasonCode::other_load:
      return kReasons.other_load;
    case ReasonCode::correlated:
      return kReasons.correlated;
    case ReasonCode::too_few_blocks:
      return kReasons.too_few_blocks;
    case ReasonCode::nodes_on_cpu:
      return kReasons.nodes_on_cpu;
    case ReasonCode::sent_late:
      return kReasons.sent_late;
    case ReasonCode::overloaded:
      return kReasons.overloaded;
    case ReasonCode::no_rate_holds:
      return kReasons.no_rate_holds;
    case ReasonCode::imprecise:
      return kReasons.imprecise;
    case ReasonCode::over_memory:
      return kReasons.over_memory;
    case ReasonCode::throttled:
      return kReasons.throttled;
    case ReasonCode::another_graph:
      return kReasons.another_graph;
  }
  return kReasons.none;
}

// By name; a reason that names its numbers otherwise still has them in the documented order.
std::string value(const Reason& reason, std::string_view name, std::size_t position) {
  const auto named = std::find_if(reason.values.begin(), reason.values.end(),
                                  [&](const Quantity& q) { return q.name == name; });
  const Quantity* found = named != reason.values.end()      ? &*named
                          : position < reason.values.size() ? &reason.values[position]
                                                            : nullptr;
  if (found == nullptr) return "?";
  const bool whole = name == "n" || name == "needed" || name == "seen" || name == "windows" ||
                     name == "signal" || name == "status";
  return whole ? decimal(found->value, 0) : significant(found->value, 3);
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

// Vendor text on one line, without control characters, bounded: it may be a crash's last words.
std::string tidy(std::string_view quoted) {
  constexpr std::size_t kLongest = 300;
  std::string out;
  for (const char c : quoted) {
    const bool control = static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
    if (!control) out += c;
    if (control && !out.empty() && out.back() != ' ') out += ' ';
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  if (out.size() > kLongest) {
    std::size_t cut = kLongest;
    while (cut > 0 && (static_cast<unsigned char>(out[cut]) & 0xC0) == 0x80) --cut;
    out.resize(cut);
    out += " …";
  }
  return out;
}

// What a runtime was asked for: a figure of ours has a name in both languages.
std::string asked_name(const std::string& quoted, Language language) {
  const struct {
    std::string_view key;
    const Phrase& phrase;
  } known[] = {{"utilisation", kTerms.use},
               {"memory", kTerms.memory},
               {"power", kTerms.power},
               {"", kReasons.this_value}};
  for (const auto& [key, phrase] : known)
    if (quoted == key) return fill(phrase, language);
  return tidy(quoted);
}

}  // namespace

std::string clause(const Reason& reason, Language language) {
  const bool asked = reason.code == ReasonCode::not_reported;
  const auto v = [&](std::string_view name, std::size_t at) { return value(reason, name, at); };
  const std::string words = fill(phrase_of(reason.code), language,
                                 {{"n", v("n", 0)},
                                  {"needed", v("needed", 1)},
                                  {"seen", v("seen", 0)},
                                  {"windows", v("windows", 1)},
                                  {"signal", v("signal", 0)},
                                  {"status", v("status", 0)},
                                  {"seconds", v("seconds", 0)},
                                  {"percent", v("percent", 0)},
                                  {"ratio", v("ratio", 0)},
                                  {"error", v("error", 0)},
                                  {"tolerance", v("tolerance", 1)},
                                  {"quality", v("quality", 0)},
                                  {"needed_quality", v("needed_quality", 1)},
                                  {"offered", v("offered", 0)},
                                  {"answered", v("answered", 1)},
                                  {"ms", v("ms", 0)},
                                  {"times", v("times", 0)},
                                  {"target", v("target", 1)},
                                  {"megabytes", v("megabytes", 0)},
                                  {"rmse", v("rmse", 0)},
                                  {"original", v("original", 1)},
                                  {"asked", asked ? asked_name(reason.quoted, language) : ""}});
  const std::string quoted = asked ? "" : tidy(reason.quoted);
  if (quoted.empty()) return words;
  return fill(kReasons.with_quote, language, {{"clause", words}, {"quoted", quoted}});
}

std::string explain(const Reason& reason, Language language) {
  std::string sentence = clause(reason, language);
  if (language == Language::en)
    sentence[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(sentence[0])));
  const char last = sentence.back();
  if (last != '.' && last != '!' && last != '?') sentence += '.';
  return sentence;
}

std::string name_of(Provenance provenance, Language language) {
  switch (provenance) {
    case Provenance::measured:
      return fill(kTerms.measured, language);
    case Provenance::simulated:
      return fill(kTerms.simulated, language);
    case Provenance::imported:
      return fill(kTerms.imported, language);
    case Provenance::entered:
      return fill(kTerms.entered, language);
  }
  return fill(kTerms.entered, language);
}

std::string name_of(Outcome::Kind kind, Language language) {
  switch (kind) {
    case Outcome::Completed:
      return fill(kTerms.completed, language);
    case Outcome::Skipped:
      return fill(kTerms.skipped, language);
    case Outcome::Failed:
      return fill(kTerms.failed, language);
  }
  return fill(kTerms.failed, language);
}

std::string name_of(Availability::Kind kind, Language language) {
  switch (kind) {
    case Availability::Ready:
      return fill(kTerms.ready, language);
    case Availability::NotBuilt:
      return fill(kTerms.not_built, language);
    case Availability::NoRuntime:
      return fill(kTerms.no_runtime, language);
    case Availability::NoDevice:
      return fill(kTerms.no_device, language);
  }
  return fill(kTerms.no_device, language);
}

std::string name_of(const Scenario& scenario, Language language) {
  if (const auto* offline = std::get_if<Offline>(&scenario)) {
    return fill(
        kTerms.offline_load, language,
        {{"batch", std::to_string(offline->batch)}, {"depth", std::to_string(offline->in_flight)}});
  }
  const std::string depth = std::to_string(in_flight_of(scenario));
  const bool deep = in_flight_of(scenario) > 1;
  const std::string rate = per_second(rate_of(scenario));
  if (std::holds_alternative<Server>(scenario))
    return fill(deep ? kTerms.server_deep : kTerms.server_load, language,
                {{"rate", rate}, {"depth", depth}});
  if (std::holds_alternative<FixedRate>(scenario))
    return fill(deep ? kTerms.fixed_deep : kTerms.fixed_load, language,
                {{"rate", rate}, {"depth", depth}});
  if (const auto* peak = std::get_if<PeakRate>(&scenario))
    return fill(deep ? kTerms.peak_deep : kTerms.peak_load, language,
                {{"limit", duration(static_cast<double>(peak->p99.count()))}, {"depth", depth}});
  if (std::holds_alternative<Streaming>(scenario)) return fill(kTerms.streaming_load, language);
  return fill(kTerms.single_stream, language);
}

std::string trust_name(std::string_view kind, Language language) {
  if (kind == "STABLE") return fill(kTerms.stable, language);
  if (kind == "NOISY") return fill(kTerms.noisy, language);
  if (kind == "THROTTLED") return fill(kTerms.throttled, language);
  if (kind == "INSUFFICIENT") return fill(kTerms.insufficient, language);
  if (kind == "HARNESS-BOUND") return fill(kTerms.harness_bound, language);
  return std::string(kind);
}

std::string correctness_name(std::string_view kind, Language language) {
  if (kind == "OK") return fill(kTerms.outputs_agree, language);
  if (kind == "WRONG") return fill(kTerms.outputs_wrong, language);
  if (kind == "VARIANT") return fill(kTerms.outputs_variant, language);
  return fill(kTerms.outputs_unchecked, language);
}

std::string level_name(std::string_view level, Language language) {
  if (level == "workers") return fill(kTerms.level_workers, language);
  if (level == "blocks") return fill(kTerms.level_blocks, language);
  return fill(kTerms.level_queries, language);
}

std::string boundary_name(std::string_view boundary, Language language) {
  const struct {
    std::string_view name;
    const Phrase& phrase;
  } known[] = {{"process", kTerms.at_process}, {"core", kTerms.at_core},
               {"chip", kTerms.at_chip},       {"module", kTerms.at_module},
               {"board", kTerms.at_board},     {"system", kTerms.at_system},
               {"wall", kTerms.at_wall},       {"", kTerms.at_unknown}};
  for (const auto& [name, phrase] : known)
    if (boundary == name) return fill(phrase, language);
  return tidy(boundary);
}

std::string definition_name(std::string_view definition, Language language) {
  if (definition.empty()) return fill(kTerms.use_unknown, language);
  const std::string text = lower(definition);
  const auto says = [&](std::string_view word) { return text.find(word) != std::string::npos; };
  if (says("cpu time of the measuring process")) return fill(kTerms.use_cpu, language);
  if (says("sm activity")) return fill(kTerms.use_sm, language);
  if (says("pipeline occupancy")) return fill(kTerms.use_npu, language);
  if (says("one or more kernels")) return fill(kTerms.use_kernel, language);
  return tidy(definition);
}

}  // namespace steelyard

// SPDX-License-Identifier: Apache-2.0
// Names of the record's enumerators, as they stand in JSON, and the identity of a case.
#include "steelyard/record/record.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <utility>

#include "steelyard/base/hash.h"
#include "steelyard/record/advice.h"

namespace steelyard {
namespace {

template <class E, std::size_t N>
using Names = std::array<std::pair<E, std::string_view>, N>;

template <class E, std::size_t N>
std::string_view name_of(const Names<E, N>& names, E value) {
  for (const auto& [candidate, name] : names)
    if (candidate == value) return name;
  return "?";
}

template <class E, std::size_t N>
std::optional<E> value_of(const Names<E, N>& names, std::string_view text) {
  for (const auto& [value, name] : names)
    if (name == text) return value;
  return std::nullopt;
}

constexpr Names<Provenance, 4> kProvenances{{{Provenance::measured, "measured"},
                                             {Provenance::simulated, "simulated"},
                                             {Provenance::imported, "imported"},
                                             {Provenance::entered, "entered"}}};
constexpr Names<Outcome::Kind, 3> kOutcomes{{{Outcome::Completed, "Completed"},
                                             {Outcome::Skipped, "Skipped"},
                                             {Outcome::Failed, "Failed"}}};
constexpr Names<Availability::Kind, 4> kAvailabilities{{{Availability::Ready, "Ready"},
                                                        {Availability::NotBuilt, "NotBuilt"},
                                                        {Availability::NoRuntime, "NoRuntime"},
                                                        {Availability::NoDevice, "NoDevice"}}};
constexpr Names<Normalise, 3> kNormalises{
    {{Normalise::window, "window"}, {Normalise::minmax, "minmax"}, {Normalise::zscore, "zscore"}}};
constexpr Names<Phase, 7> kPhases{{{Phase::idle, "idle"},
                                   {Phase::warm_up, "warm_up"},
                                   {Phase::measure, "measure"},
                                   {Phase::context, "context"},
                                   {Phase::load, "load"},
                                   {Phase::rest, "rest"},
                                   {Phase::mark, "mark"}}};
constexpr Names<ReasonCode, 42> kReasons{{{ReasonCode::none, "none"},
                                          {ReasonCode::too_few_queries, "too_few_queries"},
                                          {ReasonCode::no_sensor, "no_sensor"},
                                          {ReasonCode::too_few_updates, "too_few_updates"},
                                          {ReasonCode::sensor_lost, "sensor_lost"},
                                          {ReasonCode::sensor_lags, "sensor_lags"},
                                          {ReasonCode::sensor_phase, "sensor_phase"},
                                          {ReasonCode::unsteady_idle, "unsteady_idle"},
                                          {ReasonCode::misaligned, "misaligned"},
                                          {ReasonCode::outside_file, "outside_file"},
                                          {ReasonCode::not_reported, "not_reported"},
                                          {ReasonCode::not_in_file, "not_in_file"},
                                          {ReasonCode::no_targets, "no_targets"},
                                          {ReasonCode::incomplete_pass, "incomplete_pass"},
                                          {ReasonCode::no_reference, "no_reference"},
                                          {ReasonCode::outputs_meaningless, "outputs_meaningless"},
                                          {ReasonCode::not_measured, "not_measured"},
                                          {ReasonCode::not_built, "not_built"},
                                          {ReasonCode::no_runtime, "no_runtime"},
                                          {ReasonCode::no_device, "no_device"},
                                          {ReasonCode::unsupported, "unsupported"},
                                          {ReasonCode::error, "error"},
                                          {ReasonCode::crashed, "crashed"},
                                          {ReasonCode::exited, "exited"},
                                          {ReasonCode::timed_out, "timed_out"},
                                          {ReasonCode::interrupted, "interrupted"},
                                          {ReasonCode::harness_overhead, "harness_overhead"},
                                          {ReasonCode::drifting, "drifting"},
                                          {ReasonCode::modelled, "modelled"},
                                          {ReasonCode::outputs_differ, "outputs_differ"},
                                          {ReasonCode::bimodal, "bimodal"},
                                          {ReasonCode::other_load, "other_load"},
                                          {ReasonCode::correlated, "correlated"},
                                          {ReasonCode::too_few_blocks, "too_few_blocks"},
                                          {ReasonCode::nodes_on_cpu, "nodes_on_cpu"},
                                          {ReasonCode::sent_late, "sent_late"},
                                          {ReasonCode::overloaded, "overloaded"},
                                          {ReasonCode::no_rate_holds, "no_rate_holds"},
                                          {ReasonCode::imprecise, "imprecise"},
                                          {ReasonCode::over_memory, "over_memory"},
                                          {ReasonCode::throttled, "throttled"},
                                          {ReasonCode::another_graph, "another_graph"}}};

// Parts of an identity are separated by a character that none of them contains.
void add(std::string& text, std::string_view part) {
  text += part;
  text += '\n';
}

}  // namespace

std::string_view to_string(Provenance value) { return name_of(kProvenances, value); }
std::optional<Provenance> provenance_from(std::string_view text) {
  return value_of(kProvenances, text);
}
std::string_view to_string(Outcome::Kind value) { return name_of(kOutcomes, value); }
std::optional<Outcome::Kind> outcome_from(std::string_view text) {
  return value_of(kOutcomes, text);
}
std::string_view to_string(Availability::Kind value) { return name_of(kAvailabilities, value); }
std::optional<Availability::Kind> availability_from(std::string_view text) {
  return value_of(kAvailabilities, text);
}
std::string_view to_string(Normalise value) { return name_of(kNormalises, value); }
std::optional<Normalise> normalise_from(std::string_view text) {
  return value_of(kNormalises, text);
}
std::string_view to_string(Phase value) { return name_of(kPhases, value); }
std::optional<Phase> phase_from(std::string_view text) { return value_of(kPhases, text); }
std::string_view to_string(ReasonCode value) { return name_of(kReasons, value); }
std::optional<ReasonCode> reason_from(std::string_view text) { return value_of(kReasons, text); }

std::string_view kind_of(const Scenario& scenario) {
  struct Kind {
    std::string_view operator()(const SingleStream&) const { return "SingleStream"; }
    std::string_view operator()(const Offline&) const { return "Offline"; }
    std::string_view operator()(const Server&) const { return "Server"; }
    std::string_view operator()(const FixedRate&) const { return "FixedRate"; }
    std::string_view operator()(const PeakRate&) const { return "PeakRate"; }
    std::string_view operator()(const Streaming&) const { return "Streaming"; }
  };
  return std::visit(Kind{}, scenario);
}

int batch_of(const Scenario& scenario) {
  const auto* offline = std::get_if<Offline>(&scenario);
  return offline != nullptr ? offline->batch : 1;
}

int in_flight_of(const Scenario& scenario) {
  return std::visit(
      [](const auto& load) {
        if constexpr (requires { load.in_flight; }) return load.in_flight;
        return 1;
      },
      scenario);
}

double rate_of(const Scenario& scenario) {
  return std::visit(
      [](const auto& load) {
        if constexpr (requires { load.rate_per_second; }) return load.rate_per_second;
        return 0.0;
      },
      scenario);
}

std::string identity(const Case& what) {
  std::string text;
  add(text, what.model);
  add(text, what.model_sha256);
  add(text, what.artefact.kind);
  add(text, what.artefact.sha256);
  Spec spec = what.spec;
  spec.precision.reset();
  add(text, to_string(spec));
  add(text, to_string(what.precision));
  for (const auto& setting : what.settings) add(text, setting.key + "=" + setting.value);
  for (const auto& input : what.inputs)
    add(text, fmt::format("{} [{}] {}", input.name, fmt::join(input.shape, ","), input.sha256));
  add(text, kind_of(what.scenario));
  if (const auto* offline = std::get_if<Offline>(&what.scenario))
    add(text, std::to_string(offline->batch) + "x" + std::to_string(offline->in_flight));
  else if (in_flight_of(what.scenario) != 1)
    add(text, "x" + std::to_string(in_flight_of(what.scenario)));
  if (const double rate = rate_of(what.scenario); rate != 0) add(text, fmt::format("{}/s", rate));
  if (const auto* peak = std::get_if<PeakRate>(&what.scenario))
    add(text, std::to_string(peak->p99.count()));
  add(text, what.truth);
  return sha256(text);
}

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::passes:
      return "passes";
    case Verdict::undecided:
      return "undecided";
    case Verdict::fails:
      return "fails";
  }
  return "";
}

}  // namespace steelyard

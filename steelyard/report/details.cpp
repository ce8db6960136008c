// SPDX-License-Identifier: Apache-2.0
// Everything known about each case, model by model: all percentiles with their bounds or reasons,
// identity, start-up, accuracy, energy, findings.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "steelyard/report/explain.h"
#include "steelyard/report/format.h"
#include "steelyard/report/sections.h"
#include "steelyard/report/words_terms.h"

namespace steelyard {
namespace {

using Optional = std::optional<double>;

// "image 1x3x224x224 photos.npy"
std::string text_of(const GivenInput& input) {
  std::string text = input.name;
  if (!input.shape.empty()) text += fmt::format(" {}", fmt::join(input.shape, "x"));
  if (!input.file.empty()) text += " " + std::filesystem::path(input.file).filename().string();
  return text;
}

// One column of the details: labels and cells of one summary.
class Sheet {
 public:
  Sheet(const Context& c, const Summary& s, State state) : c_(c), s_(s), state_(state) {}

  std::vector<Row> rows() {
    identity();
    latency();
    if (s_.outcome.kind == Outcome::Completed) {
      costs();
      accuracy();
      findings();
    }
    return std::move(rows_);
  }

 private:
  void text(const Phrase& label, std::string value, std::vector<std::string> details = {}) {
    rows_.push_back(
        {c_.say(label), {{std::move(value), State::plain, std::move(details), ""}}, ""});
  }
  void figure(std::string label, const Optional& value, std::string (*worded)(double),
              const std::optional<Reason>& reason = {}, std::vector<std::string> details = {}) {
    Cell cell;
    if (value && std::isfinite(*value)) {
      cell = {worded(*value), state_, std::move(details), ""};
    } else {
      cell = {"", State::missing, {}, clause(reason.value_or(Reason{}), c_.language)};
    }
    rows_.push_back({std::move(label), {std::move(cell)}, ""});
  }
  void known(const Phrase& label, const Optional& value, std::string (*worded)(double)) {
    if (value && std::isfinite(*value)) figure(c_.say(label), value, worded);
  }

  void identity() {
    text(kTerms.device, s_.device.name.empty() ? s_.spec : s_.device.name);
    if (!s_.device.runtime.empty()) text(kTerms.runtime, s_.device.runtime);
    text(kTerms.spec, s_.spec);
    if (!s_.host.empty()) text(kTerms.host, s_.host);
    text(kTerms.provenance, name_of(s_.provenance, c_.language));
    text(kTerms.scenario, name_of(s_.scenario, c_.language));
    const std::string asked(to_string(s_.precision)), obtained(to_string(s_.obtained));
    text(kTerms.precision, asked == obtained ? asked
                                             : c_.say(kTerms.precision_obtained,
                                                      {{"asked", asked}, {"obtained", obtained}}));
    for (const auto& [key, value] : s_.settings) text(kTerms.settings, key + "=" + value);
    for (const GivenInput& input : s_.inputs) text(kTerms.inputs, text_of(input));
    if (s_.outcome.kind != Outcome::Completed) {
      text(kTerms.outcome, name_of(s_.outcome.kind, c_.language));
      text(kTerms.reason, explain(s_.outcome.reason, c_.language));
      if (!s_.outcome.hint.empty()) text(kTerms.hint, s_.outcome.hint);
    } else {
      text(kTerms.queries,
           c_.say(kTerms.queries_cell, {{"queries", count(s_.queries)},
                                        {"seconds", duration(s_.measured_seconds * 1e9)},
                                        {"workers", std::to_string(s_.workers)}}));
    }
  }

  void interval(const Phrase& label, const std::optional<IntervalFigure>& ci) {
    if (!ci || s_.provenance == Provenance::simulated) return;
    rows_.push_back(
        {c_.say(label),
         {{range(ci->low, ci->high, duration), state_, {level_name(ci->level, c_.language)}, ""}},
         ""});
  }

  void latency() {
    if (s_.outcome.kind != Outcome::Completed) return;
    const auto& l = s_.latency_ns;
    figure(c_.say(kTerms.mean_latency), l.mean, duration);
    interval(kTerms.mean_interval, l.mean_ci);
    interval(kTerms.median_interval, l.median_ci);
    known(kTerms.deviation, l.stddev, duration);
    known(kTerms.minimum, l.min, duration);
    for (const PercentileFigure& p : l.percentiles) {
      std::vector<std::string> details;
      if (p.upper_ns) {
        details.push_back(c_.say(kTerms.upper, {{"value", duration(*p.upper_ns)}}));
      } else if (p.ns && p.reason) {
        details.push_back(
            c_.say(kTerms.upper_bound) + ": " +
            c_.say(kTerms.missing_because, {{"reason", clause(*p.reason, c_.language)}}));
      }
      figure("p" + decimal(p.p, p.p == std::floor(p.p) ? 0 : 1), p.ns, duration, p.reason,
             std::move(details));
    }
    known(kTerms.maximum, l.max, duration);
    figure(c_.say(kTerms.throughput), s_.throughput_per_second, per_second);
    known(kTerms.load_time, s_.startup.load_ns, duration);
    known(kTerms.first_query, s_.startup.first_query_ns, duration);
    known(kTerms.warm_up, s_.startup.warm_up_ns, duration);
    known(kTerms.harness, s_.harness_overhead_ns, duration);
  }

  void costs() {
    const auto& use = s_.utilisation;
    figure(c_.say(kTerms.utilisation), use.percent, percent, use.reason,
           {definition_name(use.definition, c_.language), use.definition});
    const auto boundary = [&](const std::string& where) {
      return std::vector<std::string>{
          c_.say(kTerms.boundary_cell, {{"where", boundary_name(where, c_.language)}})};
    };
    auto power = boundary(s_.power.boundary);
    if (s_.power.low_watts && s_.power.high_watts) {
      power.push_back(c_.say(kTerms.band,
                             {{"range", range(*s_.power.low_watts, *s_.power.high_watts, watts)}}));
    }
    if (s_.power.provenance == Provenance::entered) power.push_back(c_.say(kTerms.entered));
    if (s_.power.watts && s_.power.reason) power.push_back(clause(*s_.power.reason, c_.language));
    figure(c_.say(kTerms.power), s_.power.watts, watts, s_.power.reason, std::move(power));
    known(kTerms.idle_power, s_.power.idle_watts, watts);
    known(kTerms.context_idle_power, s_.power.context_idle_watts, watts);
    const auto& energy = s_.energy;
    auto weighed = boundary(energy.boundary);
    if (energy.low_joules_per_query && energy.high_joules_per_query)
      weighed.push_back(c_.say(
          kTerms.band,
          {{"range", range(*energy.low_joules_per_query, *energy.high_joules_per_query, joules)}}));
    if (energy.provenance == Provenance::entered) weighed.push_back(c_.say(kTerms.entered));
    figure(c_.say(kTerms.total_energy), energy.joules_per_query, joules, energy.reason,
           std::move(weighed));
    known(kTerms.dynamic_energy, energy.dynamic_joules_per_query, joules);
    if (energy.joules_per_query && *energy.joules_per_query > 0) {
      figure(c_.say(kTerms.per_joule), 1 / *energy.joules_per_query,
             [](double v) { return significant(v, 3); });
    }
    figure(c_.say(kTerms.memory), s_.memory.bytes, bytes, s_.memory.reason,
           boundary(s_.memory.boundary));
  }

  void error(const Phrase& label, const Optional& value) {
    if (!value || !std::isfinite(*value)) return;
    rows_.push_back({c_.say(label),
                     {{with_unit(quantity(*value), s_.accuracy.unit, c_.language), state_, {}, ""}},
                     ""});
  }

  void accuracy() {
    const auto& a = s_.accuracy;
    if (a.rmse) {
      error(kTerms.rmse_plain, a.rmse);
    } else {
      figure(c_.say(kTerms.rmse_plain), {}, quantity, a.reason);
    }
    error(kTerms.naive_rmse, a.rmse_naive);
    if (a.skill) {
      figure(c_.say(kTerms.skill), 100 * *a.skill, signed_percent);
    }
    known(kTerms.vs_reference, a.max_abs_error_vs_reference,
          [](double v) { return significant(v, 2); });
    error(kTerms.rmse_vs_reference, a.rmse_vs_reference);
    std::vector<std::string> why;
    if (s_.correctness.reason) why.push_back(clause(*s_.correctness.reason, c_.language));
    text(kTerms.correctness, correctness_name(s_.correctness.kind, c_.language), std::move(why));
  }

  void findings() {
    std::vector<std::string> all;
    for (const Finding& finding : s_.trust.findings)
      all.push_back(trust_name(finding.kind, c_.language) + ": " +
                    clause(finding.reason, c_.language));
    text(kTerms.trust, trust_name(s_.trust.kind, c_.language), std::move(all));
    for (const TimePart& part : s_.parts)
      text(kTerms.part,
           c_.say(kTerms.part_mean, {{"part", part.name}, {"time", duration(part.mean_ns)}}),
           {part.definition});
    for (const Reason& remark : s_.remarks) text(kTerms.remark, clause(remark, c_.language));
    if (!s_.artefact.kind.empty()) text(kTerms.artefact, s_.artefact.kind);
    text(kTerms.model_hash, s_.model_sha256.substr(0, 16));
    text(kTerms.case_id, s_.case_id.substr(0, 16));
    text(kTerms.campaign, s_.campaign);
  }

  const Context& c_;
  const Summary& s_;
  State state_;
  std::vector<Row> rows_;
};

Table sheet(const Context& c, const ModelView& model, const Column& column, const Summary& s) {
  Table table{model.title + " · " + c.name(column) + " · " + name_of(s.scenario, c.language),
              c.say(kTerms.item),
              {{c.say(kTerms.value), {}, State::plain}},
              {},
              "",
              false};
  table.rows = Sheet(c, s, state_of(column)).rows();
  return table;
}

}  // namespace

std::vector<Section> details_sections(const Context& c) {
  std::vector<Section> out = {{"details", c.say(kTerms.details), 2, {}}};
  int number = 0;
  for (const ModelView& model : c.view.models) {
    Section section{"details-" + std::to_string(++number), model.title, 3, {}};
    for (const Column& column : model.columns) {
      section.parts.push_back(sheet(c, model, column, *column.main));
      for (const Summary* s : column.offline)
        if (s != column.main) section.parts.push_back(sheet(c, model, column, *s));
    }
    out.push_back(std::move(section));
  }
  return out;
}

}  // namespace steelyard

// SPDX-License-Identifier: Apache-2.0
// The figures of columns by name. Pure.
#include "steelyard/report/figures.h"

#include <algorithm>
#include <cmath>

#include "steelyard/report/explain.h"
#include "steelyard/report/format.h"
#include "steelyard/report/words_terms.h"

namespace steelyard {
namespace {

const PercentileFigure* percentile(const Summary& s, double p) {
  for (const PercentileFigure& figure : s.latency_ns.percentiles)
    if (figure.p == p) return &figure;
  return nullptr;
}

std::optional<double> raw(const Column& column, Metric metric) {
  const Summary& s = *column.main;
  const auto at = [&](double p) {
    const PercentileFigure* figure = percentile(s, p);
    return figure != nullptr ? figure->ns : std::nullopt;
  };
  switch (metric) {
    case Metric::mean:
      return column.single_stream() ? s.latency_ns.mean : std::nullopt;
    case Metric::median:
      return column.single_stream() ? at(50) : std::nullopt;
    case Metric::p99:
      return column.single_stream() ? at(99) : std::nullopt;
    case Metric::throughput:
      return column.single_stream() ? s.throughput_per_second : std::nullopt;
    case Metric::rmse:
      return column.other_data ? std::nullopt : s.accuracy.rmse;
    case Metric::utilisation:
      return s.utilisation.percent;
    case Metric::power:
      return s.power.watts;
    case Metric::total_energy:
      return s.energy.joules_per_query;
    case Metric::dynamic_energy:
      return s.energy.dynamic_joules_per_query;
    case Metric::memory:
      return s.memory.bytes;
  }
  return std::nullopt;
}

}  // namespace

std::optional<double> value_of(const Column& column, Metric metric) {
  if (!column.completed()) return std::nullopt;
  const std::optional<double> value = raw(column, metric);
  return value && std::isfinite(*value) ? value : std::nullopt;
}

Reason why_missing(const Column& column, Metric metric) {
  const Summary& s = *column.main;
  if (!column.completed()) return s.outcome.reason;
  std::optional<Reason> reason;
  switch (metric) {
    case Metric::median:
    case Metric::p99:
      if (const auto* figure = percentile(s, metric == Metric::p99 ? 99 : 50))
        reason = figure->reason;
      break;
    case Metric::rmse:
      reason = s.accuracy.reason;
      if (column.other_data) reason = Reason{ReasonCode::not_in_file, {}, "data of the RMSE"};
      break;
    case Metric::utilisation:
      reason = s.utilisation.reason;
      break;
    case Metric::power:
      reason = s.power.reason;
      break;
    case Metric::total_energy:
    case Metric::dynamic_energy:
      reason = s.energy.reason;
      break;
    case Metric::memory:
      reason = s.memory.reason;
      break;
    case Metric::mean:
    case Metric::throughput:
      break;
  }
  if (reason) return *reason;
  const bool of_load = metric == Metric::mean || metric == Metric::median ||
                       metric == Metric::p99 || metric == Metric::throughput;
  return {of_load ? ReasonCode::not_measured : ReasonCode::none, {}, {}};
}

std::string text_of(double value, Metric metric, const Column& column, Language language) {
  switch (metric) {
    case Metric::mean:
    case Metric::median:
    case Metric::p99:
      return duration(value);
    case Metric::throughput:
      return per_second(value);
    case Metric::rmse:
      return with_unit(quantity(value), column.main->accuracy.unit, language);
    case Metric::utilisation:
      return percent(value);
    case Metric::power:
      return watts(value);
    case Metric::total_energy:
    case Metric::dynamic_energy:
      return joules(value);
    case Metric::memory:
      return bytes(value);
  }
  return "?";
}

std::string path_of(Metric metric) {
  switch (metric) {
    case Metric::mean:
      return "latency_ns.mean";
    case Metric::median:
      return "latency_ns.percentiles.p50";
    case Metric::p99:
      return "latency_ns.percentiles.p99";
    case Metric::throughput:
      return "throughput_per_second";
    case Metric::rmse:
      return "accuracy.rmse";
    case Metric::utilisation:
      return "utilisation.percent";
    case Metric::power:
      return "power.watts";
    case Metric::total_energy:
      return "energy.joules_per_query";
    case Metric::dynamic_energy:
      return "energy.dynamic_joules_per_query";
    case Metric::memory:
      return "memory.bytes";
  }
  return "?";
}

std::vector<Ranked> ranked(const ModelView& model, Metric metric) {
  std::vector<Ranked> out;
  for (const Column& column : model.columns) {
    const auto value = value_of(column, metric);
    if (value && !column.wrong()) out.push_back({&column, *value});
  }
  const bool most_first = metric == Metric::throughput;
  std::stable_sort(out.begin(), out.end(), [&](const Ranked& a, const Ranked& b) {
    return most_first ? a.value > b.value : a.value < b.value;
  });
  return out;
}

const std::optional<IntervalFigure>& interval_of(const Column& column, Metric metric) {
  static const std::optional<IntervalFigure> none;
  if (!column.completed() || !column.single_stream()) return none;
  if (metric == Metric::mean) return column.main->latency_ns.mean_ci;
  if (metric == Metric::median) return column.main->latency_ns.median_ci;
  return none;
}

std::optional<FactorInterval> factor_interval(const Ranked& a, const Ranked& b, Metric metric) {
  double squares = 0;
  for (const Ranked* r : {&a, &b}) {
    const auto& ci = interval_of(*r->column, metric);
    const bool expected = r->column->main->provenance == Provenance::simulated;
    if (!ci || expected || !(ci->low > 0) || !std::isfinite(ci->high)) return {};
    const double half = std::log(ci->high / ci->low) / 2;
    squares += half * half;
  }
  const double ratio = a.value / b.value, half = std::exp(std::sqrt(squares));
  return FactorInterval{ratio / half, ratio * half};
}

std::string condition_of(const Column& column, Metric metric) {
  switch (metric) {
    case Metric::utilisation:
      return column.main->utilisation.definition;
    case Metric::power:
      return column.main->power.boundary;
    case Metric::total_energy:
    case Metric::dynamic_energy:
      return column.main->energy.boundary;
    case Metric::memory:
      return column.main->memory.boundary;
    default:
      return {};
  }
}

bool alike(const std::vector<Ranked>& ranked, Metric metric) {
  const auto condition = [&](const Ranked& r) {
    const std::string text = condition_of(*r.column, metric);
    return metric == Metric::utilisation ? definition_name(text, Language::en) : text;
  };
  return std::all_of(ranked.begin(), ranked.end(),
                     [&](const Ranked& r) { return condition(r) == condition(ranked.front()); });
}

std::string Context::born(const Column& column) const {
  const bool expected = column.main->provenance == Provenance::simulated;
  return expected ? say(kTerms.expected_short) : name_of(column.main->provenance, language);
}

std::string Context::interval(const FactorInterval& i) const {
  return say(kTerms.interval, {{"range", range(i.low, i.high, factor)}});
}

std::string Context::gap(double ratio) const {
  const double gap = std::abs(ratio - 1);
  return gap < kTinyGap ? say(kTerms.tiny) : percent(100 * gap);
}

std::string Context::source(const ModelView& model, const Column& column, Metric metric) const {
  const Summary& s = *column.main;
  const std::string host = s.host.empty() ? "" : " on " + s.host;
  return model.title + " " + s.spec + host + " " + path_of(metric);
}

}  // namespace steelyard

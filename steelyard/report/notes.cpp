// SPDX-License-Identifier: Apache-2.0
// 비고 of the seed's table, by rule: direction and factor, then what forbids a plain comparison; at
// most two sentences. Never an adjective in place of a factor.
#include <algorithm>

#include "steelyard/report/explain.h"
#include "steelyard/report/format.h"
#include "steelyard/report/sections.h"
#include "steelyard/report/words_prose.h"

namespace steelyard {
namespace {

// Whether the values compared were born alike.
std::string caveat(const Context& c, const std::vector<const Column*>& compared) {
  const auto expected = [](const Column* x) {
    return x->main->provenance == Provenance::simulated;
  };
  const bool some = std::any_of(compared.begin(), compared.end(), expected);
  const bool all = std::all_of(compared.begin(), compared.end(), expected);
  if (!some) return "";
  return c.say(all ? kNotes.all_expected : kNotes.mixed);
}

// "{best}가 {next}보다 2.31배, {last}보다 388배 ..."
std::string compared(const Context& c, const std::vector<Ranked>& order, Metric metric,
                     const Phrase& verb) {
  const Ranked &best = order.front(), &next = order[1], &last = order.back();
  const auto ratio = [&](const Ranked& other) {
    return best.value > other.value ? best.value / other.value : other.value / best.value;
  };
  const auto than = [&](const Ranked& other) {
    const auto interval = factor_interval(other, best, metric);
    return c.say(interval ? kNotes.than_interval : kNotes.than,
                 {{"device", c.name(*other.column)},
                  {"factor", factor(ratio(other))},
                  {"interval", interval ? c.interval(*interval) : ""}});
  };
  if (const auto open = factor_interval(next, best, metric); open && open->low <= 1) {
    return c.say(kNotes.undecided, {{"best", c.name(*best.column)},
                                    {"next", c.name(*next.column)},
                                    {"factor", factor(ratio(next))},
                                    {"interval", c.interval(*open)}});
  }
  std::vector<const Column*> columns = {best.column, next.column};
  std::vector<std::string> others = {than(next)};
  if (order.size() > 2) {
    others.push_back(than(last));
    columns.push_back(last.column);
  }
  const std::string aside = caveat(c, columns);
  if (order.size() == 2 && factor(ratio(next)) == "1.00") {
    return c.say(
        kNotes.equal,
        {{"best", c.name(*best.column)}, {"next", c.name(*next.column)}, {"caveat", aside}});
  }
  return c.say(
      verb,
      {{"best", c.name(*best.column)}, {"others", join(others, c.language)}, {"caveat", aside}});
}

std::string ordered(const Context& c, const ModelView& model, Metric metric,
                    const Phrase& direction, const Phrase& verb) {
  const auto order = ranked(model, metric);
  if (order.empty()) return c.say(kNotes.nobody);
  const std::string lead = c.say(direction) + " ";
  if (order.size() == 1)
    return lead + c.say(kNotes.alone, {{"best", c.name(*order.front().column)}});
  if (order.front().value <= 0 || order.back().value <= 0) return c.say(direction);
  return lead + compared(c, order, metric, verb);
}

std::string tail(const Context& c, const ModelView& model) {
  std::vector<Ranked> ratios;
  for (const Column& column : model.columns) {
    const auto p99 = value_of(column, Metric::p99), p50 = value_of(column, Metric::median);
    if (p99 && p50 && *p50 > 0 && !column.wrong()) ratios.push_back({&column, *p99 / *p50});
  }
  if (ratios.empty()) return c.say(kNotes.nobody);
  std::stable_sort(ratios.begin(), ratios.end(),
                   [](const Ranked& a, const Ranked& b) { return a.value < b.value; });
  const Phrase& phrase = ratios.size() == 1 ? kNotes.tail_one : kNotes.tail;
  return c.say(kNotes.lower) + " " +
         c.say(phrase, {{"best", c.name(*ratios.front().column)},
                        {"low", factor(ratios.front().value)},
                        {"worst", c.name(*ratios.back().column)},
                        {"high", factor(ratios.back().value)}});
}

std::string error(const Context& c, const ModelView& model) {
  const auto order = ranked(model, Metric::rmse);
  if (order.empty()) return c.say(kNotes.nobody);
  const auto& accuracy = order.front().column->main->accuracy;
  const std::string naive =
      accuracy.rmse_naive ? with_unit(quantity(*accuracy.rmse_naive), accuracy.unit, c.language)
                          : "";
  const double ratio = order.front().value > 0 ? order.back().value / order.front().value : 1;
  const Phrase& phrase = naive.empty()       ? kNotes.error_plain
                         : order.size() == 1 ? kNotes.error_one
                                             : kNotes.error;
  return c.say(kNotes.lower) + " " + c.say(phrase, {{"naive", naive}, {"gap", c.gap(ratio)}});
}

std::string use(const Context& c, const ModelView& model) {
  const auto order = ranked(model, Metric::utilisation);
  if (order.empty()) return c.say(kNotes.nobody);
  if (alike(order, Metric::utilisation)) {
    return c.say(kNotes.one_definition,
                 {{"definition", definition_name(order.front().column->main->utilisation.definition,
                                                 c.language)}});
  }
  return c.say(kNotes.unlike_definitions, {{"list", conditions(c, order, Metric::utilisation)}});
}

std::string with_boundary(const Context& c, const ModelView& model, Metric metric) {
  const auto order = ranked(model, metric);
  if (order.size() < 2 || alike(order, metric))
    return ordered(c, model, metric, kNotes.lower, kNotes.less);
  return c.say(kNotes.unlike_boundaries, {{"list", conditions(c, order, metric)}});
}

}  // namespace

std::string conditions(const Context& c, const std::vector<Ranked>& order, Metric metric) {
  const bool use = metric == Metric::utilisation;
  std::vector<std::pair<std::string, std::vector<std::string>>> groups;
  for (const Ranked& r : order) {
    const std::string condition = condition_of(*r.column, metric);
    const std::string words =
        use ? definition_name(condition, c.language) : boundary_name(condition, c.language);
    auto at = std::find_if(groups.begin(), groups.end(), [&](auto& g) { return g.first == words; });
    if (at == groups.end()) at = groups.insert(groups.end(), {words, {}});
    at->second.push_back(c.name(*r.column));
  }
  std::string out;
  for (const auto& [words, devices] : groups) {
    out += (out.empty() ? "" : "; ") +
           c.say(use ? kNotes.definition_of : kNotes.boundary_of,
                 {{"devices", join(devices, c.language)}, {"condition", words}});
  }
  return out;
}

std::string note_for(const Context& c, const ModelView& model, Metric metric) {
  switch (metric) {
    case Metric::mean:
    case Metric::median:
      return ordered(c, model, metric, kNotes.lower, kNotes.faster);
    case Metric::p99:
      return tail(c, model);
    case Metric::throughput:
      return ordered(c, model, metric, kNotes.higher, kNotes.more);
    case Metric::rmse:
      return error(c, model);
    case Metric::utilisation:
      return use(c, model);
    case Metric::power:
    case Metric::total_energy:
    case Metric::dynamic_energy:
      return with_boundary(c, model, metric);
    case Metric::memory:
      return c.say(kNotes.lower);
  }
  return c.say(kNotes.nobody);
}

}  // namespace steelyard

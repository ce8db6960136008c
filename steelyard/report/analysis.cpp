// SPDX-License-Identifier: Apache-2.0
// 분석 in the seed's four parts, and the first of them: speed. Each sentence is computed from the
// figures it names.
#include "steelyard/report/analysis.h"

#include <algorithm>
#include <cmath>

#include "steelyard/report/explain.h"
#include "steelyard/report/format.h"
#include "steelyard/report/sections.h"
#include "steelyard/report/words_prose.h"
#include "steelyard/report/words_terms.h"

namespace steelyard {
namespace {

std::vector<std::string> expected_names(const Context& c, const std::vector<Ranked>& order) {
  std::vector<std::string> out;
  for (const Ranked& r : order)
    if (r.column->main->provenance == Provenance::simulated) out.push_back(c.name(*r.column));
  return out;
}

void add_tail(const Context& c, const ModelView& model, Talk& talk) {
  std::vector<Ranked> ratios;
  for (const Column& column : model.columns) {
    const auto p99 = value_of(column, Metric::p99), p50 = value_of(column, Metric::median);
    if (p99 && p50 && *p50 > 0 && !column.wrong()) ratios.push_back({&column, *p99 / *p50});
  }
  if (ratios.size() < 2) return;
  const auto [low, high] =
      std::minmax_element(ratios.begin(), ratios.end(),
                          [](const Ranked& a, const Ranked& b) { return a.value < b.value; });
  talk.add(kAnalysis.tail,
           {{"best", c.name(*low->column)},
            {"low", factor(low->value)},
            {"worst", c.name(*high->column)},
            {"high", factor(high->value)}},
           {*low, *high}, Metric::p99);
}

void add_offline(const Context& c, const ModelView& model, Talk& talk) {
  const Summary* best = nullptr;
  const Column* of = nullptr;
  for (const Column& column : model.columns) {
    for (const Summary* s : column.offline) {
      if (column.wrong() || !s->throughput_per_second) continue;
      if (best != nullptr && *s->throughput_per_second <= *best->throughput_per_second) continue;
      best = s;
      of = &column;
    }
  }
  if (best == nullptr) return;
  const auto single = value_of(*of, Metric::throughput);
  const Ranked from{of, *best->throughput_per_second};
  talk.add(single && *single > 0 ? kAnalysis.offline : kAnalysis.offline_plain,
           {{"batch", std::to_string(std::get<Offline>(best->scenario).batch)},
            {"best", c.name(*of)},
            {"value", per_second(from.value)},
            {"factor", single && *single > 0 ? factor(from.value / *single) : ""}},
           {from}, Metric::throughput);
}

}  // namespace

Paragraph speed_of(const Context& c, const ModelView& model, Telling telling) {
  Talk talk(c, model, telling);
  const auto order = ranked(model, Metric::mean);
  if (order.empty()) {
    talk.add(kAnalysis.nothing, {{"reason", talk.reason(Metric::mean)}});
    return talk.take();
  }
  const Ranked& best = order.front();
  auto others = talk.items(order, kAnalysis.order_item, Metric::mean);
  others.erase(others.begin());
  talk.add(others.empty() ? kAnalysis.alone : kAnalysis.order,
           {{"best", c.name(*best.column)},
            {"born", c.born(*best.column)},
            {"value", c.text(best, Metric::mean)},
            {"others", join(others, c.language)}},
           order, Metric::mean);
  const auto expected = expected_names(c, order);
  if (telling.full && !expected.empty() && order.size() > 1) {
    talk.add(expected.size() == 1 ? kAnalysis.rank_one_expected : kAnalysis.rank_expected,
             {{"list", join(expected, c.language)}});
  }
  const auto rate = ranked(model, Metric::throughput);
  if (rate.size() > 1 && rate.back().value > 0) {
    talk.add(kAnalysis.throughput,
             {{"best", c.name(*rate.front().column)},
              {"value", per_second(rate.front().value)},
              {"worst", c.name(*rate.back().column)},
              {"worst_value", per_second(rate.back().value)},
              {"factor", factor(rate.front().value / rate.back().value)}},
             {rate.front(), rate.back()}, Metric::throughput);
  }
  add_tail(c, model, talk);
  add_offline(c, model, talk);
  return talk.take();
}

Talk::Talk(const Context& c, const ModelView& model, Telling telling) : c_(c), model_(model) {
  if (telling.named) paragraph_.lead = model.title + ":";
}

void Talk::add(const Phrase& phrase, Values values, const std::vector<Ranked>& from,
               Metric metric) {
  Sentence sentence{c_.say(phrase, values), {}};
  for (const Ranked& r : from) sentence.sources.push_back(c_.source(model_, *r.column, metric));
  paragraph_.sentences.push_back(std::move(sentence));
}

std::vector<std::string> Talk::items(const std::vector<Ranked>& order, const Phrase& item,
                                     Metric metric) const {
  std::vector<std::string> out;
  for (const Ranked& r : order) {
    out.push_back(
        c_.say(item, {{"device", c_.name(*r.column)},
                      {"born", c_.born(*r.column)},
                      {"value", c_.text(r, metric)},
                      {"factor", factor(r.value / order.front().value)},
                      {"where", boundary_name(condition_of(*r.column, metric), c_.language)}}));
  }
  return out;
}

std::string Talk::reason(Metric metric) const {
  for (const Column& column : model_.columns)
    if (column.completed()) return clause(why_missing(column, metric), c_.language);
  return clause({}, c_.language);
}

std::vector<Section> analysis_sections(const Context& c) {
  std::vector<Section> out = {{"analysis", c.say(kTerms.analysis), 2, {}}};
  const struct {
    const char* id;
    const Phrase& title;
    Paragraph (*write)(const Context&, const ModelView&, Telling);
  } parts[] = {{"speed", kTerms.speed, speed_of},
               {"accuracy", kTerms.accuracy, accuracy_of},
               {"resources", kTerms.resources, resources_of},
               {"efficiency", kTerms.efficiency, efficiency_of}};
  int number = 0;
  for (const auto& [id, title, write] : parts) {
    Section section{id, std::to_string(++number) + ". " + c.say(title), 3, {}};
    Bullets bullets;
    const bool named = c.view.models.size() > 1;
    for (const ModelView& model : c.view.models) {
      const bool full = &model == &c.view.models.front();
      bullets.items.push_back(write(c, model, {named, full}));
    }
    if (named) {
      section.parts.push_back(std::move(bullets));
    } else if (!bullets.items.empty()) {
      section.parts.push_back(std::move(bullets.items.front()));
    }
    out.push_back(std::move(section));
  }
  return out;
}

}  // namespace steelyard

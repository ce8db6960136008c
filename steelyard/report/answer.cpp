// SPDX-License-Identifier: Apache-2.0
// The answer in three sentences: fastest, least power and energy, error. Then what qualifies it.
#include <algorithm>
#include <cmath>

#include "steelyard/report/explain.h"
#include "steelyard/report/format.h"
#include "steelyard/report/sections.h"
#include "steelyard/report/words_prose.h"
#include "steelyard/report/words_terms.h"

namespace steelyard {
namespace {

bool is_expected(const Column& c) { return c.main->provenance == Provenance::simulated; }

Sentence fastest(const Context& c, const ModelView& model) {
  const auto order = ranked(model, Metric::mean);
  if (order.empty()) return {c.say(kAnswer.no_latency, {{"model", model.title}}), {}};
  const Ranked& best = order.front();
  const auto source = [&](const Ranked& r) { return c.source(model, *r.column, Metric::mean); };
  const std::string value = c.text(best, Metric::mean), born = c.born(*best.column);
  if (order.size() == 1) {
    return {c.say(kAnswer.only, {{"model", model.title},
                                 {"best", c.name(*best.column)},
                                 {"born", born},
                                 {"value", value}}),
            {source(best)}};
  }
  const auto real = std::find_if(order.begin(), order.end(),
                                 [](const Ranked& r) { return !is_expected(*r.column); });
  const bool tell_real = is_expected(*best.column) && real != order.end();
  const Ranked& next = tell_real ? *real : order[1];
  const auto interval = factor_interval(next, best, Metric::mean);
  const Phrase& phrase = tell_real                        ? kAnswer.fastest_expected
                         : interval && interval->low <= 1 ? kAnswer.fastest_open
                         : interval                       ? kAnswer.fastest_interval
                                                          : kAnswer.fastest;
  return {c.say(phrase, {{"model", model.title},
                         {"best", c.name(*best.column)},
                         {"born", born},
                         {"value", value},
                         {"next", c.name(*next.column)},
                         {"next_born", c.born(*next.column)},
                         {"next_value", c.text(next, Metric::mean)},
                         {"factor", factor(next.value / best.value)},
                         {"interval", interval ? c.interval(*interval) : ""}}),
          {source(best), source(next)}};
}

Sentence least_power(const Context& c, const ModelView& model) {
  const auto power = ranked(model, Metric::power), energy = ranked(model, Metric::total_energy);
  if (power.empty()) {
    const auto asked = std::find_if(model.columns.begin(), model.columns.end(),
                                    [](const Column& x) { return x.completed(); });
    const Reason reason =
        asked == model.columns.end() ? Reason{} : why_missing(*asked, Metric::power);
    return {c.say(kAnswer.no_power, {{"reason", clause(reason, c.language)}}), {}};
  }
  const Ranked& best = power.front();
  std::string where = boundary_name(best.column->main->power.boundary, c.language);
  if (!alike(power, Metric::power))
    where = c.say(kAnswer.where_unlike, {{"best", c.name(*best.column)}, {"where", where}});
  const std::string n = std::to_string(power.size());
  if (energy.empty()) {
    return {c.say(kAnswer.least_power, {{"n", n},
                                        {"best", c.name(*best.column)},
                                        {"born", c.born(*best.column)},
                                        {"value", c.text(best, Metric::power)},
                                        {"where", where}}),
            {c.source(model, *best.column, Metric::power)}};
  }
  const Ranked& saver = energy.front();
  const bool same = saver.column == best.column;
  return {c.say(same ? kAnswer.least_same : kAnswer.least_both,
                {{"n", n},
                 {"best", c.name(*best.column)},
                 {"born", c.born(*best.column)},
                 {"value", c.text(best, Metric::power)},
                 {"where", where},
                 {"saver", c.name(*saver.column)},
                 {"saver_born", c.born(*saver.column)},
                 {"energy", c.text(saver, Metric::total_energy)}}),
          {c.source(model, *best.column, Metric::power),
           c.source(model, *saver.column, Metric::total_energy)}};
}

Sentence least_error(const Context& c, const ModelView& model) {
  const auto order = ranked(model, Metric::rmse);
  if (order.empty()) {
    const auto asked = std::find_if(model.columns.begin(), model.columns.end(),
                                    [](const Column& x) { return x.completed(); });
    const Reason reason =
        asked == model.columns.end() ? Reason{} : why_missing(*asked, Metric::rmse);
    return {c.say(kAnswer.no_error, {{"reason", clause(reason, c.language)}}), {}};
  }
  const Ranked &best = order.front(), &worst = order.back();
  const std::string value = c.text(best, Metric::rmse), worst_value = c.text(worst, Metric::rmse);
  const auto& accuracy = best.column->main->accuracy;
  const bool naive = accuracy.rmse_naive && *accuracy.rmse_naive > 0;
  const std::string naive_text =
      naive ? with_unit(quantity(*accuracy.rmse_naive), accuracy.unit, c.language) : "";
  const std::vector<std::string> sources = {c.source(model, *best.column, Metric::rmse),
                                            c.source(model, *worst.column, Metric::rmse)};
  if (value == worst_value && naive) {
    const double ratio = best.value / *accuracy.rmse_naive;
    const Phrase& phrase = std::abs(ratio - 1) < kTinyGap ? kAnswer.as_naive
                           : order.size() == 1            ? kAnswer.one_error
                                                          : kAnswer.same_error;
    return {c.say(phrase, {{"value", value},
                           {"naive", naive_text},
                           {"gap", c.gap(ratio)},
                           {"direction", c.say(ratio < 1 ? kAnswer.smaller : kAnswer.larger)}}),
            sources};
  }
  return {c.say(naive ? kAnswer.error_range : kAnswer.error_without_naive,
                {{"best", c.name(*best.column)},
                 {"value", value},
                 {"worst", c.name(*worst.column)},
                 {"worst_value", worst_value},
                 {"gap", c.gap(worst.value / best.value)},
                 {"naive", naive_text}}),
          sources};
}

// Whether the other models have the same fastest device, in one sentence each way.
std::vector<Sentence> other_models(const Context& c) {
  const auto first = ranked(c.view.models.front(), Metric::mean);
  std::vector<Sentence> out;
  std::vector<std::string> agreeing;
  for (std::size_t i = 1; i < c.view.models.size(); ++i) {
    const ModelView& model = c.view.models[i];
    const auto order = ranked(model, Metric::mean);
    if (order.empty()) continue;
    if (!first.empty() && order.front().column->key == first.front().column->key) {
      agreeing.push_back(model.title);
      continue;
    }
    out.push_back({c.say(kAnswer.others_differ, {{"model", model.title},
                                                 {"best", c.name(*order.front().column)},
                                                 {"value", c.text(order.front(), Metric::mean)}}),
                   {c.source(model, *order.front().column, Metric::mean)}});
  }
  if (!agreeing.empty()) {
    out.insert(out.begin(), {c.say(kAnswer.others_agree, {{"models", join(agreeing, c.language)},
                                                          {"best", c.name(*first.front().column)}}),
                             {}});
  }
  return out;
}

void add_unique(std::vector<std::string>& to, const std::string& item) {
  if (std::find(to.begin(), to.end(), item) == to.end()) to.push_back(item);
}

Paragraph qualifications(const Context& c) {
  std::vector<std::string> expected, wrong, unsure, left_out, gone, real;
  int repeated = 0;
  for (const ModelView& model : c.view.models) {
    repeated += model.repeated;
    for (const Column& column : model.columns) {
      if (!column.completed()) {
        add_unique(left_out, c.name(column));
      } else {
        if (is_expected(column)) add_unique(expected, c.name(column));
        if (column.wrong()) add_unique(wrong, c.name(column));
        if (!is_expected(column) && column.main->trust.kind != "STABLE")
          add_unique(unsure, c.name(column));
      }
    }
    for (const Replaced& r : model.replaced) {
      add_unique(gone, r.expected->spec);
      add_unique(real, r.real->spec);
    }
  }
  Paragraph out{c.say(kAnswer.expected_lead), other_models(c)};
  if (!out.sentences.empty()) out.lead.clear();
  const auto add = [&](const Phrase& phrase, const std::vector<std::string>& list) {
    if (list.empty()) return;
    out.sentences.push_back({c.say(phrase, {{"list", join(list, c.language)}}), {}});
  };
  add(kAnswer.expected_caveat, expected);
  add(kAnswer.wrong, wrong);
  add(kAnswer.unsure, unsure);
  add(kAnswer.left_out, left_out);
  if (!gone.empty()) {
    out.sentences.push_back({c.say(kAnswer.replaced, {{"expected", join(gone, c.language)},
                                                      {"real", join(real, c.language)}}),
                             {}});
  }
  if (repeated > 0)
    out.sentences.push_back({c.say(kAnswer.repeated, {{"n", std::to_string(repeated)}}), {}});
  return out;
}

}  // namespace

Section answer_section(const Context& c) {
  Section section{"answer", c.say(kTerms.answer), 2, {}};
  if (c.view.models.empty()) {
    section.parts.push_back(Paragraph{"", {{c.say(kAnswer.nothing), {}}}});
    return section;
  }
  const ModelView& first = c.view.models.front();
  const bool any = std::any_of(first.columns.begin(), first.columns.end(),
                               [](const Column& x) { return x.completed(); });
  Bullets three;
  if (any) {
    for (const auto& sentence : {fastest(c, first), least_power(c, first), least_error(c, first)})
      three.items.push_back({"", {sentence}});
  } else {
    three.items.push_back({"", {{c.say(kAnswer.none_completed, {{"model", first.title}}), {}}}});
  }
  section.parts.push_back(std::move(three));
  Paragraph rest = qualifications(c);
  if (!rest.sentences.empty()) section.parts.push_back(std::move(rest));
  return section;
}

}  // namespace steelyard

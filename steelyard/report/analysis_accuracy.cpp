// SPDX-License-Identifier: Apache-2.0
// The second part of the analysis: how well the devices predict, and whether they answer the same.
#include <algorithm>
#include <cmath>

#include "steelyard/report/analysis.h"
#include "steelyard/report/explain.h"
#include "steelyard/report/format.h"
#include "steelyard/report/sections.h"
#include "steelyard/report/words_prose.h"
#include "steelyard/report/words_terms.h"

namespace steelyard {
namespace {

void add_reference(const Context& c, const ModelView& model, Talk& talk) {
  std::vector<std::string> items;
  for (const Column& column : model.columns) {
    const auto& worst = column.main->accuracy.max_abs_error_vs_reference;
    if (!column.completed() || !worst || !std::isfinite(*worst)) continue;
    items.push_back(c.say(kAnalysis.reference_item,
                          {{"device", c.name(column)}, {"value", significant(*worst, 2)}}));
  }
  if (!items.empty()) talk.add(kAnalysis.reference, {{"list", join(items, c.language)}});
}

// What coarser arithmetic cost, against the best FP32 result of the same model.
void add_quantised(const Context& c, const std::vector<Ranked>& order, Talk& talk) {
  const auto fp32 = std::find_if(order.begin(), order.end(), [](const Ranked& r) {
    return r.column->main->obtained == Precision::fp32;
  });
  if (fp32 == order.end() || fp32->value <= 0) return;
  for (const Ranked& r : order) {
    if (r.column->main->obtained == Precision::fp32) continue;
    const double ratio = r.value / fp32->value;
    talk.add(std::abs(ratio - 1) < kTinyGap ? kAnalysis.quantised_same : kAnalysis.quantised,
             {{"device", c.name(*r.column)},
              {"precision", std::string(to_string(r.column->main->obtained))},
              {"gap", c.gap(ratio)},
              {"direction", c.say(ratio < 1 ? kAnswer.smaller : kAnswer.larger)}},
             {r, *fp32}, Metric::rmse);
  }
}

}  // namespace

Paragraph accuracy_of(const Context& c, const ModelView& model, Telling telling) {
  Talk talk(c, model, telling);
  const auto order = ranked(model, Metric::rmse);
  if (order.empty()) {
    talk.add(kAnalysis.nothing, {{"reason", talk.reason(Metric::rmse)}});
  } else {
    const Ranked &best = order.front(), &worst = order.back();
    const std::string value = c.text(best, Metric::rmse), last = c.text(worst, Metric::rmse);
    const double ratio = best.value > 0 ? worst.value / best.value : 1;
    talk.add(order.size() == 1 ? kAnalysis.one_error
             : value == last   ? kAnalysis.same_error
                               : kAnalysis.error_range,
             {{"best", c.name(*best.column)},
              {"value", value},
              {"worst", c.name(*worst.column)},
              {"worst_value", last},
              {"gap", c.gap(ratio)}},
             {best, worst}, Metric::rmse);
    const auto& figures = best.column->main->accuracy;
    if (figures.rmse_naive && *figures.rmse_naive > 0) {
      const double against = best.value / *figures.rmse_naive;
      talk.add(std::abs(against - 1) < kTinyGap ? kAnalysis.as_naive
               : against < 1                    ? kAnalysis.better_than_naive
                                                : kAnalysis.worse_than_naive,
               {{"naive", with_unit(quantity(*figures.rmse_naive), figures.unit, c.language)},
                {"gap", c.gap(against)}},
               {best}, Metric::rmse);
    }
    add_quantised(c, order, talk);
  }
  add_reference(c, model, talk);
  for (const Column& column : model.columns) {
    const auto& checked = column.main->correctness;
    if (!column.completed()) continue;
    if (checked.kind == "WRONG") {
      talk.add(kAnalysis.wrong,
               {{"device", c.name(column)},
                {"reason", clause(checked.reason.value_or(Reason{}), c.language)}});
    } else if (checked.kind == "VARIANT") {
      talk.add(kAnalysis.variant, {{"device", c.name(column)}});
    }
  }
  return talk.take();
}

}  // namespace steelyard

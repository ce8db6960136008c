// SPDX-License-Identifier: Apache-2.0
// The third and fourth part of the analysis: what the devices spend, in use and in energy.
#include <algorithm>
#include <cmath>

#include "steelyard/report/analysis.h"
#include "steelyard/report/explain.h"
#include "steelyard/report/format.h"
#include "steelyard/report/sections.h"
#include "steelyard/report/words_prose.h"
#include "steelyard/report/words_terms.h"

namespace steelyard {

Paragraph resources_of(const Context& c, const ModelView& model, Telling telling) {
  constexpr double kLow = 10;  // percent, the seed's upper end for the desktop GPU
  Talk talk(c, model, telling);
  const auto order = ranked(model, Metric::utilisation);
  if (order.empty()) {
    talk.add(kAnalysis.nothing, {{"reason", talk.reason(Metric::utilisation)}});
  } else {
    const auto items = talk.items(order, kAnalysis.use_item, Metric::utilisation);
    talk.add(kAnalysis.use, {{"list", join(items, c.language)}}, order, Metric::utilisation);
    if (telling.full && !alike(order, Metric::utilisation)) {
      talk.add(kAnalysis.use_unlike, {{"list", conditions(c, order, Metric::utilisation)}});
    }
    std::vector<Ranked> low;
    std::vector<std::string> names;
    for (const Ranked& r : order) {
      if (r.value >= kLow) continue;
      low.push_back(r);
      names.push_back(c.name(*r.column));
    }
    if (telling.full && !low.empty()) {
      talk.add(kAnalysis.use_low,
               {{"list", join(names, c.language)}, {"limit", significant(kLow, 2)}}, low,
               Metric::utilisation);
    }
  }
  const auto memory = ranked(model, Metric::memory);
  if (!memory.empty()) {
    talk.add(
        kAnalysis.memory,
        {{"list", join(talk.items(memory, kAnalysis.memory_item, Metric::memory), c.language)}},
        memory, Metric::memory);
  }
  return talk.take();
}

namespace {

// The text of power with its band where it has one.
std::vector<std::string> power_items(const Context& c, const std::vector<Ranked>& order) {
  std::vector<std::string> out;
  for (const Ranked& r : order) {
    const auto& power = r.column->main->power;
    const bool band = power.low_watts && power.high_watts;
    out.push_back(
        c.say(band ? kAnalysis.power_item_band : kAnalysis.power_item,
              {{"device", c.name(*r.column)},
               {"born", c.born(*r.column)},
               {"value", c.text(r, Metric::power)},
               {"range", band ? range(*power.low_watts, *power.high_watts, watts) : ""}}));
  }
  return out;
}

void add_energy(const Context& c, Talk& talk, const std::vector<Ranked>& order) {
  if (order.empty() || order.front().value <= 0) return;
  const Ranked &best = order.front(), &worst = order.back();
  if (order.size() == 1 || !alike(order, Metric::total_energy)) {
    const auto items = talk.items(order, kAnalysis.use_item, Metric::total_energy);
    talk.add(kAnalysis.energy_list, {{"list", join(items, c.language)}}, order,
             Metric::total_energy);
  } else {
    talk.add(kAnalysis.energy,
             {{"best", c.name(*best.column)},
              {"value", c.text(best, Metric::total_energy)},
              {"worst", c.name(*worst.column)},
              {"worst_value", c.text(worst, Metric::total_energy)},
              {"factor", factor(worst.value / best.value)}},
             {best, worst}, Metric::total_energy);
  }
  std::vector<std::string> inverse;
  for (const Ranked& r : order) {
    inverse.push_back(c.say(kAnalysis.use_item, {{"device", c.name(*r.column)},
                                                 {"value", significant(1 / r.value, 3)}}));
  }
  talk.add(kAnalysis.per_joule, {{"list", join(inverse, c.language)}}, order, Metric::total_energy);
}

// Devices whose power is mostly there without any work.
void add_idle(const Context& c, Talk& talk, const std::vector<Ranked>& order) {
  constexpr double kMuch = 0.5;
  for (const Ranked& r : order) {
    const auto& idle = r.column->main->power.idle_watts;
    if (!idle || r.value <= 0 || *idle / r.value < kMuch) continue;
    talk.add(kAnalysis.idle_share,
             {{"device", c.name(*r.column)},
              {"idle", watts(*idle)},
              {"share", percent(100 * *idle / r.value)}},
             {r}, Metric::power);
  }
}

}  // namespace

Paragraph efficiency_of(const Context& c, const ModelView& model, Telling telling) {
  Talk talk(c, model, telling);
  const auto order = ranked(model, Metric::power);
  if (order.empty()) {
    talk.add(kAnalysis.nothing, {{"reason", talk.reason(Metric::power)}});
    return talk.take();
  }
  talk.add(kAnalysis.power, {{"list", join(power_items(c, order), c.language)}}, order,
           Metric::power);
  if (telling.full && !alike(order, Metric::power))
    talk.add(kAnalysis.power_unlike, {{"list", conditions(c, order, Metric::power)}});
  add_energy(c, talk, ranked(model, Metric::total_energy));
  add_idle(c, talk, order);
  std::vector<std::string> without;
  std::string reason;
  for (const Column& column : model.columns) {
    if (!column.completed() || value_of(column, Metric::power)) continue;
    without.push_back(c.name(column));
    if (reason.empty()) reason = clause(why_missing(column, Metric::power), c.language);
  }
  if (telling.full && !without.empty()) {
    talk.add(kAnalysis.without_power, {{"list", join(without, c.language)}, {"reason", reason}});
  }
  return talk.take();
}

}  // namespace steelyard

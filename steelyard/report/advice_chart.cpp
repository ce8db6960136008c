// SPDX-License-Identifier: Apache-2.0
// What each system needs a day over the request rate, with the break-even rates named. Pure.
#include <algorithm>
#include <cmath>

#include "steelyard/report/advice_told.h"
#include "steelyard/report/format.h"
#include "steelyard/report/words_advise.h"

namespace steelyard {
namespace {

constexpr double kSeldom = 0.01;  // requests a second: one in 100 s, where idling is all
constexpr int kPoints = 60;

// kWh a day, or its cost with the hardware's share.
double a_day(const Advice& advice, const Candidate& c, const std::string& by, double rate) {
  const double kwh = (c.idle_watts->value + rate * c.marginal_joules->value) * 0.024;
  if (by == "energy") return kwh;
  return kwh * *advice.question.price_per_kwh + c.price->value / (advice.question.years * 365.25);
}

bool drawable(const Candidate& c, const std::string& by) {
  const bool wrong = std::any_of(c.checks.begin(), c.checks.end(), [](const Check& check) {
    return check.metric == "correctness" && check.verdict == Verdict::fails;
  });
  return !wrong && c.idle_watts && c.marginal_joules && c.capacity_per_second &&
         c.capacity_per_second->value > kSeldom && (by == "energy" || c.price);
}

State state_of(const Candidate& c) {
  return c.provenance == Provenance::simulated  ? State::expected
         : c.provenance == Provenance::imported ? State::imported
         : c.provenance == Provenance::entered  ? State::entered
                                                : State::measured;
}

}  // namespace

std::optional<Chart> rate_chart(const AdviceTold& told, const std::string& by) {
  const Advice& advice = told.advice;
  if (by == "cost" && !advice.question.price_per_kwh) return {};
  const bool energy = by == "energy";
  Chart chart;
  chart.kind = Chart::lines;
  chart.id = by + "-by-rate-" + advice.model;
  std::replace_if(
      chart.id.begin(), chart.id.end(),
      [](unsigned char ch) { return std::isalnum(ch) == 0 && ch != '-' && ch < 0x80; }, '-');
  chart.title = told.say(kAdvise.rate_chart,
                         {{"model", advice.model},
                          {"by", told.say(energy ? kAdvise.energy_noun : kAdvise.cost_noun)}});
  chart.description = told.say(kAdvise.rate_desc);
  chart.x_label = told.say(kAdvise.rate_axis);
  chart.y_label =
      energy ? told.say(kAdvise.energy_axis)
             : told.say(kAdvise.cost_axis,
                        {{"currency", unit_name(advice.question.currency, told.language)}});
  chart.x_unit = chart.y_unit = Chart::plain;
  const auto shown = [&](double v) { return energy ? significant(v, 3) + " kWh" : told.money(v); };
  chart.data = {chart.title, told.say(kAdvise.system), {}, {}, "", true};
  for (const Phrase* phrase : {&kAdvise.at_idle, &kAdvise.per_request, &kAdvise.up_to})
    chart.data.columns.push_back({told.say(*phrase), {}, State::plain});
  for (std::size_t i = 0; i < advice.candidates.size(); ++i) {
    const Candidate& c = advice.candidates[i];
    if (!drawable(c, by)) continue;
    Series series;
    series.name = c.name;
    series.style = static_cast<int>(i);
    series.expected = c.provenance == Provenance::simulated;
    const double last = c.capacity_per_second->value;
    for (int k = 0; k <= kPoints; ++k) {
      const double rate = kSeldom * std::pow(last / kSeldom, static_cast<double>(k) / kPoints);
      series.points.push_back({rate, a_day(advice, c, by, rate)});
    }
    if (series.points.front().second > 0) chart.series.push_back(std::move(series));
    const double idle = a_day(advice, c, by, 0);
    chart.data.rows.push_back(
        {c.name,
         {{shown(idle), state_of(c), {}, ""},
          {energy ? joules(c.marginal_joules->value) : shown(a_day(advice, c, by, 1) - idle),
           state_of(c),
           {},
           ""},
          {rate_text(last), state_of(c), {}, ""}},
         ""});
  }
  if (chart.series.empty()) return {};
  for (const Crossing& c : advice.crossings)
    if (c.by == by) chart.marks.push_back({c.rate.value, rate_text(c.rate.value)});
  return chart;
}

}  // namespace steelyard

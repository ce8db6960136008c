// SPDX-License-Identifier: Apache-2.0
// Where the systems stand against the limits asked for, and what each needs a day over the request
// rate, with the break-even rates named. Pure.
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

std::string id_of(const std::string& what, const std::string& model) {
  std::string id = what + "-" + model;
  std::replace_if(
      id.begin(), id.end(),
      [](unsigned char ch) { return std::isalnum(ch) == 0 && ch != '-' && ch < 0x80; }, '-');
  return id;
}

bool has_limits(const Candidate& c) {
  return c.latency_ns && c.busy_watts && c.latency_ns->value > 0 && c.busy_watts->value > 0;
}

}  // namespace

std::optional<Chart> limits_chart(const AdviceTold& told) {
  const Question& asked = told.advice.question;
  if (asked.latency.empty() && !asked.max_watts) return {};
  Chart chart;
  chart.kind = Chart::scatter;
  chart.id = id_of("limits", told.advice.model);
  chart.title = told.say(kAdvise.limits_chart, {{"model", told.advice.model}});
  chart.y_unit = Chart::power_w;
  chart.y_label = told.say(kAdvise.limits_watts);
  chart.data = {chart.title, told.say(kAdvise.system), {}, {}, "", true};
  std::string percentile = "99";
  for (const Candidate& c : told.advice.candidates) {
    if (!has_limits(c)) continue;
    percentile = given(c.percentile);
    Series series;
    series.name = c.name;
    series.style = static_cast<int>(&c - told.advice.candidates.data());
    series.expected = c.provenance == Provenance::simulated;
    series.points = {{c.latency_ns->value, c.busy_watts->value}};
    if (c.busy_watts->low > 0 && c.busy_watts->low < c.busy_watts->high)
      series.bound = std::pair(c.busy_watts->low, c.busy_watts->high);
    chart.series.push_back(std::move(series));
    chart.data.rows.push_back({c.name,
                               {{duration(c.latency_ns->value), state_of(c), {}, ""},
                                {watts(c.busy_watts->value), state_of(c), {}, ""}},
                               ""});
  }
  if (chart.series.empty()) return {};
  chart.x_label = told.say(kAdvise.limits_latency, {{"p", percentile}});
  chart.data.columns = {{chart.x_label, {}, State::plain}, {chart.y_label, {}, State::plain}};
  for (const LatencyLimit& limit : asked.latency)
    if (given(limit.percentile) == percentile)
      chart.x_limit =
          Limit{limit.ns, told.say(kAdvise.limit_latency, {{"value", duration(limit.ns)}})};
  if (asked.max_watts)
    chart.y_limit = Limit{*asked.max_watts,
                          told.say(kAdvise.limit_watts, {{"value", watts(*asked.max_watts)}})};
  chart.description = told.say(kAdvise.limits_desc);
  return chart;
}

std::optional<Chart> rate_chart(const AdviceTold& told, const std::string& by) {
  const Advice& advice = told.advice;
  if (by == "cost" && !advice.question.price_per_kwh) return {};
  const bool energy = by == "energy";
  Chart chart;
  chart.kind = Chart::lines;
  chart.id = id_of(by + "-by-rate", advice.model);
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

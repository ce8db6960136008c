// SPDX-License-Identifier: Apache-2.0
// Forecast beside what came, the parts of the latency, watts and clocks over time. Pure.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "steelyard/report/charts.h"
#include "steelyard/report/explain.h"
#include "steelyard/report/format.h"
#include "steelyard/report/sections.h"
#include "steelyard/report/words_charts.h"
#include "steelyard/report/words_terms.h"

namespace steelyard {
namespace {

constexpr std::size_t kDays = 60;  // more would hide that a forecast follows the price a day behind

const Phrase& name_of(Phase phase) {
  switch (phase) {
    case Phase::idle:
      return kCharts.idle;
    case Phase::warm_up:
      return kCharts.warm_up;
    case Phase::measure:
      return kCharts.measure;
    case Phase::context:
      return kCharts.context;
    case Phase::load:
      return kCharts.running;
    case Phase::rest:
      return kCharts.rest;
    case Phase::mark:
      return kCharts.mark;
  }
  return kCharts.measure;
}

bool draws_forecast(const Column& column) {
  const ForecastFigures& f = column.main->forecast;
  return column.completed() && !column.wrong() && f.forecast.size() > 1 &&
         f.actual.size() == f.forecast.size() && f.naive.size() == f.forecast.size();
}

// Readings of one channel within one phase.
void add_phase_row(const Context& c, const ChannelTrace& trace, const PhaseSpan& span, State state,
                   Table& table) {
  std::vector<double> inside;
  for (std::size_t i = 0; i < trace.values.size() && i < trace.seconds.size(); ++i)
    if (trace.seconds[i] >= span.begin_seconds && trace.seconds[i] <= span.end_seconds)
      inside.push_back(trace.values[i]);
  if (inside.empty()) return;
  const auto [least, greatest] = std::minmax_element(inside.begin(), inside.end());
  const auto cell = [&](double value) {
    return Cell{significant(value, 4) + " " + trace.unit, state, {}, ""};
  };
  table.rows.push_back(
      {trace.name + " (" + boundary_name(trace.boundary, c.language) + ")",
       {{c.say(name_of(span.phase)), State::plain, {}, ""}, cell(*least), cell(*greatest)},
       ""});
}

std::optional<Chart> time_chart(const Context& c, const ModelView& model, const Column& column,
                                const std::string& unit, const std::string& id) {
  const TimelineFigures& timeline = column.main->timeline;
  Chart chart;
  chart.kind = Chart::lines;
  chart.id = id;
  chart.log_x = chart.log_y = false;
  chart.x_unit = chart.y_unit = Chart::plain;
  const bool watts = unit == "W";
  chart.title = c.say(watts ? kCharts.power_time : kCharts.clock_time,
                      {{"device", c.name(column)}, {"model", model.title}});
  chart.x_label = c.say(kCharts.seconds_axis);
  chart.y_label = c.say(watts ? kCharts.watts_axis : kCharts.clock_axis);
  chart.data = {chart.title, c.say(kCharts.channel), {}, {}, "", true};
  for (const Phrase* phrase : {&kCharts.phase, &kCharts.least, &kCharts.greatest})
    chart.data.columns.push_back({c.say(*phrase), {}, State::plain});
  std::vector<std::string> phases;
  for (const PhaseSpan& span : timeline.phases) {
    phases.push_back(c.say(name_of(span.phase)));
    chart.spans.push_back({span.begin_seconds, span.end_seconds, phases.back()});
  }
  std::string list;
  for (const ChannelTrace& trace : timeline.channels) {
    if (trace.unit != unit || trace.values.size() < 2 ||
        trace.seconds.size() != trace.values.size())
      continue;
    Series series{trace.name,
                  static_cast<int>(chart.series.size()),
                  {},
                  {},
                  trace.provenance == Provenance::simulated};
    for (std::size_t i = 0; i < trace.values.size(); ++i)
      series.points.push_back({trace.seconds[i], trace.values[i]});
    const auto [least, greatest] = std::minmax_element(trace.values.begin(), trace.values.end());
    list +=
        (list.empty() ? "" : " ") +
        c.say(kCharts.time_item,
              {{"channel", trace.name + " (" + trace.definition + ")"},
               {"range", significant(*least, 4) + "–" + significant(*greatest, 4) + " " + unit}});
    for (const PhaseSpan& span : timeline.phases)
      add_phase_row(c, trace, span, state_of(column), chart.data);
    chart.series.push_back(std::move(series));
  }
  if (chart.series.empty()) return {};
  chart.description =
      c.say(kCharts.time_desc, {{"phases", join(phases, c.language)}, {"list", list}});
  return chart;
}

}  // namespace

std::vector<Chart> time_charts(const Context& c, const ModelView& model, int number) {
  std::vector<Chart> out;
  int device = 0;
  for (const Column& column : model.columns) {
    ++device;
    // The watts of a model of a device are two steps: its table says as much.
    if (!column.completed() || column.main->provenance == Provenance::simulated) continue;
    for (const char* unit : {"W", "MHz"}) {
      const std::string id =
          std::string("time-") + unit + "-" + std::to_string(number) + "-" + std::to_string(device);
      if (auto chart = time_chart(c, model, column, unit, id)) out.push_back(std::move(*chart));
    }
  }
  return out;
}

std::optional<Chart> forecast_chart(const Context& c, const ModelView& model, int number) {
  const auto found = std::find_if(model.columns.begin(), model.columns.end(), draws_forecast);
  if (found == model.columns.end()) return {};
  const Summary& s = *found->main;
  if (!s.accuracy.rmse || !s.accuracy.rmse_naive) return {};
  const ForecastFigures& f = s.forecast;
  const std::size_t from = f.forecast.size() > kDays ? f.forecast.size() - kDays : 0;
  Chart chart;
  chart.kind = Chart::lines;
  chart.id = "forecast-" + std::to_string(number);
  chart.log_x = chart.log_y = false;
  chart.x_unit = chart.y_unit = Chart::plain;
  chart.title = c.say(kCharts.forecast, {{"model", model.title}});
  const auto money = [&](double value) {
    return with_unit(quantity(value), s.accuracy.unit, c.language);
  };
  chart.description = c.say(kCharts.forecast_desc, {{"n", std::to_string(f.forecast.size() - from)},
                                                    {"device", c.name(*found)},
                                                    {"rmse", money(*s.accuracy.rmse)},
                                                    {"naive", money(*s.accuracy.rmse_naive)}});
  chart.x_label = c.say(kCharts.window_axis);
  chart.y_label = c.say(kCharts.price_axis, {{"unit", unit_name(s.accuracy.unit, c.language)}});
  Series forecast = series_of(c, *found);
  Series actual{c.say(kCharts.actual), forecast.style + 4, {}, {}};
  Series naive{c.say(kCharts.naive), forecast.style + 2, {}, {}};
  chart.data = {chart.title, c.say(kCharts.window), {}, {}, "", true};
  for (const std::string& name : {actual.name, naive.name, forecast.name})
    chart.data.columns.push_back({name, {}, State::plain});
  for (std::size_t i = from; i < f.forecast.size(); ++i) {
    const double window = static_cast<double>(f.first_window + i);
    Row row{std::to_string(f.first_window + i), {}, ""};
    for (const auto& [series, value] :
         {std::pair(&actual, f.actual[i]), std::pair(&naive, f.naive[i]),
          std::pair(&forecast, f.forecast[i])}) {
      if (!std::isfinite(value)) return {};
      series->points.push_back({window, value});
      row.cells.push_back({quantity(value), State::plain, {}, ""});
    }
    chart.data.rows.push_back(std::move(row));
  }
  chart.series = {std::move(actual), std::move(naive), std::move(forecast)};
  return chart;
}

std::optional<Chart> parts_chart(const Context& c, const ModelView& model, int number) {
  Chart chart;
  chart.kind = Chart::stacked;
  chart.id = "parts-" + std::to_string(number);
  chart.title = c.say(kCharts.parts, {{"model", model.title}});
  chart.data = {chart.title, c.say(kTerms.device), {}, {}, "", true};
  for (const Phrase* phrase : {&kCharts.part, &kCharts.mean, &kCharts.definition})
    chart.data.columns.push_back({c.say(*phrase), {}, State::plain});
  std::string list;
  for (const Column& column : model.columns) {
    std::vector<TimePart> parts = column.main->parts;
    if (const auto& prepare = column.main->latency_ns.prepare_ns)
      parts.push_back({c.say(kCharts.prepare), *prepare, c.say(kCharts.prepare)});
    std::erase_if(parts,
                  [](const TimePart& p) { return !(p.mean_ns > 0) || !std::isfinite(p.mean_ns); });
    if (!column.completed() || parts.empty()) continue;
    Series series = series_of(c, column);
    double sum = 0;
    std::vector<std::string> told;
    for (const TimePart& part : parts) {
      auto at = std::find(chart.segments.begin(), chart.segments.end(), part.name);
      if (at == chart.segments.end()) at = chart.segments.insert(at, part.name);
      series.points.push_back({part.mean_ns, static_cast<double>(at - chart.segments.begin())});
      sum += part.mean_ns;
      told.push_back(part.name + " " + duration(part.mean_ns));
      chart.data.rows.push_back({c.name(column),
                                 {{part.name, State::plain, {}, ""},
                                  {duration(part.mean_ns), state_of(column), {}, ""},
                                  {part.definition, State::plain, {}, ""}},
                                 ""});
    }
    chart.values.push_back(duration(sum));
    list +=
        (list.empty() ? "" : " ") +
        c.say(kCharts.parts_item, {{"device", c.name(column)}, {"parts", join(told, c.language)}});
    chart.series.push_back(std::move(series));
  }
  if (chart.series.empty()) return {};
  chart.description = c.say(kCharts.parts_desc, {{"list", list}});
  return chart;
}

}  // namespace steelyard

// SPDX-License-Identifier: Apache-2.0
// The charts as data with words: latency distribution, latency against energy or power, energy
// split, RMSE with the naive forecast; charts_loads.cpp and charts_time.cpp have the others.
// svg.cpp draws them; every chart brings the table behind it.
#include "steelyard/report/charts.h"

#include <algorithm>
#include <cmath>

#include "steelyard/report/explain.h"
#include "steelyard/report/format.h"
#include "steelyard/report/sections.h"
#include "steelyard/report/words_terms.h"

namespace steelyard {

Series series_of(const Context& c, const Column& column) {
  return {c.name(column), column.style, {}, {}, column.main->provenance == Provenance::simulated};
}

const PercentileFigure* percentile(const Summary& s, double p) {
  for (const PercentileFigure& figure : s.latency_ns.percentiles)
    if (figure.p == p) return &figure;
  return nullptr;
}

namespace {

Cell percentile_cell(const Context& c, const Column& column, double p) {
  const PercentileFigure* figure = percentile(*column.main, p);
  if (figure == nullptr || !figure->ns) {
    const Reason reason = figure != nullptr && figure->reason ? *figure->reason : Reason{};
    return {"", State::missing, {}, clause(reason, c.language)};
  }
  Cell cell{duration(*figure->ns), state_of(column), {}, ""};
  if (figure->upper_ns)
    cell.details.push_back(c.say(kTerms.upper, {{"value", duration(*figure->upper_ns)}}));
  return cell;
}

Table distribution_data(const Context& c, const std::vector<const Column*>& columns,
                        const std::string& title) {
  Table table{title, c.say(kTerms.device), {}, {}, "", true};
  table.columns.push_back({c.say(kTerms.minimum), {}, State::plain});
  for (const double p : {50.0, 90.0, 95.0, 99.0, 99.9})
    table.columns.push_back(
        {"p" + significant(p, 3).substr(0, p > 99.5 ? 4 : 2), {}, State::plain});
  table.columns.push_back({c.say(kTerms.maximum), {}, State::plain});
  for (const Column* column : columns) {
    const auto& latency = column->main->latency_ns;
    const auto edge = [&](const std::optional<double>& ns) {
      return ns ? Cell{duration(*ns), state_of(*column), {}, ""}
                : Cell{"", State::missing, {}, clause({}, c.language)};
    };
    Row row{c.name(*column), {edge(latency.min)}, ""};
    for (const double p : {50.0, 90.0, 95.0, 99.0, 99.9})
      row.cells.push_back(percentile_cell(c, *column, p));
    row.cells.push_back(edge(latency.max));
    table.rows.push_back(std::move(row));
  }
  return table;
}

std::optional<Chart> distribution(const Context& c, const ModelView& model, int number) {
  Chart chart;
  chart.kind = Chart::distribution;
  chart.id = "latency-" + std::to_string(number);
  chart.title = c.say(kTerms.latency_chart, {{"model", model.title}});
  chart.x_label = c.say(kTerms.latency_axis);
  chart.y_label = c.say(kTerms.share_axis);
  std::vector<const Column*> columns;
  std::string list;
  for (const Column& column : model.columns) {
    const auto& latency = column.main->latency_ns;
    if (!column.completed() || !column.single_stream()) continue;
    Series series = series_of(c, column);
    const std::size_t n = std::min(latency.curve_ns.size(), latency.curve_share.size());
    for (std::size_t i = 0; i < n; ++i) {
      const double x = latency.curve_ns[i], share = latency.curve_share[i];
      if (std::isfinite(x) && x > 0 && share >= 0 && share <= 1)
        series.points.push_back({x, share});
    }
    if (series.points.empty()) continue;
    const PercentileFigure* p99 = percentile(*column.main, 99);
    if (p99 != nullptr && p99->ns && p99->upper_ns && *p99->ns > 0)
      series.bound = std::pair(*p99->ns, *p99->upper_ns);
    columns.push_back(&column);
    const auto median = value_of(column, Metric::median), tail = value_of(column, Metric::p99);
    if (median && tail) {
      list += " " + c.say(kTerms.chart_item, {{"device", c.name(column)},
                                              {"p50", duration(*median)},
                                              {"p99", duration(*tail)}});
    }
    chart.series.push_back(std::move(series));
  }
  if (chart.series.empty()) return {};
  chart.description =
      c.say(kTerms.latency_chart_desc, {{"list", list.empty() ? list : list.substr(1)}});
  chart.data = distribution_data(c, columns, chart.title);
  return chart;
}

// Not beaten in both; in order of latency.
std::vector<std::pair<double, double>> front_of(const std::vector<Series>& series) {
  std::vector<std::pair<double, double>> points, front;
  for (const Series& s : series) points.push_back(s.points.front());
  std::sort(points.begin(), points.end());
  for (const auto& p : points)
    if (front.empty() || p.second < front.back().second) front.push_back(p);
  return front;
}

// Against energy where two devices have it, else against power. Where the boundaries differ each
// point names its own, and no Pareto front is drawn.
std::optional<Chart> scatter(const Context& c, const ModelView& model, int number) {
  const bool energy = ranked(model, Metric::total_energy).size() >= 2;
  const Metric metric = energy ? Metric::total_energy : Metric::power;
  Chart chart;
  chart.kind = Chart::scatter;
  chart.id = "cost-" + std::to_string(number);
  chart.title = c.say(energy ? kTerms.energy_chart : kTerms.power_chart, {{"model", model.title}});
  chart.x_label = c.say(kTerms.mean_axis);
  chart.y_label = c.say(energy ? kTerms.energy_axis : kTerms.power_axis);
  chart.y_unit = energy ? Chart::energy_j : Chart::power_w;
  chart.data = {chart.title, c.say(kTerms.device), {}, {}, "", true};
  for (const Phrase* phrase : {&kTerms.mean_latency, energy ? &kTerms.total_energy : &kTerms.power})
    chart.data.columns.push_back({c.say(*phrase), {}, State::plain});
  const bool same = alike(ranked(model, metric), metric);
  std::string list;
  for (const Ranked& r : ranked(model, metric)) {
    const auto mean = value_of(*r.column, Metric::mean);
    if (!mean || *mean <= 0 || r.value <= 0) continue;
    Series series = series_of(c, *r.column);
    series.points = {{*mean, r.value}};
    const auto& power = r.column->main->power;
    if (power.watts && power.low_watts && power.high_watts && *power.low_watts > 0) {
      const double scale = r.value / *power.watts;  // 1 for power itself
      series.bound = std::pair(*power.low_watts * scale, *power.high_watts * scale);
    }
    if (!same) series.name += " · " + boundary_name(condition_of(*r.column, metric), c.language);
    chart.series.push_back(std::move(series));
    list += " " + c.say(kTerms.scatter_item, {{"device", c.name(*r.column)},
                                              {"latency", duration(*mean)},
                                              {"cost", c.text(r, metric)}});
    Cell cost = cell_for(c, *r.column, metric);
    if (energy) {
      cost.details.push_back(
          c.say(kTerms.boundary_cell,
                {{"where", boundary_name(condition_of(*r.column, metric), c.language)}}));
    }
    chart.data.rows.push_back(
        {c.name(*r.column), {cell_for(c, *r.column, Metric::mean), std::move(cost)}, ""});
  }
  if (chart.series.size() < 2) return {};
  if (same) {
    chart.front = front_of(chart.series);
    chart.front_label = c.say(kTerms.pareto);
  }
  chart.description = c.say(kTerms.scatter_desc, {{"list", list.substr(1)}});
  return chart;
}

std::optional<Chart> errors(const Context& c, const ModelView& model, int number) {
  const auto order = ranked(model, Metric::rmse);
  if (order.size() < 2) return {};
  const auto& accuracy = order.front().column->main->accuracy;
  if (!accuracy.rmse_naive || *accuracy.rmse_naive <= 0) return {};
  Chart chart;
  chart.kind = Chart::bars;
  chart.id = "rmse-" + std::to_string(number);
  chart.title = c.say(kTerms.rmse_chart, {{"model", model.title}});
  chart.x_label = c.say(kTerms.rmse, {{"unit", unit_name(accuracy.unit, c.language)}});
  chart.x_unit = Chart::plain;
  chart.line = *accuracy.rmse_naive;
  const std::string naive = with_unit(quantity(*chart.line), accuracy.unit, c.language);
  chart.line_label = c.say(kTerms.naive_line, {{"value", naive}});
  chart.data = {chart.title, c.say(kTerms.device), {}, {}, "", true};
  chart.data.columns = {{chart.x_label, {}, State::plain},
                        {c.say(kTerms.precision), {}, State::plain}};
  std::string list;
  for (const Column& column : model.columns) {
    const auto value = value_of(column, Metric::rmse);
    if (!value || *value < 0) continue;
    Series series = series_of(c, column);
    series.points = {{*value, 0}};
    series.name += " · " + std::string(to_string(column.main->obtained));
    chart.series.push_back(std::move(series));
    const std::string text = text_of(*value, Metric::rmse, column, c.language);
    chart.values.push_back(text);
    list += " " + c.say(kTerms.rmse_item, {{"device", c.name(column)}, {"rmse", text}});
    chart.data.rows.push_back(
        {c.name(column),
         {cell_for(c, column, Metric::rmse),
          {std::string(to_string(column.main->obtained)), State::plain, {}, ""}},
         ""});
  }
  chart.description = c.say(kTerms.rmse_desc, {{"naive", naive}, {"list", list.substr(1)}});
  return chart;
}

// Total energy per inference, and what of it the device would have used while idle.
std::optional<Chart> energy_split(const Context& c, const ModelView& model, int number) {
  Chart chart;
  chart.kind = Chart::bars;
  chart.id = "energy-" + std::to_string(number);
  chart.title = c.say(kTerms.split_chart, {{"model", model.title}});
  chart.x_label = c.say(kTerms.split_axis);
  chart.x_unit = Chart::energy_j;
  chart.data = {chart.title, c.say(kTerms.device), {}, {}, "", true};
  for (const Phrase* phrase : {&kTerms.total_energy, &kTerms.dynamic_energy, &kTerms.idle_share})
    chart.data.columns.push_back({c.say(*phrase), {}, State::plain});
  std::string list;
  for (const Column& column : model.columns) {
    const auto total = value_of(column, Metric::total_energy);
    const auto dynamic = value_of(column, Metric::dynamic_energy);
    if (!total || !dynamic || *total <= 0 || *dynamic < 0 || *dynamic > *total) continue;
    Series series = series_of(c, column);
    series.points = {{*total, 0}};
    series.part = *total - *dynamic;
    chart.series.push_back(std::move(series));
    const std::string share = percent(100 * (*total - *dynamic) / *total);
    chart.values.push_back(joules(*total));
    list += " " + c.say(kTerms.split_item,
                        {{"device", c.name(column)}, {"total", joules(*total)}, {"share", share}});
    chart.data.rows.push_back({c.name(column),
                               {cell_for(c, column, Metric::total_energy),
                                cell_for(c, column, Metric::dynamic_energy),
                                {share, state_of(column), {}, ""}},
                               ""});
  }
  if (chart.series.empty()) return {};
  chart.description = c.say(kTerms.split_desc, {{"list", list.substr(1)}});
  return chart;
}

}  // namespace

Section charts_section(const Context& c) {
  Section section{"charts", c.say(kTerms.charts), 2, {}};
  int number = 0;
  for (const ModelView& model : c.view.models) {
    ++number;
    for (auto* make : {distribution, parts_chart, scatter, energy_split, errors, forecast_chart})
      if (auto chart = make(c, model, number)) section.parts.push_back(std::move(*chart));
    for (auto* make : {load_charts, time_charts})
      for (Chart& chart : make(c, model, number)) section.parts.push_back(std::move(chart));
  }
  return section;
}

}  // namespace steelyard

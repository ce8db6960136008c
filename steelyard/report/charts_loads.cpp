// SPDX-License-Identifier: Apache-2.0
// Throughput and p99 against batch, queries in flight and offered rate, with the point from which
// more brings little. Pure.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>

#include "steelyard/report/charts.h"
#include "steelyard/report/format.h"
#include "steelyard/report/sections.h"
#include "steelyard/report/words_charts.h"
#include "steelyard/report/words_terms.h"

namespace steelyard {
namespace {

struct Sweep {
  const char* id;
  const Phrase &rate_title, &tail_title, &axis, &setting;
  // Rows that differ in nothing but x belong together under `group`.
  std::function<std::optional<std::pair<double, double>>(const Summary&)> x_and_group;
  bool offered;  // x is a rate: the knee is where answers stay behind
};

std::vector<Sweep> sweeps() {
  using XY = std::optional<std::pair<double, double>>;
  const auto offline = [](const Summary& s) { return std::get_if<Offline>(&s.scenario); };
  return {{"batch", kCharts.batch_rate, kCharts.batch_tail, kCharts.batch_axis, kCharts.batch,
           [=](const Summary& s) -> XY {
             const Offline* o = offline(s);
             return o ? XY({o->batch, o->in_flight}) : XY();
           },
           false},
          {"depth", kCharts.depth_rate, kCharts.depth_tail, kCharts.depth_axis, kCharts.depth,
           [=](const Summary& s) -> XY {
             const Offline* o = offline(s);
             return o ? XY({o->in_flight, o->batch}) : XY();
           },
           false},
          {"rate", kCharts.load_rate, kCharts.load_tail, kCharts.load_axis, kCharts.load,
           [](const Summary& s) -> XY {
             const double rate = rate_of(s.scenario);
             return rate > 0 ? XY({rate, 1000.0 * static_cast<double>(s.scenario.index()) +
                                             in_flight_of(s.scenario)})
                             : XY();
           },
           true}};
}

// 64, 12.5, 1,000,000: as it was asked for.
std::string asked(double x) {
  return x == std::floor(x) && x < 1e15 ? decimal(x, 0) : fmt::format("{:.6g}", x);
}

struct Point {
  double x;
  const Summary* row;
  double rate, p99;
};

// The largest group of a device, in order of x.
std::vector<Point> points_of(const Column& column, const Sweep& sweep) {
  std::map<double, std::map<double, Point>> groups;
  for (const auto* rows : {&column.offline, &column.loads})
    for (const Summary* s : *rows) {
      const auto place = sweep.x_and_group(*s);
      const PercentileFigure* p99 = percentile(*s, 99);
      if (!place || s->outcome.kind != Outcome::Completed || s->correctness.kind == "WRONG" ||
          !s->throughput_per_second || *s->throughput_per_second <= 0 || p99 == nullptr ||
          !p99->ns || *p99->ns <= 0)
        continue;
      groups[place->second].try_emplace(
          place->first, Point{place->first, s, *s->throughput_per_second, *p99->ns});
    }
  std::vector<Point> best;
  for (const auto& [group, points] : groups) {
    if (points.size() <= best.size()) continue;
    best.clear();
    for (const auto& [x, point] : points) best.push_back(point);
  }
  return best;
}

// Empty where no rate could be answered.
const Point* knee_of(const std::vector<Point>& points, bool offered) {
  if (offered) {
    const Point* knee = nullptr;
    for (const Point& p : points)
      if (p.rate >= 0.98 * p.x) knee = &p;
    return knee;
  }
  double most = 0;
  for (const Point& p : points) most = std::max(most, p.rate);
  return &*std::find_if(points.begin(), points.end(),
                        [&](const Point& p) { return p.rate >= 0.9 * most; });
}

std::vector<Chart> charts_of(const Context& c, const ModelView& model, int number,
                             const Sweep& sweep) {
  Chart rate, tail;
  rate.kind = tail.kind = Chart::lines;
  rate.x_unit = rate.y_unit = tail.x_unit = Chart::plain;
  tail.y_unit = Chart::time_ns;
  rate.id = std::string(sweep.id) + "-rate-" + std::to_string(number);
  tail.id = std::string(sweep.id) + "-p99-" + std::to_string(number);
  rate.title = c.say(sweep.rate_title, {{"model", model.title}});
  tail.title = c.say(sweep.tail_title, {{"model", model.title}});
  rate.x_label = tail.x_label = c.say(sweep.axis);
  rate.y_label = c.say(kCharts.rate_axis);
  tail.y_label = c.say(kCharts.tail_axis);
  for (Chart* chart : {&rate, &tail}) {
    chart->data = {chart->title, c.say(kTerms.device), {}, {}, "", true};
    for (const Phrase* phrase : {&sweep.setting, chart == &rate ? &kTerms.throughput : &kTerms.p99})
      chart->data.columns.push_back({c.say(*phrase), {}, State::plain});
  }
  std::string list;
  for (const Column& column : model.columns) {
    const std::vector<Point> points = points_of(column, sweep);
    if (points.size() < 2) continue;
    Series of_rate = series_of(c, column), of_tail = of_rate;
    of_rate.marked = of_tail.marked = true;
    const std::string name = c.name(column);
    for (const Point& p : points) {
      of_rate.points.push_back({p.x, p.rate});
      of_tail.points.push_back({p.x, p.p99});
      const Cell x{asked(p.x), State::plain, {}, ""};
      rate.data.rows.push_back({name, {x, {per_second(p.rate), state_of(column), {}, ""}}, ""});
      tail.data.rows.push_back({name, {x, {duration(p.p99), state_of(column), {}, ""}}, ""});
    }
    if (const Point* knee = knee_of(points, sweep.offered)) {
      const std::string x = asked(knee->x);
      const Mark mark{knee->x, c.say(kCharts.knee_mark, {{"device", name}, {"x", x}})};
      rate.marks.push_back(mark);
      tail.marks.push_back(mark);
      list +=
          (list.empty() ? "" : " ") + c.say(kCharts.knee_item, {{"device", name},
                                                                {"setting", c.say(sweep.setting)},
                                                                {"x", x},
                                                                {"rate", per_second(knee->rate)},
                                                                {"p99", duration(knee->p99)}});
    }
    rate.series.push_back(std::move(of_rate));
    tail.series.push_back(std::move(of_tail));
  }
  if (rate.series.empty()) return {};
  rate.description = tail.description =
      c.say(sweep.offered ? kCharts.load_desc : kCharts.knee_desc, {{"list", list}});
  return {std::move(rate), std::move(tail)};
}

}  // namespace

std::vector<Chart> load_charts(const Context& c, const ModelView& model, int number) {
  std::vector<Chart> out;
  for (const Sweep& sweep : sweeps())
    for (Chart& chart : charts_of(c, model, number, sweep)) out.push_back(std::move(chart));
  return out;
}

}  // namespace steelyard

// SPDX-License-Identifier: Apache-2.0
// Charts as inline SVG: deterministic, coloured by the page's style sheet, with title and
// description for screen readers. Devices differ by colour, dash and shape; expected values are
// hollow. Pure.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <tuple>

#include "steelyard/report/format.h"
#include "steelyard/report/sections.h"
#include "steelyard/report/svg_parts.h"

namespace steelyard {
namespace {

using namespace svg;

// Probability paper: both the middle and the tails are visible.
double logit(double share) {
  const double p = std::clamp(share, 0.003, 0.99995);
  return std::log(p / (1 - p));
}

std::string distribution(const Chart& chart) {
  constexpr double kPlot = 340;
  const double bottom = kTop + kPlot, height = bottom + 62 + keys_height(chart);
  double low = 1e300, high = 0;
  for (const Series& s : chart.series) {
    low = std::min(low, s.points.front().first);
    high = std::max(high, s.points.back().first);
    if (s.bound) high = std::max(high, s.bound->second);
  }
  const Axis x = log_axis(low, high, kLeft, kWidth - kRight);
  const auto y = [&](double share) {
    const double bottom_logit = logit(0), top_logit = logit(1);
    return bottom - (logit(share) - bottom_logit) / (top_logit - bottom_logit) * kPlot;
  };
  std::string out = head(chart, height);
  for (const double tick : log_ticks(x.low, x.high, true))
    out += line("grid fine", x.at(tick), kTop, x.at(tick), bottom);
  for (const double tick : log_ticks(x.low, x.high)) {
    out += line("grid", x.at(tick), kTop, x.at(tick), bottom);
    out += text(x.at(tick), bottom + 18, "middle", tick_text(tick, chart.x_unit), "tick");
  }
  for (const double share : {0.01, 0.1, 0.5, 0.9, 0.99, 0.999, 0.9999}) {
    out += line("grid", kLeft, y(share), kWidth - kRight, y(share));
    out += text(kLeft - 8, y(share) + 4, "end", fmt::format("{:g} %", 100 * share), "tick");
  }
  out += line("axis", kLeft, bottom, kWidth - kRight, bottom);
  out += line("axis", kLeft, kTop, kLeft, bottom);
  for (const Series& s : chart.series) {
    std::vector<std::pair<double, double>> drawn;
    for (const auto& [ns, share] : s.points) drawn.push_back({x.at(ns), y(share)});
    out += fmt::format("<path class=\"curve s{}\"{} d=\"{}\"/>\n", s.style % kStyles,
                       dash_of(s.style), path(drawn));
    if (s.bound) {
      const std::string classes = fmt::format("bound s{}", s.style % kStyles);
      const double to = x.at(s.bound->second), at = y(0.99);
      out += line(classes, x.at(s.bound->first), at, to, at);
      out += line(classes, to, at - 6, to, at + 6);
    }
    for (const double share : {0.5, 0.99}) {
      const auto found = std::find_if(s.points.begin(), s.points.end(),
                                      [&](const auto& p) { return p.second >= share; });
      if (found != s.points.end()) out += shape(s, x.at(found->first), y(share));
    }
  }
  out += text((kLeft + kWidth - kRight) / 2, bottom + 38, "middle", chart.x_label);
  out += text(kLeft, kTop - 5, "start", chart.y_label, "tick");
  return out + keys(chart, bottom + 60, true) + "</svg>\n";
}

std::string scatter(const Chart& chart) {
  constexpr double kPlot = 300;
  const double bottom = kTop + kPlot, height = bottom + 62 + keys_height(chart);
  double low = 1e300, high = 0, least = 1e300, most = 0;
  for (const Series& s : chart.series) {
    const auto [ns, cost] = s.points.front();
    low = std::min(low, ns);
    high = std::max(high, ns);
    least = std::min(least, s.bound ? std::min(cost, s.bound->first) : cost);
    most = std::max(most, s.bound ? std::max(cost, s.bound->second) : cost);
  }
  for (const auto& [limit, from, to] :
       {std::tuple(&chart.x_limit, &low, &high), std::tuple(&chart.y_limit, &least, &most)}) {
    if (!*limit) continue;
    *from = std::min(*from, (*limit)->value);
    *to = std::max(*to, (*limit)->value);
  }
  const Axis x = log_axis(low, high, kLeft, kWidth - kRight),
             y = log_axis(least, most, bottom, kTop);
  std::string out = head(chart, height) + frame(chart, x, y);
  if (chart.x_limit) {
    const double at = x.at(chart.x_limit->value);
    out += line("limit", at, kTop, at, bottom);
    out += text(at - 6, bottom - 8, "end", chart.x_limit->label, "tick");
  }
  if (chart.y_limit) {
    const double at = y.at(chart.y_limit->value);
    out += line("limit", kLeft, at, kWidth - kRight, at);
    out += text(kWidth - kRight - 4, at - 6, "end", chart.y_limit->label, "tick");
  }
  if (chart.front.size() > 1) {
    std::vector<std::pair<double, double>> drawn;
    for (const auto& [ns, cost] : chart.front) drawn.push_back({x.at(ns), y.at(cost)});
    out += "<path class=\"front\" d=\"" + path(drawn) + "\"/>\n";
    out += text(x.at(chart.front.front().first) + 10, y.at(chart.front.front().second) + 18,
                "start", chart.front_label, "tick");
  }
  for (const Series& s : chart.series) {
    const auto [ns, cost] = s.points.front();
    if (s.bound) {
      const std::string classes = fmt::format("bound s{}", s.style % kStyles);
      for (const double end : {s.bound->first, s.bound->second})
        out += line(classes, x.at(ns) - 5, y.at(end), x.at(ns) + 5, y.at(end));
      out += line(classes, x.at(ns), y.at(s.bound->first), x.at(ns), y.at(s.bound->second));
    }
    out += shape(s, x.at(ns), y.at(cost), 7);
    const bool right = x.at(ns) < kWidth * 0.6;
    out += text(x.at(ns) + (right ? 14 : -14), y.at(cost) + 4.5, right ? "start" : "end", s.name,
                "halo");
  }
  return out + keys(chart, bottom + 60, false) + "</svg>\n";
}

}  // namespace

std::string draw(const Chart& chart) {
  switch (chart.kind) {
    case Chart::distribution:
      return distribution(chart);
    case Chart::scatter:
      return scatter(chart);
    case Chart::bars:
      return svg::bars(chart);
    case Chart::lines:
      return svg::lines(chart);
    case Chart::stacked:
      return svg::stacked(chart);
  }
  return {};
}

}  // namespace steelyard

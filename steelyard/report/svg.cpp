// SPDX-License-Identifier: Apache-2.0
// Charts as inline SVG: deterministic, coloured by the page's style sheet, with title and
// description for screen readers. Devices differ by colour, dash and shape; expected values are
// hollow. Pure.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

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
    std::string path;
    for (const auto& [ns, share] : s.points)
      path += (path.empty() ? "M" : "L") + num(x.at(ns)) + " " + num(y(share));
    out += fmt::format("<path class=\"curve s{}\"{} d=\"{}\"/>\n", s.style % kStyles,
                       dash_of(s.style), path);
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
  const Axis x = log_axis(low, high, kLeft, kWidth - kRight),
             y = log_axis(least, most, bottom, kTop);
  std::string out = head(chart, height);
  for (const double tick : log_ticks(x.low, x.high)) {
    out += line("grid", x.at(tick), kTop, x.at(tick), bottom);
    out += text(x.at(tick), bottom + 18, "middle", tick_text(tick, chart.x_unit), "tick");
  }
  for (const double tick : log_ticks(y.low, y.high)) {
    out += line("grid", kLeft, y.at(tick), kWidth - kRight, y.at(tick));
    out += text(kLeft - 8, y.at(tick) + 4, "end", tick_text(tick, chart.y_unit), "tick");
  }
  out += line("axis", kLeft, bottom, kWidth - kRight, bottom);
  out += line("axis", kLeft, kTop, kLeft, bottom);
  if (chart.front.size() > 1) {
    std::string path;
    for (const auto& [ns, cost] : chart.front)
      path += (path.empty() ? "M" : "L") + num(x.at(ns)) + " " + num(y.at(cost));
    out += "<path class=\"front\" d=\"" + path + "\"/>\n";
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
    out += text(x.at(ns) + (right ? 14 : -14), y.at(cost) + 4.5, right ? "start" : "end", s.name);
  }
  out += text((kLeft + kWidth - kRight) / 2, bottom + 38, "middle", chart.x_label);
  out += text(kLeft, kTop - 5, "start", chart.y_label, "tick");
  return out + keys(chart, bottom + 60, false) + "</svg>\n";
}

std::string bars(const Chart& chart) {
  constexpr double kEach = 46, kBar = 18;
  const double left = 16, right = kWidth - 150;
  const double bottom = kTop + 14 + kEach * static_cast<double>(chart.series.size());
  double most = chart.line.value_or(0);
  for (const Series& s : chart.series) most = std::max(most, s.points.front().first);
  const auto x = [&](double value) { return left + value / (most * 1.02) * (right - left); };
  std::string out = head(chart, bottom + 34);
  double y = kTop + 10;
  for (std::size_t i = 0; i < chart.series.size(); ++i, y += kEach) {
    const Series& s = chart.series[i];
    const int style = s.style % kStyles;
    out += text(left, y + 12, "start", s.name);
    out += fmt::format("<rect class=\"bar {}\"{} x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>\n",
                       s.expected ? fmt::format("hollow s{}", style) : fmt::format("f{}", style),
                       s.expected ? dash_of(1) : "", num(left), num(y + 18),
                       num(x(s.points.front().first) - left), num(kBar));
    if (s.part && *s.part < s.points.front().first)
      out += fmt::format("<rect class=\"rest\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>\n",
                         num(left), num(y + 23), num(x(*s.part) - left), num(kBar - 10));
    out += text(x(most) + 12, y + 32, "start", chart.values[i]);
  }
  if (chart.line) {
    out += line("naive", x(*chart.line), kTop, x(*chart.line), bottom + 6);
    out += text(x(*chart.line), bottom + 22, "end", chart.line_label);
  }
  out += text(left, bottom + 22, "start", chart.x_label, "tick");
  return out + "</svg>\n";
}

}  // namespace

std::string draw(const Chart& chart) {
  switch (chart.kind) {
    case Chart::distribution:
      return distribution(chart);
    case Chart::scatter:
      return scatter(chart);
    case Chart::bars:
      return bars(chart);
    case Chart::lines:
      return svg::lines(chart);
  }
  return {};
}

}  // namespace steelyard

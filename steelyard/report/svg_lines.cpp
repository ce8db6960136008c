// SPDX-License-Identifier: Apache-2.0
// Lines over a logarithmic axis, with the points where they cross named. Pure.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "steelyard/report/format.h"
#include "steelyard/report/svg_parts.h"

namespace steelyard::svg {

std::string lines(const Chart& chart) {
  constexpr double kPlot = 300;
  const double bottom = kTop + kPlot, height = bottom + 62 + keys_height(chart);
  double low = 1e300, high = 0, least = 1e300, most = 0;
  for (const Series& s : chart.series)
    for (const auto& [at, value] : s.points) {
      low = std::min(low, at);
      high = std::max(high, at);
      least = std::min(least, value);
      most = std::max(most, value);
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
  for (const Series& s : chart.series) {
    std::string path;
    for (const auto& [at, value] : s.points)
      path += (path.empty() ? "M" : "L") + num(x.at(at)) + " " + num(y.at(value));
    out += fmt::format("<path class=\"curve s{}\"{} d=\"{}\"/>\n", s.style % kStyles,
                       dash_of(s.style), path);
    const auto& [at, value] = s.points.back();
    out += shape(s, x.at(at), y.at(value));
  }
  for (const Mark& mark : chart.marks) {
    out += line("naive", x.at(mark.x), kTop, x.at(mark.x), bottom);
    const bool right = x.at(mark.x) < kWidth * 0.6;
    out += text(x.at(mark.x) + (right ? 8 : -8), kTop + 14, right ? "start" : "end", mark.label);
  }
  out += text((kLeft + kWidth - kRight) / 2, bottom + 38, "middle", chart.x_label);
  out += text(kLeft, kTop - 5, "start", chart.y_label, "tick");
  return out + keys(chart, bottom + 60, true) + "</svg>\n";
}

}  // namespace steelyard::svg

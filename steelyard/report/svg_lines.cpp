// SPDX-License-Identifier: Apache-2.0
// Lines: what a figure does over a rate, a batch or time, with phases and the points that matter
// named. Pure.
#include <fmt/format.h>

#include <algorithm>

#include "steelyard/report/format.h"
#include "steelyard/report/svg_parts.h"

namespace steelyard::svg {
namespace {

std::string spans(const Chart& chart, const Axis& x, double bottom) {
  std::string out;
  for (std::size_t i = 0; i < chart.spans.size(); ++i) {
    const Span& span = chart.spans[i];
    const double from = x.at(span.from), width = x.at(span.to) - from;
    if (i % 2 == 0)
      out += fmt::format("<rect class=\"phase\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>\n",
                         num(from), num(kTop), num(width), num(bottom - kTop));
    out += line("fine grid", from + width, kTop, from + width, bottom);
    if (width > 8 * display_width(span.label))
      out += text(from + width / 2, kTop + 14, "middle", span.label, "tick");
  }
  return out;
}

std::string marks(const Chart& chart, const Axis& x, double bottom) {
  std::string out;
  double y = kTop + 14;
  for (const Mark& mark : chart.marks) {
    const double at = x.at(mark.x);
    if (&mark == chart.marks.data() || (&mark - 1)->x != mark.x)
      out += line("naive", at, kTop, at, bottom);
    const bool right = at < kWidth * 0.6;
    out += text(at + (right ? 8 : -8), y, right ? "start" : "end", mark.label, "halo");
    y += 17;  // labels of neighbouring lines would cover one another
  }
  return out;
}

}  // namespace

std::string lines(const Chart& chart) {
  constexpr double kPlot = 300;
  const double bottom = kTop + kPlot, height = bottom + 62 + keys_height(chart);
  double low = 1e300, high = -1e300, least = 1e300, most = -1e300;
  for (const Series& s : chart.series)
    for (const auto& [at, value] : s.points) {
      low = std::min(low, at);
      high = std::max(high, at);
      least = std::min(least, value);
      most = std::max(most, value);
    }
  for (const Span& span : chart.spans) {
    low = std::min(low, span.from);
    high = std::max(high, span.to);
  }
  if (!chart.log_y) {
    const double margin = (most - least) * 0.08;  // phases and marks are named above the lines
    most += 2 * margin;
    least = least >= 0 ? std::max(0.0, least - margin) : least - margin;
  }
  const double right = kWidth - kRight;
  const Axis x =
      chart.log_x ? log_axis(low, high, kLeft, right) : linear_axis(low, high, kLeft, right);
  const Axis y =
      chart.log_y ? log_axis(least, most, bottom, kTop) : linear_axis(least, most, bottom, kTop);
  std::string out = head(chart, height) + spans(chart, x, bottom) + frame(chart, x, y);
  for (const Series& s : chart.series) {
    std::vector<std::pair<double, double>> drawn;
    for (const auto& [at, value] : s.points) drawn.push_back({x.at(at), y.at(value)});
    out += fmt::format("<path class=\"curve s{}\"{} d=\"{}\"/>\n", s.style % kStyles,
                       dash_of(s.style), path(drawn));
    for (const auto& [at, value] : s.points)
      if (s.marked || &value == &s.points.back().second) out += shape(s, x.at(at), y.at(value));
  }
  out += marks(chart, x, bottom);
  return out + keys(chart, bottom + 60, true) + "</svg>\n";
}

}  // namespace steelyard::svg

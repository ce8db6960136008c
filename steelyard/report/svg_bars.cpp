// SPDX-License-Identifier: Apache-2.0
// Bars over a linear axis: one figure a device, or the parts that a figure is made of. Pure.
#include <fmt/format.h>

#include <algorithm>

#include "steelyard/report/format.h"
#include "steelyard/report/svg_parts.h"

namespace steelyard::svg {

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

std::string stacked(const Chart& chart) {
  constexpr double kEach = 50, kBar = 20;
  const double left = 16, right = kWidth - 16;
  const double bottom = kTop + 14 + kEach * static_cast<double>(chart.series.size());
  double most = 0;
  const auto total = [](const Series& s) {
    double sum = 0;
    for (const auto& [value, part] : s.points) sum += value;
    return sum;
  };
  for (const Series& s : chart.series) most = std::max(most, total(s));
  std::string out =
      head(chart, bottom + 26 + 22 * static_cast<double>((chart.segments.size() + 2) / 3));
  double y = kTop + 10;
  for (std::size_t i = 0; i < chart.series.size(); ++i, y += kEach) {
    out += text(left, y + 12, "start", chart.series[i].name + " · " + chart.values[i]);
    double x = left;
    for (const auto& [value, part] : chart.series[i].points) {
      const double width = value / most * (right - left);
      const int number = static_cast<int>(part);
      out += fmt::format(
          "<rect class=\"segment f{}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>\n",
          number % kStyles, num(x), num(y + 18), num(width), num(kBar));
      if (width > 16)
        out += text(x + width / 2, y + 32.5, "middle", std::to_string(number + 1), "inside");
      x += width;
    }
  }
  for (std::size_t i = 0; i < chart.segments.size(); ++i)
    out +=
        text(left + 266 * static_cast<double>(i % 3), bottom + 22 + 22 * static_cast<double>(i / 3),
             "start", fmt::format("{}  {}", i + 1, chart.segments[i]), "tick");
  return out + "</svg>\n";
}

}  // namespace steelyard::svg

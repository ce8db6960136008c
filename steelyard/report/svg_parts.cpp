// SPDX-License-Identifier: Apache-2.0
// What the charts share. Pure.
#include "steelyard/report/svg_parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "steelyard/report/format.h"
#include "steelyard/report/sections.h"

namespace steelyard::svg {

// Two decimals at most, without trailing zeros: the same bytes everywhere.
std::string num(double value) {
  std::string text = fmt::format("{:.1f}", value);
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  return text == "-0" ? "0" : text;
}

std::string tick_text(double value, Chart::Unit unit) {
  std::string text;
  switch (unit) {
    case Chart::time_ns:
      text = duration(value);
      break;
    case Chart::power_w:
      text = watts(value);
      break;
    case Chart::energy_j:
      text = joules(value);
      break;
    case Chart::plain:
      if (value == 0) return "0";  // never -0
      return std::abs(value) >= 1e6   ? fmt::format("{:g}M", value / 1e6)
             : std::abs(value) >= 1e4 ? fmt::format("{:g}k", value / 1e3)
                                      : fmt::format("{:g}", value);
  }
  const auto space = text.find(' '), point = text.find('.');
  if (point == std::string::npos) return text;
  auto end = space;
  while (text[end - 1] == '0') --end;
  if (text[end - 1] == '.') --end;
  return text.substr(0, end) + text.substr(space);
}

// 1, 2, 5 of each decade where that gives few enough ticks, else 1 alone.
std::vector<double> log_ticks(double low, double high, bool always_fine) {
  std::vector<double> out;
  for (const bool fine : {true, false}) {
    out.clear();
    for (int e = static_cast<int>(std::floor(std::log10(low))); std::pow(10.0, e) <= high * 1.001;
         ++e)
      for (const double m : {1.0, 2.0, 5.0})
        if (fine || m == 1.0) {
          const double x = m * std::pow(10.0, e);
          if (x >= low * 0.999 && x <= high * 1.001) out.push_back(x);
        }
    if (out.size() <= 9 || always_fine) break;
  }
  return out;
}

std::vector<double> linear_ticks(double low, double high) {
  const double rough = (high - low) / 6;
  const double decade = std::pow(10.0, std::floor(std::log10(rough)));
  double step = 10 * decade;
  for (const double m : {5.0, 2.0, 1.0})
    if (m * decade >= rough) step = m * decade;
  std::vector<double> out;
  // Counted, because adding up would drift away from the round numbers.
  for (double k = std::ceil(low / step - 1e-9); k * step <= high + step * 1e-9; ++k)
    out.push_back(k * step);
  return out;
}

double Axis::at(double value) const {
  const double share =
      logarithmic ? std::log(value / low) / std::log(high / low) : (value - low) / (high - low);
  return from + std::clamp(share, 0.0, 1.0) * (to - from);
}

std::vector<double> Axis::ticks() const {
  return logarithmic ? log_ticks(low, high) : linear_ticks(low, high);
}

Axis linear_axis(double low, double high, double from, double to) {
  if (!(high > low)) return {low - 1, low + 1, from, to, false};
  return {low, high, from, to, false};
}

Axis log_axis(double low, double high, double from, double to) {
  const double margin = std::max(1.08, std::pow(high / low, 0.05));
  return {low / margin, high * margin, from, to, true};
}

std::string frame(const Chart& chart, const Axis& x, const Axis& y) {
  const double bottom = y.from;
  std::string out;
  for (const double tick : x.ticks()) {
    out += line("grid", x.at(tick), kTop, x.at(tick), bottom);
    out += text(x.at(tick), bottom + 18, "middle", tick_text(tick, chart.x_unit), "tick");
  }
  for (const double tick : y.ticks()) {
    out += line("grid", kLeft, y.at(tick), kWidth - kRight, y.at(tick));
    out += text(kLeft - 8, y.at(tick) + 4, "end", tick_text(tick, chart.y_unit), "tick");
  }
  out += line("axis", kLeft, bottom, kWidth - kRight, bottom);
  out += line("axis", kLeft, kTop, kLeft, bottom);
  out += text((kLeft + kWidth - kRight) / 2, bottom + 38, "middle", chart.x_label);
  return out + text(kLeft, kTop - 5, "start", chart.y_label, "tick");
}

std::string path(const std::vector<std::pair<double, double>>& points) {
  std::string out;
  double x = 0, y = 0;  // as drawn so far, so that rounding does not add up
  for (const auto& [to_x, to_y] : points) {
    const double dx = std::round(10 * to_x) / 10 - x, dy = std::round(10 * to_y) / 10 - y;
    const std::string down = num(dy);
    out += (out.empty() ? "M" : "l") + num(dx) + (down[0] == '-' ? "" : " ") + down;
    x += dx;
    y += dy;
  }
  return out;
}

std::string line(std::string_view classes, double x1, double y1, double x2, double y2) {
  return fmt::format("<line class=\"{}\" x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\"/>\n", classes,
                     num(x1), num(y1), num(x2), num(y2));
}

std::string text(double x, double y, std::string_view anchor, std::string_view words,
                 std::string_view classes) {
  return fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=\"{}\"{}>{}</text>\n", num(x), num(y),
                     anchor, classes.empty() ? "" : fmt::format(" class=\"{}\"", classes),
                     escape(words));
}

std::string dash_of(int style) {
  static constexpr const char* kDashes[kStyles] = {"", "8 4", "2 3", "10 3 2 3", "14 5", "5 2 1 2"};
  const std::string_view dash = kDashes[style % kStyles];
  return dash.empty() ? "" : fmt::format(" stroke-dasharray=\"{}\"", dash);
}

std::string shape(const Series& s, double x, double y, double r) {
  const int style = s.style % kStyles;
  const std::string classes =
      s.expected ? fmt::format("hollow s{}", style) : fmt::format("f{} s{}", style, style);
  const auto polygon = [&](std::initializer_list<std::pair<double, double>> corners) {
    std::string points;
    for (const auto& [dx, dy] : corners)
      points += (points.empty() ? "" : " ") + num(x + dx * r) + "," + num(y + dy * r);
    return fmt::format("<polygon class=\"{}\" points=\"{}\"/>\n", classes, points);
  };
  switch (style) {
    case 0:
      return fmt::format("<circle class=\"{}\" cx=\"{}\" cy=\"{}\" r=\"{}\"/>\n", classes, num(x),
                         num(y), num(r));
    case 1:
      return polygon({{-.9, -.9}, {.9, -.9}, {.9, .9}, {-.9, .9}});
    case 2:
      return polygon({{0, -1.2}, {1.1, .8}, {-1.1, .8}});
    case 3:
      return polygon({{0, -1.3}, {1.2, 0}, {0, 1.3}, {-1.2, 0}});
    case 4:
      return polygon({{0, 1.2}, {1.1, -.8}, {-1.1, -.8}});
    default:
      return polygon(
          {{-1, -.5}, {-.5, -1}, {.5, -1}, {1, -.5}, {1, .5}, {.5, 1}, {-.5, 1}, {-1, .5}});
  }
}

std::string head(const Chart& chart, double height) {
  return fmt::format(
      "<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-labelledby=\"{}-title {}-desc\">\n"
      "<title id=\"{}-title\">{}</title>\n<desc id=\"{}-desc\">{}</desc>\n",
      num(kWidth), num(height), chart.id, chart.id, chart.id, escape(chart.title), chart.id,
      escape(chart.description));
}

// The names below the drawing, each with its line and shape; as many lines as it takes.
std::string keys(const Chart& chart, double y, bool with_line) {
  std::string out;
  double x = kLeft;
  for (const Series& s : chart.series) {
    const double width = 58 + 7.4 * display_width(s.name);
    if (x > kLeft && x + width > kWidth - kRight) {
      x = kLeft;
      y += 22;
    }
    if (with_line) {
      out += fmt::format("<path class=\"curve s{}\"{} d=\"M{} {}h34\"/>\n", s.style % kStyles,
                         dash_of(s.style), num(x), num(y));
    }
    out += shape(s, x + 17, y);
    out += text(x + 42, y + 4.5, "start", s.name);
    x += width;
  }
  return out;
}

double keys_height(const Chart& chart) {
  double x = kLeft, height = 22;
  for (const Series& s : chart.series) {
    const double width = 58 + 7.4 * display_width(s.name);
    if (x > kLeft && x + width > kWidth - kRight) {
      x = kLeft;
      height += 22;
    }
    x += width;
  }
  return height;
}

}  // namespace steelyard::svg

// SPDX-License-Identifier: Apache-2.0
// What the charts share: axes, ticks, lines, words, the shapes and dashes of devices. Pure.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "steelyard/report/document.h"

namespace steelyard::svg {

inline constexpr double kWidth = 820, kLeft = 64, kRight = 24, kTop = 18;
inline constexpr int kStyles = 6;

std::string num(double value);
std::string tick_text(double value, Chart::Unit unit);
// 1, 2, 5 of each decade where that gives few enough ticks, else 1 alone.
std::vector<double> log_ticks(double low, double high, bool always_fine = false);

// About six round numbers.
std::vector<double> linear_ticks(double low, double high);

struct Axis {
  double low, high, from, to;  // data and drawing units
  bool logarithmic = true;
  double at(double value) const;
  std::vector<double> ticks() const;
};
Axis linear_axis(double low, double high, double from, double to);
Axis log_axis(double low, double high, double from, double to);

// Through drawn points, each relative to the one before: half the bytes of absolute ones.
std::string path(const std::vector<std::pair<double, double>>& points);
std::string line(std::string_view classes, double x1, double y1, double x2, double y2);
std::string text(double x, double y, std::string_view anchor, std::string_view words,
                 std::string_view classes = "");
std::string dash_of(int style);
std::string shape(const Series& s, double x, double y, double r = 5);
std::string head(const Chart& chart, double height);
// The names below the drawing, each with its line and shape; as many lines as it takes.
std::string keys(const Chart& chart, double y, bool with_line);
double keys_height(const Chart& chart);

// Ticks, grid, axes and their labels.
std::string frame(const Chart& chart, const Axis& x, const Axis& y);

std::string lines(const Chart& chart);    // svg_lines.cpp
std::string bars(const Chart& chart);     // svg_bars.cpp
std::string stacked(const Chart& chart);  // svg_bars.cpp

}  // namespace steelyard::svg

// SPDX-License-Identifier: Apache-2.0
// Numbers as text. Pure and thread-safe.
#include "steelyard/report/format.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <iterator>

namespace steelyard {
namespace {

std::string with_separators(std::string number) {
  const std::size_t begin = number.starts_with('-') ? 1 : 0;
  std::size_t point = number.find('.');
  if (point == std::string::npos) point = number.size();
  for (std::size_t at = point; at > begin + 3; at -= 3) number.insert(at - 3, ",");
  if (begin == 1) number.replace(0, 1, "−");
  return number;
}

// The exponent after rounding to `digits`, so that 9.9996 counts as 10.00 and not as 9.9996.
int rounded_exponent(double value, int digits) {
  const std::string text = fmt::format("{:.{}e}", value, digits - 1);
  return std::atoi(text.c_str() + text.find('e') + 1);
}

// "4.2×10⁻⁷"
std::string scientific(double value, int digits, int exponent) {
  static constexpr std::string_view kRaised[] = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
  const std::string mantissa = fmt::format("{:.{}e}", value, digits - 1);
  std::string out = with_separators(mantissa.substr(0, mantissa.find('e'))) + "×10";
  for (const char c : std::to_string(exponent)) {
    if (c == '-') {
      out += "⁻";
    } else {
      out += kRaised[c - '0'];
    }
  }
  return out;
}

struct Scale {
  double unit;
  const char* name;
};

// The largest unit in which the rounded value is at least 1; the smallest when there is none.
template <std::size_t n>
std::string scaled(double value, const Scale (&scales)[n], int digits) {
  if (!std::isfinite(value)) return "?";
  const Scale* chosen = &scales[0];
  if (value != 0) {
    for (const Scale& scale : scales) {
      if (rounded_exponent(value / scale.unit, digits) >= 0) chosen = &scale;
    }
  } else {
    chosen = &scales[n - 1];
  }
  return significant(value / chosen->unit, digits) + " " + chosen->name;
}

}  // namespace

std::string decimal(double value, int decimals) {
  if (!std::isfinite(value)) return "?";
  std::string text = fmt::format("{:.{}f}", value, decimals);
  if (text.find_first_not_of("-0.") == std::string::npos && text.starts_with('-')) text.erase(0, 1);
  return with_separators(std::move(text));
}

std::string significant(double value, int digits) {
  if (!std::isfinite(value)) return "?";
  if (value == 0) return "0";
  const int exponent = rounded_exponent(value, digits);
  if (exponent < -5 || exponent >= 15) return scientific(value, digits, exponent);
  if (exponent >= digits) {  // zeros in place of digits that mean nothing
    const double step = std::pow(10.0, exponent - digits + 1);
    return decimal(std::round(value / step) * step, 0);
  }
  return decimal(value, digits - 1 - exponent);
}

std::string duration(double ns) {
  static constexpr Scale kScales[] = {{1, "ns"}, {1e3, "µs"}, {1e6, "ms"}, {1e9, "s"}};
  if (ns == 0) return "0 ns";
  return scaled(ns, kScales, 4);
}

std::string per_second(double rate) {
  if (!std::isfinite(rate)) return "?";
  return rate >= 1000 ? decimal(rate, 0) : significant(rate, 4);
}

std::string watts(double value) {
  static constexpr Scale kScales[] = {{1e-3, "mW"}, {1, "W"}};
  return scaled(value, kScales, 3);
}

std::string joules(double value) {
  static constexpr Scale kScales[] = {{1e-9, "nJ"}, {1e-6, "µJ"}, {1e-3, "mJ"}, {1, "J"}};
  return scaled(value, kScales, 3);
}

std::string bytes(double value) {
  static constexpr Scale kScales[] = {
      {1, "B"}, {1024, "KiB"}, {1024.0 * 1024, "MiB"}, {1024.0 * 1024 * 1024, "GiB"}};
  return scaled(value, kScales, 3);
}

std::string percent(double value) { return significant(value, std::abs(value) < 1 ? 2 : 3) + " %"; }

std::string signed_percent(double value) {
  const std::string text = std::abs(value) < 10 ? decimal(value, 2) : significant(value, 3);
  return (value > 0 && text != "0.00" ? "+" : "") + text + " %";
}

std::string range(double low, double high, const std::function<std::string(double)>& text) {
  std::string from = text(low);
  const std::string to = text(high);
  const auto unit = from.rfind(' ');
  if (unit != std::string::npos && to.ends_with(from.substr(unit))) from.resize(unit);
  return from + "–" + to;
}

std::string factor(double ratio) { return significant(ratio, 3); }

std::string quantity(double value) {
  if (!std::isfinite(value)) return "?";
  const double size = std::abs(value);
  if (size >= 1000) return decimal(value, 2);
  return size >= 1 ? decimal(value, 3) : significant(value, 4);
}

std::string count(unsigned long long value) { return with_separators(std::to_string(value)); }

std::string unit_name(std::string_view unit, Language language) {
  const bool korean = language == Language::ko;
  if (unit.empty()) return korean ? "데이터의 단위" : "the data's unit";
  if (korean && unit == "USD") return "달러";
  if (korean && unit == "KRW") return "원";
  if (korean && unit == "EUR") return "유로";
  if (korean && unit == "points") return "포인트";
  return std::string(unit);
}

std::string with_unit(const std::string& number, std::string_view unit, Language language) {
  if (unit.empty()) return number;
  const std::string name = unit_name(unit, language);
  return name == unit ? number + " " + name : number + name;
}

}  // namespace steelyard

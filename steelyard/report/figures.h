// SPDX-License-Identifier: Apache-2.0
// The figures of columns by name: their value or why there is none, their text, their rank. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "steelyard/report/view.h"
#include "steelyard/report/words.h"

namespace steelyard {

enum class Metric {
  mean,
  median,
  p99,
  throughput,
  rmse,
  utilisation,
  power,
  total_energy,
  dynamic_energy,
  memory
};

// Missing where the column was not completed, does not say, or says something that is not finite.
std::optional<double> value_of(const Column&, Metric);
Reason why_missing(const Column&, Metric);
// With its unit.
std::string text_of(double value, Metric, const Column&, Language);
// Where the figure is in the published JSON: "latency_ns.mean".
std::string path_of(Metric);

struct Ranked {
  const Column* column;
  double value;
};
// Columns that have the figure and whose outputs are not WRONG, best first (least; for throughput,
// most). Ties keep the order of the columns.
std::vector<Ranked> ranked(const ModelView&, Metric);

// 95 % interval of a / b, in log space from their own intervals taken as independent. Empty where
// one has none, and for expected values: the noise of a model says nothing about the device.
struct FactorInterval {
  double low, high;
};
std::optional<FactorInterval> factor_interval(const Ranked& a, const Ranked& b, Metric);
const std::optional<IntervalFigure>& interval_of(const Column&, Metric);

// Boundary of power, or definition of utilisation: what must be alike before values are compared.
std::string condition_of(const Column&, Metric);
bool alike(const std::vector<Ranked>&, Metric);

// Differences of errors below this share are not told in digits.
inline constexpr double kTinyGap = 1e-4;

// What the sections are made from.
struct Context {
  const View& view;
  Language language;

  std::string say(const Phrase& phrase, Values values = {}) const {
    return fill(phrase, language, values);
  }
  std::string name(const Column& column) const { return view.name(column, language); }
  std::string text(const Ranked& r, Metric metric) const {
    return text_of(r.value, metric, *r.column, language);
  }
  std::string gap(double ratio) const;                // "1.47 %" by which 1.0147 exceeds 1
  std::string interval(const FactorInterval&) const;  // "95 % 신뢰 구간 6.31–6.41"
  std::string born(const Column&) const;              // in running text: "실측", "expected"
  // "GRU_Apple native-cpu latency_ns.mean"
  std::string source(const ModelView&, const Column&, Metric) const;
};

}  // namespace steelyard

// SPDX-License-Identifier: Apache-2.0
// Student's t over processes, blocks or batches. Thread-safe.
#include "steelyard/stats/intervals.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "steelyard/stats/distributions.h"

namespace steelyard::stats {
namespace {

constexpr double kTwoSided95 = 0.975, kOneSided99 = 0.99;
// Ten batches: enough freedom for t, and each long against what makes queries alike.
constexpr std::size_t kBatches = 10, kFewestInABatch = 10;

Moments merged(const std::vector<const Block*>& blocks) {
  Moments moments;
  for (const Block* block : blocks) moments.merge(moments_of(*block));
  return moments;
}

Histogram merged_histogram(const std::vector<const Block*>& blocks) {
  Histogram histogram;
  for (const Block* block : blocks) merge_histogram(histogram, *block);
  return histogram;
}

std::optional<double> half_width(const std::vector<double>& values, double chance) {
  if (values.size() < 2) return {};
  Moments moments;
  for (const double value : values) moments.add(value);
  const auto k = static_cast<double>(values.size());
  return student_quantile(chance, k - 1) * moments.stddev() / std::sqrt(k);
}

std::optional<IntervalFigure> around(double centre, const std::vector<double>& values,
                                     const std::string& level) {
  const auto half = half_width(values, kTwoSided95);
  if (!half) return {};
  // Of times: none is below zero, however few and unlike the blocks are.
  return IntervalFigure{std::max(0.0, centre - *half), centre + *half, level};
}

// The longest block's kept queries in kBatches equal stretches, each reduced to one number.
template <class Value>
std::optional<IntervalFigure> over_batches(double centre, const Latencies& latencies, Value value) {
  const Series* longest = nullptr;
  for (const Series& series : latencies.blocks())
    if (longest == nullptr || series.size() > longest->size()) longest = &series;
  if (longest == nullptr || longest->size() < kBatches * kFewestInABatch) return {};
  const std::size_t length = longest->size() / kBatches;
  std::vector<double> values;
  for (std::size_t b = 0; b < kBatches; ++b) {
    const auto from = longest->begin() + static_cast<std::ptrdiff_t>(b * length);
    values.push_back(value(Series(from, from + static_cast<std::ptrdiff_t>(length))));
  }
  return around(centre, values, "queries");
}

}  // namespace

Units units_of(const Totals& totals, std::uint32_t fewest_workers) {
  Units units;
  if (totals.workers >= fewest_workers) {
    units.level = "workers";
    std::map<std::uint32_t, std::vector<const Block*>> by_worker;
    for (const Block* block : totals.blocks) by_worker[block->worker].push_back(block);
    for (auto& [worker, blocks] : by_worker) units.groups.push_back(std::move(blocks));
  } else {
    units.level = "blocks";
    for (const Block* block : totals.blocks) units.groups.push_back({block});
  }
  return units;
}

std::optional<IntervalFigure> mean_interval(const Totals& totals, const Latencies& latencies) {
  const double centre = latencies.moments().mean;
  if (latencies.moments().count == 0) return {};
  const Units units = units_of(totals, 2);
  if (units.groups.size() >= 2) {
    std::vector<double> values;
    for (const auto& group : units.groups)
      if (const Moments moments = merged(group); moments.count > 0) values.push_back(moments.mean);
    return around(centre, values, units.level);
  }
  return over_batches(centre, latencies, [](const Series& series) {
    double sum = 0;
    for (const std::int64_t ns : series) sum += static_cast<double>(ns);
    return sum / static_cast<double>(series.size());
  });
}

std::optional<IntervalFigure> median_interval(const Totals& totals, const Latencies& latencies,
                                              double centre) {
  const Units units = units_of(totals, 2);
  if (units.groups.size() >= 2) {
    std::vector<double> values;
    for (const auto& group : units.groups)
      if (const auto median = percentile_of(merged_histogram(group), 50)) values.push_back(*median);
    return around(centre, values, units.level);
  }
  return over_batches(centre, latencies, [](Series series) {
    const auto middle = series.begin() + static_cast<std::ptrdiff_t>((series.size() - 1) / 2);
    std::nth_element(series.begin(), middle, series.end());
    return static_cast<double>(*middle);
  });
}

std::optional<IntervalFigure> interval_over_units(
    const Totals& totals, double centre,
    const std::function<double(const std::vector<const Block*>&)>& value) {
  const Units units = units_of(totals, 2);
  std::vector<double> values;
  for (const auto& group : units.groups) values.push_back(value(group));
  return around(centre, values, units.level);
}

std::optional<double> bound_over_units(const Totals& totals, double p, double beyond) {
  const Units units = units_of(totals, 3);
  std::vector<double> values;
  double sum = 0;
  for (const auto& group : units.groups) {
    const auto value = percentile_of(merged_histogram(group), p, beyond);
    if (!value) return {};
    values.push_back(*value);
    sum += *value;
  }
  if (values.size() < 3) return {};
  return sum / static_cast<double>(values.size()) + *half_width(values, kOneSided99);
}

}  // namespace steelyard::stats

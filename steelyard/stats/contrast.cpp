// SPDX-License-Identifier: Apache-2.0
// Student's t on logarithms of ratios. Thread-safe.
#include "steelyard/stats/contrast.h"

#include <algorithm>
#include <cmath>

#include "steelyard/stats/distributions.h"
#include "steelyard/stats/intervals.h"

namespace steelyard::stats {
namespace {

constexpr std::uint32_t kFewestWorkers = 3;
constexpr double kUnseenSpread = 0.02;
constexpr double kChance = 0.975, kWideChance = 0.998;
// Student's t leans on a normal spread most where values are few: with three evenly spread
// processes a side 0.998 is exceeded almost twice as often as it says.
constexpr double kWideChanceOfFew = 0.999;
constexpr double kFewDegrees = 6;
// By chance so many campaigns look shaken. The narrower of both estimates whenever it is narrower
// called twice as many identical sides different (tests/stats/compare_test.cpp).
constexpr double kShakenByChance = 0.005;
constexpr double kManyDegrees = 1e7;

struct Point {
  double order = 0, log_value = 0;
};

// One point a unit, in the order of the campaign; empty when a unit has no value.
std::vector<Point> points_of(const Units& units, const Value& value) {
  std::vector<Point> points;
  for (const auto& group : units.groups) {
    const auto found = value(group);
    if (!found || !(*found > 0)) return {};
    double order = 0;
    for (const Block* block : group) order += block->order;
    points.push_back({order / static_cast<double>(group.size()), std::log(*found)});
  }
  std::sort(points.begin(), points.end(),
            [](const Point& x, const Point& y) { return x.order < y.order; });
  return points;
}

Contrast with(double log_ratio, double error, double freedom) {
  const double wide = freedom < kFewDegrees ? kWideChanceOfFew : kWideChance;
  return {log_ratio, student_quantile(kChance, freedom) * error,
          student_quantile(wide, freedom) * error, ""};
}

Moments moments_of_logs(const std::vector<Point>& points) {
  Moments moments;
  for (const Point& point : points) moments.add(point.log_value);
  return moments;
}

// Neighbours in time; rounds of a campaign hold one block of each case.
Moments differences_of(const std::vector<Point>& a, const std::vector<Point>& b) {
  Moments differences;
  for (std::size_t i = 0; i < a.size(); ++i) differences.add(b[i].log_value - a[i].log_value);
  return differences;
}

Contrast in_pairs(const std::vector<Point>& a, const std::vector<Point>& b) {
  const Moments differences = differences_of(a, b);
  const auto n = static_cast<double>(differences.count);
  return with(differences.mean, differences.stddev() / std::sqrt(n), n - 1);
}

// Do neighbours go up and down together, beyond a common trend? Sums and differences of independent
// sides have the same variance: an F test of the one against the other.
bool shaken_together(const std::vector<Point>& a, const std::vector<Point>& b) {
  Moments orders, sums;
  for (std::size_t i = 0; i < a.size(); ++i) {
    orders.add(a[i].order + b[i].order);
    sums.add(a[i].log_value + b[i].log_value);
  }
  double along = 0, across = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double t = a[i].order + b[i].order - orders.mean;
    along += t * t;
    across += t * (a[i].log_value + b[i].log_value - sums.mean);
  }
  const double n = static_cast<double>(a.size()) - 2, m = n + 1;
  const double apart = differences_of(a, b).m2;
  if (along <= 0 || apart <= 0) return false;
  const double left = std::max(sums.m2 - across * across / along, 0.0);
  return regularised_beta(m / 2, n / 2, apart / (apart + left)) < kShakenByChance;
}

Contrast as_two_samples(const std::vector<Point>& a, const std::vector<Point>& b) {
  const Moments x = moments_of_logs(a), y = moments_of_logs(b);
  const auto n = static_cast<double>(a.size()), m = static_cast<double>(b.size());
  const double variance = (x.m2 + y.m2) / (n + m - 2);
  return with(y.mean - x.mean, std::sqrt(variance * (1 / n + 1 / m)), n + m - 2);
}

// y = side + slope * order: least squares with the slope common to both sides.
std::optional<Contrast> with_common_trend(const std::vector<Point>& a,
                                          const std::vector<Point>& b) {
  const double freedom = static_cast<double>(a.size() + b.size()) - 3;
  double along = 0, across = 0, squares = 0;
  double order_gap = 0, value_gap = 0;
  double sign = -1;
  for (const auto* side : {&a, &b}) {
    Moments orders;
    for (const Point& point : *side) orders.add(point.order);
    const double centre = moments_of_logs(*side).mean;
    for (const Point& point : *side) {
      const double t = point.order - orders.mean, y = point.log_value - centre;
      along += t * t;
      across += t * y;
      squares += y * y;
    }
    order_gap += sign * orders.mean;
    value_gap += sign * centre;
    sign = 1;
  }
  if (along <= 0) return {};
  const double slope = across / along;
  const double variance = std::max(squares - slope * across, 0.0) / freedom;
  const double error =
      std::sqrt(variance * (1 / static_cast<double>(a.size()) + 1 / static_cast<double>(b.size()) +
                            order_gap * order_gap / along));
  return with(value_gap - slope * order_gap, error, freedom);
}

// For a spread that was not seen but is known from elsewhere.
void allow_for(Contrast& contrast, double error) {
  contrast.half = std::hypot(contrast.half, student_quantile(kChance, kManyDegrees) * error);
  contrast.wide_half =
      std::hypot(contrast.wide_half, student_quantile(kWideChance, kManyDegrees) * error);
}

}  // namespace

Contrast contrast_of_passes(double a, double b, bool paired) {
  Contrast contrast{std::log(b / a), 0, 0, "passes"};
  allow_for(contrast, kUnseenSpread * std::sqrt(paired ? 2.0 : 4.0));
  return contrast;
}

std::optional<Contrast> contrast_of(const Totals& a, const Totals& b, bool paired,
                                    const Value& value_a, const Value& value_b) {
  const bool over_workers = std::min(a.workers, b.workers) >= kFewestWorkers;
  const std::uint32_t fewest = over_workers ? kFewestWorkers : UINT32_MAX;
  const auto left = points_of(units_of(a, fewest), value_a),
             right = points_of(units_of(b, fewest), value_b);
  if (left.size() < 2 || right.size() < 2) return {};
  Contrast best = as_two_samples(left, right);
  const bool even = paired && left.size() == right.size();
  // Blocks of one process are alike: two samples of them would count them for too many.
  if (even && (!over_workers || shaken_together(left, right)))
    best = in_pairs(left, right);
  else if (paired && over_workers)
    best = with_common_trend(left, right).value_or(best);
  best.level = over_workers ? "workers" : "blocks";
  if (!over_workers) allow_for(best, kUnseenSpread * std::sqrt(1.0 / a.workers + 1.0 / b.workers));
  if (!paired) allow_for(best, kUnseenSpread * std::sqrt(2.0));
  return best;
}

}  // namespace steelyard::stats

// SPDX-License-Identifier: Apache-2.0
// Tails of the beta, t and chi-square distributions. Thread-safe.
#include "steelyard/stats/distributions.h"

#include <cmath>

namespace steelyard::stats {
namespace {

// lgamma() writes the global signgam; this one does not.
double log_gamma(double x) {
  int sign = 0;
  return ::lgamma_r(x, &sign);
}

// Continued fraction of the incomplete beta function (DLMF 8.17.22) by Lentz's method. Converges in
// O(sqrt(max(a, b))) steps for x < (a + 1) / (a + b + 2).
double beta_fraction(double a, double b, double x) {
  constexpr double kTiny = 1e-300;
  const auto away_from_zero = [](double v) { return std::abs(v) < kTiny ? kTiny : v; };
  double c = 1;
  double d = 1 / away_from_zero(1 - (a + b) * x / (a + 1));
  double result = d;
  for (int m = 1; m < 1'000'000; ++m) {
    const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / away_from_zero(1 + even * d);
    c = away_from_zero(1 + even / c);
    result *= d * c;
    const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / away_from_zero(1 + odd * d);
    c = away_from_zero(1 + odd / c);
    result *= d * c;
    if (std::abs(d * c - 1) < 1e-14) break;
  }
  return result;
}

}  // namespace

double regularised_beta(double a, double b, double x) {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const double front = std::exp(log_gamma(a + b) - log_gamma(a) - log_gamma(b) + a * std::log(x) +
                                b * std::log1p(-x));
  if (x < (a + 1) / (a + b + 2)) return front * beta_fraction(a, b, x) / a;
  return 1 - front * beta_fraction(b, a, 1 - x) / b;
}

double student_quantile(double chance, double freedom) {
  const auto below = [&](double t) {
    return 1 - 0.5 * regularised_beta(freedom / 2, 0.5, freedom / (freedom + t * t));
  };
  double low = 0, high = 1;
  while (below(high) < chance) high *= 2;
  for (int i = 0; i < 60 && high - low > 1e-10 * high; ++i) {
    const double middle = (low + high) / 2;
    (below(middle) < chance ? low : high) = middle;
  }
  return high;
}

double chi_square_quantile(double chance, double freedom) {
  constexpr double kManyDegrees = 1e7;  // there t is the normal distribution
  const double z = student_quantile(chance, kManyDegrees);
  const double part = 2 / (9 * freedom);
  const double root = 1 - part + z * std::sqrt(part);
  return freedom * root * root * root;
}

}  // namespace steelyard::stats

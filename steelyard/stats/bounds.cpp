// SPDX-License-Identifier: Apache-2.0
// How many queries a percentile needs, and which of them bounds it: exact binomial tails.
// Thread-safe. Source of the rule: mlcommons/inference loadgen/early_stopping.cc.
#include <algorithm>
#include <cassert>
#include <cmath>

#include "steelyard/stats/stats.h"

namespace steelyard {
namespace {

constexpr double kRisk = 0.01;  // 99 % confidence

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

// I_x(a, b), the regularised incomplete beta function.
double regularised_beta(double a, double b, double x) {
  const double front = std::exp(log_gamma(a + b) - log_gamma(a) - log_gamma(b) + a * std::log(x) +
                                b * std::log1p(-x));
  if (x < (a + 1) / (a + b + 2)) return front * beta_fraction(a, b, x) / a;
  return 1 - front * beta_fraction(b, a, 1 - x) / b;
}

// P(at most t of n independent queries are slower than the true percentile p), t < n.
double chance_of_at_most(std::uint64_t t, std::uint64_t n, double p) {
  return regularised_beta(static_cast<double>(n - t), static_cast<double>(t) + 1, p / 100);
}

}  // namespace

std::uint64_t needed(double p, std::uint64_t t) {
  assert(p > 0 && p < 100 && "a percentile lies between 0 and 100");
  std::uint64_t low = t, high = t + 1;  // low is not enough
  while (chance_of_at_most(t, high, p) > kRisk) {
    low = high;
    high *= 2;
  }
  while (high - low > 1) {
    const std::uint64_t middle = low + (high - low) / 2;
    (chance_of_at_most(t, middle, p) <= kRisk ? high : low) = middle;
  }
  return high;
}

std::optional<std::uint64_t> bound_rank(double p, std::uint64_t n) {
  assert(p > 0 && p < 100 && "a percentile lies between 0 and 100");
  if (n < 2 || chance_of_at_most(1, n, p) > kRisk) return {};
  std::uint64_t low = 1, high = n;  // low is allowed, high is not
  while (high - low > 1) {
    const std::uint64_t middle = low + (high - low) / 2;
    (chance_of_at_most(middle, n, p) <= kRisk ? low : high) = middle;
  }
  return n - low;
}

std::uint64_t plain_rank(double p, std::uint64_t n) {
  assert(n > 0 && "nothing has no percentile");
  // Whole thousandths of a percent: 0.999 * 1000 must be 999, not a hair more.
  const auto thousandths = static_cast<std::uint64_t>(std::llround(p * 1000));
  const std::uint64_t whole = n / 100'000 * thousandths;
  const std::uint64_t rest = (n % 100'000 * thousandths + 99'999) / 100'000;
  return std::clamp<std::uint64_t>(whole + rest, 1, n);
}

}  // namespace steelyard

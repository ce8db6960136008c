// SPDX-License-Identifier: Apache-2.0
// How many queries a percentile needs, and which of them bounds it: exact binomial tails.
// Thread-safe. Source of the rule: mlcommons/inference loadgen/early_stopping.cc.
#include <algorithm>
#include <cassert>
#include <cmath>

#include "steelyard/stats/distributions.h"
#include "steelyard/stats/stats.h"

namespace steelyard {
namespace {

constexpr double kRisk = 0.01;  // 99 % confidence

// P(at most t of n independent queries are slower than the true percentile p), t < n.
double chance_of_at_most(std::uint64_t t, std::uint64_t n, double p) {
  return stats::regularised_beta(static_cast<double>(n - t), static_cast<double>(t) + 1, p / 100);
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

// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "steelyard/stats/stats.h"
#include "tests/stats/made.h"

namespace steelyard {
namespace {

// The published table of MLPerf LoadGen's rule: the smallest n at which t slower queries still
// pass.
TEST(Needed, GivesThePublishedTable) {
  const std::uint64_t slower[] = {1, 2, 5, 10, 20};
  const struct {
    double p;
    std::uint64_t n[5];
  } table[] = {{50, {11, 14, 22, 35, 59}},         {90, {64, 81, 127, 197, 325}},
               {95, {130, 165, 259, 398, 656}},    {97, {219, 277, 433, 667, 1097}},
               {99, {662, 838, 1307, 2010, 3304}}, {99.9, {6636, 8403, 13105, 20140, 33097}}};
  for (const auto& row : table)
    for (int i = 0; i < 5; ++i)
      EXPECT_EQ(needed(row.p, slower[i]), row.n[i]) << "p" << row.p << " t=" << slower[i];
}

TEST(BoundRank, GivesThePublishedRanks) {
  EXPECT_EQ(bound_rank(90, 1000), 922u);
  EXPECT_EQ(bound_rank(95, 1000), 966u);
  EXPECT_EQ(bound_rank(99, 1000), 998u);
  EXPECT_EQ(bound_rank(90, 200), 190u);
  EXPECT_EQ(bound_rank(95, 200), 197u);
  EXPECT_EQ(bound_rank(99, 200), std::nullopt);
}

TEST(BoundRank, BeginsExactlyWhereEnoughQueriesAre) {
  for (double p : {50.0, 90.0, 95.0, 99.0, 99.9}) {
    const std::uint64_t n = needed(p);
    EXPECT_EQ(bound_rank(p, n - 1), std::nullopt) << p;
    EXPECT_EQ(bound_rank(p, n), n - 1) << p;
  }
  EXPECT_EQ(bound_rank(50, 0), std::nullopt);
  EXPECT_EQ(bound_rank(50, 1), std::nullopt);
}

// P(Binomial(n, 1 - p/100) <= t) as a plain sum in long double.
double chance(std::uint64_t t, std::uint64_t n, double p) {
  const long double q = 1 - static_cast<long double>(p) / 100;
  long double term = std::pow(1 - q, static_cast<long double>(n)), sum = term;
  for (std::uint64_t k = 0; k < t; ++k) {
    term *= static_cast<long double>(n - k) / static_cast<long double>(k + 1) * q / (1 - q);
    sum += term;
  }
  return static_cast<double>(sum);
}

TEST(BoundRank, AgreesWithTheBinomialSum) {
  for (double p : {50.0, 90.0, 99.0})
    for (std::uint64_t n : {700u, 1234u, 5000u}) {
      const std::uint64_t t = n - *bound_rank(p, n);
      EXPECT_LE(chance(t, n, p), 0.01) << "p" << p << " n=" << n;
      EXPECT_GT(chance(t + 1, n, p), 0.01) << "p" << p << " n=" << n;
    }
}

TEST(BoundRank, NeverFallsAsQueriesGrowAndNearsThePlainRank) {
  std::uint64_t last = 0;
  for (std::uint64_t n = 662; n < 4000; ++n) {
    const std::uint64_t rank = *bound_rank(99, n);
    EXPECT_GE(rank, last);
    EXPECT_GT(rank, plain_rank(99, n));
    last = rank;
  }
  const double n = 1e9;  // normal approximation: 2.326 standard deviations above
  EXPECT_NEAR(static_cast<double>(*bound_rank(99, 1'000'000'000)),
              0.99 * n + 2.3263 * std::sqrt(n * 0.99 * 0.01), 20);
}

TEST(PlainRank, IsTheCeilingOfTheShare) {
  EXPECT_EQ(plain_rank(99.9, 1000), 999u);
  EXPECT_EQ(plain_rank(99.9, 1001), 1000u);
  EXPECT_EQ(plain_rank(50, 1), 1u);
  EXPECT_EQ(plain_rank(50, 2), 1u);
  EXPECT_EQ(plain_rank(50, 3), 2u);
  EXPECT_EQ(plain_rank(99, 1'000'000'000'000), 990'000'000'000u);
}

// Known truth: over many runs the bound lies below the true percentile as often as the binomial
// tail says, which is at most once in a hundred.
TEST(BoundRank, CoversTheTruePercentileInNinetyNineOfAHundredRuns) {
  constexpr int kRuns = 4000;
  constexpr std::size_t kQueries = 1000;
  const double sigma = 0.3;
  const struct {
    double p, z;
  } cases[] = {{50, 0}, {90, 1.2815515655446004}, {99, 2.3263478740408408}};
  int missed[3] = {};
  for (int run = 0; run < kRuns; ++run) {
    auto values = lognormal(kQueries, static_cast<std::uint64_t>(run), 50'000'000, sigma);
    std::sort(values.begin(), values.end());
    for (int i = 0; i < 3; ++i) {
      const double truth = 50'000'000 * std::exp(sigma * cases[i].z);
      missed[i] += static_cast<double>(values[*bound_rank(cases[i].p, kQueries) - 1]) < truth;
    }
  }
  for (int i = 0; i < 3; ++i) {
    const double risk = chance(kQueries - *bound_rank(cases[i].p, kQueries), kQueries, cases[i].p);
    EXPECT_LE(risk, 0.01);
    EXPECT_NEAR(missed[i], kRuns * risk, 4 * std::sqrt(kRuns * risk)) << "p" << cases[i].p;
  }
}

}  // namespace
}  // namespace steelyard

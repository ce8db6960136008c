// SPDX-License-Identifier: Apache-2.0
// Latency figures of all queries of the measuring blocks. Thread-safe.
#include <algorithm>
#include <cmath>

#include "steelyard/stats/figures.h"
#include "steelyard/stats/intervals.h"
#include "steelyard/stats/order.h"
#include "steelyard/stats/stats.h"

namespace steelyard::stats {
namespace {

constexpr double kPercentiles[] = {50, 90, 95, 99, 99.9};
// Fewer queries cannot show that they depend on each other.
constexpr std::uint64_t kFewestToJudge = 100;
// Queries above the percentile in each block before the block has a percentile of its own.
constexpr double kBeyond = 20;

// The bound of percentile p, and of how many independent queries it was made.
void bound(PercentileFigure& figure, const Totals& totals, Latencies& latencies) {
  const std::uint64_t n = totals.queries;
  const auto refuse = [&](ReasonCode code, std::uint64_t enough) {
    figure.reason = reason(
        code, {{"n", static_cast<double>(n), ""}, {"needed", static_cast<double>(enough), ""}});
  };
  const std::uint64_t enough = std::max(needed(figure.p), kFewestToJudge);
  if (n < enough) return refuse(ReasonCode::too_few_queries, enough);
  std::vector<const Series*> blocks;
  for (const Series& series : latencies.blocks()) blocks.push_back(&series);
  const auto clustering = clustering_above(static_cast<std::int64_t>(*figure.ns), blocks);
  if (!clustering) {
    // Where no query waits for another, blocks that lie far apart still tell how far it can be.
    if (!latencies.queued()) figure.upper_ns = bound_over_units(totals, figure.p, kBeyond);
    if (!figure.upper_ns) refuse(ReasonCode::correlated, enough);
    return;
  }
  const auto worth = static_cast<std::uint64_t>(static_cast<double>(n) / clustering->time);
  const auto rank = bound_rank(figure.p, worth);
  if (!rank) return refuse(ReasonCode::correlated, enough);
  const double slower = static_cast<double>(worth - *rank) / static_cast<double>(worth);
  figure.upper_ns =
      latencies.at(n - static_cast<std::uint64_t>(slower * static_cast<double>(n) + 1e-6));
  if (!clustering->blocks_differ) return;
  const auto over_units = bound_over_units(totals, figure.p, 1);
  if (!over_units || !figure.upper_ns) {
    figure.upper_ns.reset();
    return refuse(ReasonCode::correlated, enough);
  }
  figure.upper_ns = std::max(*figure.upper_ns, *over_units);
}

// Shares at which the distribution is drawn: evenly to the top hundredth, then evenly in orders of
// magnitude, so that the tail keeps its shape.
std::vector<double> shares_to_draw(std::uint64_t n) {
  constexpr int kEven = 120, kTail = 79;
  std::vector<double> shares;
  for (int i = 0; i < kEven; ++i) shares.push_back(static_cast<double>(i) / kEven);
  const double from = std::log10(static_cast<double>(kEven));
  const double to = std::log10(static_cast<double>(n));
  for (int i = 0; i < kTail && to > from; ++i)
    shares.push_back(1 - std::pow(10.0, -(from + (to - from) * i / kTail)));
  shares.push_back(1);
  return shares;
}

void draw(const Histogram& all, const Moments& moments, LatencyFigures& figures) {
  const double n = static_cast<double>(all.count());
  const auto buckets = all.buckets();
  auto bucket = buckets.begin();
  std::uint64_t below = bucket->second;  // queries up to and including this bucket
  for (double share : shares_to_draw(all.count())) {
    const auto rank =
        std::max<std::uint64_t>(static_cast<std::uint64_t>(std::ceil(share * n - 1e-6)), 1);
    while (below < rank && std::next(bucket) != buckets.end()) below += (++bucket)->second;
    const double ns =
        std::min(static_cast<double>(Histogram::upper_edge(bucket->first)), moments.max);
    if (!figures.curve_ns.empty() && figures.curve_ns.back() >= ns) continue;
    figures.curve_ns.push_back(ns);
    figures.curve_share.push_back(static_cast<double>(below) / n);
  }
}

}  // namespace

LatencyFigures latency_of(const Totals& totals) {
  LatencyFigures figures;
  Latencies latencies(totals);
  const Moments& moments = latencies.moments();
  if (moments.count > 0) {
    figures.mean = moments.mean;
    figures.min = moments.min;
    figures.max = moments.max;
    if (moments.count > 1) figures.stddev = moments.stddev();
    figures.mean_ci = mean_interval(totals, latencies);
  }
  for (double p : kPercentiles) {
    PercentileFigure figure;
    figure.p = p;
    if (totals.queries > 0) figure.ns = latencies.at(plain_rank(p, totals.queries));
    // A block may count queries and tell nothing about them.
    if (totals.queries > 0 && !figure.ns)
      figure.reason = reason(ReasonCode::not_reported);
    else
      bound(figure, totals, latencies);
    figures.percentiles.push_back(figure);
  }
  Moments prepare;
  for (const Block* block : totals.blocks) prepare.merge(block->prepare);
  if (prepare.count > 0) figures.prepare_ns = prepare.mean;
  const PercentileFigure& median = figures.percentiles.front();
  if (median.ns) figures.median_ci = median_interval(totals, latencies, *median.ns);
  if (latencies.histogram().count() > 0 && moments.count > 0)
    draw(latencies.histogram(), moments, figures);
  return figures;
}

}  // namespace steelyard::stats

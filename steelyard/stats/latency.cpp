// SPDX-License-Identifier: Apache-2.0
// Latency figures of all queries of the measuring blocks. Raw queries are copied once, and only
// when all were kept. Thread-safe.
#include <algorithm>
#include <cmath>
#include <map>

#include "steelyard/stats/figures.h"
#include "steelyard/stats/stats.h"

namespace steelyard::stats {
namespace {

constexpr double kPercentiles[] = {50, 90, 95, 99, 99.9};

// From when the query should have begun: in an open loop waiting counts, in a closed one due ==
// started.
std::int64_t latency(const Query& query) { return (query.finished - query.due).count(); }

bool kept_all(const Block& block) { return block.queries.size() == block.count; }

// Blocks of other tools may have queries only.
Moments moments_of(const Block& block) {
  if (block.latency.count == block.count || !kept_all(block)) return block.latency;
  Moments moments;
  for (const Query& query : block.queries) moments.add(static_cast<double>(latency(query)));
  return moments;
}

Histogram histogram_of(const Totals& totals) {
  Histogram all;
  for (const Block* block : totals.blocks) {
    if (block->histogram.count() == block->count || !kept_all(*block)) {
      all.merge(block->histogram);
    } else {
      for (const Query& query : block->queries)
        all.add(static_cast<std::uint64_t>(std::max<std::int64_t>(latency(query), 0)));
    }
  }
  return all;
}

// Order statistics of all raw queries for ascending ranks: each rank is sought only above the last
// one.
std::map<std::uint64_t, double> exact_at(const Totals& totals,
                                         const std::vector<std::uint64_t>& ranks) {
  std::vector<std::int64_t> latencies;
  latencies.reserve(totals.queries);
  for (const Block* block : totals.blocks)
    for (const Query& query : block->queries) latencies.push_back(latency(query));
  std::map<std::uint64_t, double> values;
  auto from = latencies.begin();
  for (std::uint64_t rank : ranks) {
    const auto at = latencies.begin() + static_cast<std::ptrdiff_t>(rank - 1);
    std::nth_element(from, at, latencies.end());
    values[rank] = static_cast<double>(*at);
    from = at;
  }
  return values;
}

std::map<std::uint64_t, double> values_at(const Totals& totals, const Histogram& all,
                                          const Moments& moments,
                                          std::vector<std::uint64_t> ranks) {
  std::sort(ranks.begin(), ranks.end());
  ranks.erase(std::unique(ranks.begin(), ranks.end()), ranks.end());
  if (std::all_of(totals.blocks.begin(), totals.blocks.end(),
                  [](const Block* b) { return kept_all(*b); }))
    return exact_at(totals, ranks);
  std::map<std::uint64_t, double> values;
  for (std::uint64_t rank : ranks)  // a bucket's upper edge may lie above the largest value in it
    if (rank <= all.count())
      values[rank] = std::min(static_cast<double>(all.value_at_rank(rank)), moments.max);
  return values;
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
  const std::uint64_t n = totals.queries;
  Moments moments;
  for (const Block* block : totals.blocks) moments.merge(moments_of(*block));
  const Histogram all = histogram_of(totals);
  if (moments.count > 0) {
    figures.mean = moments.mean;
    figures.min = moments.min;
    figures.max = moments.max;
    if (moments.count > 1) figures.stddev = moments.stddev();
  }
  std::vector<std::uint64_t> ranks;
  for (double p : kPercentiles) {
    if (n > 0) ranks.push_back(plain_rank(p, n));
    if (const auto bound = bound_rank(p, n)) ranks.push_back(*bound);
  }
  const auto values = values_at(totals, all, moments, ranks);
  const auto value_at = [&](std::uint64_t rank) {
    const auto found = values.find(rank);
    return found == values.end() ? std::nullopt : std::optional(found->second);
  };
  for (double p : kPercentiles) {
    PercentileFigure figure;
    figure.p = p;
    if (n > 0) figure.ns = value_at(plain_rank(p, n));
    if (const auto bound = bound_rank(p, n))
      figure.upper_ns = value_at(*bound);
    else
      figure.reason = reason(
          ReasonCode::too_few_queries,
          {{"n", static_cast<double>(n), ""}, {"needed", static_cast<double>(needed(p)), ""}});
    // A block may count queries and tell nothing about them.
    if (n > 0 && !figure.ns) figure.reason = reason(ReasonCode::not_reported);
    figures.percentiles.push_back(figure);
  }
  if (all.count() > 0 && moments.count > 0) draw(all, moments, figures);
  return figures;
}

}  // namespace steelyard::stats

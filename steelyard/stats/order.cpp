// SPDX-License-Identifier: Apache-2.0
// Order statistics, each sought only between the ranks that are already in place.
#include "steelyard/stats/order.h"

#include <algorithm>

#include "steelyard/stats/stats.h"

namespace steelyard::stats {
namespace {

bool kept_all(const Block& block) { return block.queries.size() == block.count; }

}  // namespace

Moments moments_of(const Block& block) {
  if (block.latency.count == block.count || !kept_all(block)) return block.latency;
  Moments moments;
  for (const Query& query : block.queries) moments.add(static_cast<double>(latency(query)));
  return moments;
}

void merge_histogram(Histogram& into, const Block& block) {
  if (block.histogram.count() == block.count || !kept_all(block))
    return into.merge(block.histogram);
  for (const Query& query : block.queries)
    into.add(static_cast<std::uint64_t>(std::max<std::int64_t>(latency(query), 0)));
}

std::optional<double> percentile_of(const Histogram& histogram, double p, double beyond) {
  const auto n = static_cast<double>(histogram.count());
  if (n * std::min(p, 100 - p) / 100 < beyond || n < 1) return {};
  const std::uint64_t rank = plain_rank(p, histogram.count());
  std::uint64_t below = 0;
  for (const auto& [index, times] : histogram.buckets()) {
    if (below + times < rank) {
      below += times;
      continue;
    }
    const auto low = static_cast<double>(Histogram::lower_edge(index));
    const auto wide = static_cast<double>(Histogram::upper_edge(index)) - low;
    return low + wide * (static_cast<double>(rank - below) - 0.5) / static_cast<double>(times);
  }
  return {};
}

Latencies::Latencies(const Totals& totals) {
  std::size_t kept = 0;
  for (const Block* block : totals.blocks) {
    kept += block->queries.size();
    all_kept_ = all_kept_ && kept_all(*block);
  }
  blocks_.reserve(totals.blocks.size());
  if (all_kept_) scratch_.reserve(kept);
  for (const Block* block : totals.blocks) {
    Series& series = blocks_.emplace_back();
    series.reserve(block->queries.size());
    for (const Query& query : block->queries) {
      series.push_back(latency(query));
      queued_ = queued_ || query.started > query.due;
    }
    if (all_kept_) scratch_.insert(scratch_.end(), series.begin(), series.end());
    moments_.merge(moments_of(*block));
    merge_histogram(histogram_, *block);
  }
}

std::optional<double> Latencies::at(std::uint64_t rank) {
  if (!all_kept_) {
    if (rank < 1 || rank > histogram_.count()) return {};
    // A bucket's upper edge may lie above the largest value in it.
    return std::min(static_cast<double>(histogram_.value_at_rank(rank)), moments_.max);
  }
  if (rank < 1 || rank > scratch_.size()) return {};
  const auto next = std::lower_bound(in_place_.begin(), in_place_.end(), rank);
  const auto at = scratch_.begin() + static_cast<std::ptrdiff_t>(rank - 1);
  if (next == in_place_.end() || *next != rank) {
    const std::uint64_t from = next == in_place_.begin() ? 0 : *std::prev(next);
    const std::uint64_t until = next == in_place_.end() ? scratch_.size() : *next - 1;
    std::nth_element(scratch_.begin() + static_cast<std::ptrdiff_t>(from), at,
                     scratch_.begin() + static_cast<std::ptrdiff_t>(until));
    in_place_.insert(next, rank);
  }
  return static_cast<double>(*at);
}

}  // namespace steelyard::stats

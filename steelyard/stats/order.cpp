// SPDX-License-Identifier: Apache-2.0
// Order statistics: the histogram says where, the queries there say what exactly.
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
  blocks_.reserve(totals.blocks.size());
  for (const Block* block : totals.blocks) {
    all_kept_ = all_kept_ && kept_all(*block);
    Series& series = blocks_.emplace_back();
    series.reserve(block->queries.size());
    for (const Query& query : block->queries) {
      series.push_back(latency(query));
      queued_ |= query.started > query.due;
    }
    moments_.merge(moments_of(*block));
    merge_histogram(histogram_, *block);
  }
}

// One look over all queries finds those of the bucket; sorting them all would cost five times as
// much.
Latencies::Bucket& Latencies::bucket_with(std::uint64_t rank) {
  std::uint64_t below = 0;
  std::uint32_t index = 0;
  for (const auto& [each, times] : histogram_.buckets()) {
    index = each;
    if (below + times >= rank) break;
    below += times;
  }
  const auto [found, fresh] = buckets_.try_emplace(index);
  Bucket& bucket = found->second;
  if (!fresh) return bucket;
  bucket.below = below;
  const auto low = static_cast<std::int64_t>(Histogram::lower_edge(index));
  const auto high = static_cast<std::int64_t>(Histogram::upper_edge(index));
  for (const Series& series : blocks_)
    for (const std::int64_t ns : series)
      if (ns >= low && ns <= high) bucket.values.push_back(ns);
  return bucket;
}

std::optional<double> Latencies::at(std::uint64_t rank) {
  if (rank < 1 || rank > histogram_.count()) return {};
  if (all_kept_) {
    auto& [below, values] = bucket_with(rank);
    // The histogram of a foreign file may not be that of its queries: then it alone is believed.
    if (const std::uint64_t within = rank - below; within <= values.size()) {
      const auto at = values.begin() + static_cast<std::ptrdiff_t>(within - 1);
      std::nth_element(values.begin(), at, values.end());
      return static_cast<double>(*at);
    }
  }
  // A bucket's upper edge may lie above the largest value in it.
  return std::min(static_cast<double>(histogram_.value_at_rank(rank)), moments_.max);
}

}  // namespace steelyard::stats

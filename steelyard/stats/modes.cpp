// SPDX-License-Identifier: Apache-2.0
// Two humps in a histogram of latencies, and not one with a tail or an edge. Thread-safe.
#include <algorithm>
#include <cmath>
#include <vector>

#include "steelyard/stats/figures.h"
#include "steelyard/stats/order.h"

namespace steelyard::stats {
namespace {

constexpr double kStep = 0.025;        // width of a bin, of log(latency)
constexpr double kFewestShare = 0.05;  // of the queries on either side of the valley
constexpr int kApart = 4;              // bins between the two tops: a tenth
constexpr double kDeep = 0.5;          // the valley, of the lower top
constexpr double kErrors = 5;          // and by so many errors of counting below it

// Queries by log(latency); each bin with half of its neighbours, so that one bucket's edge is no
// valley.
std::vector<double> smoothed(const Histogram& histogram) {
  const auto buckets = histogram.buckets();
  const auto bin_of = [](std::uint32_t bucket) {
    const auto edge = static_cast<double>(Histogram::lower_edge(bucket));
    return static_cast<std::ptrdiff_t>(std::log(std::max(edge, 1.0)) / kStep);
  };
  const std::ptrdiff_t first = bin_of(buckets.front().first), last = bin_of(buckets.back().first);
  std::vector<double> counts(static_cast<std::size_t>(last - first) + 3);
  for (const auto& [bucket, count] : buckets)
    counts[static_cast<std::size_t>(bin_of(bucket) - first) + 1] += static_cast<double>(count);
  std::vector<double> smooth(counts.size());
  for (std::size_t i = 1; i + 1 < counts.size(); ++i)
    smooth[i] = (counts[i - 1] + 2 * counts[i] + counts[i + 1]) / 4;
  return smooth;
}

// The top on either side of each bin, itself left out.
std::vector<std::size_t> tops(const std::vector<double>& counts, bool from_left) {
  const std::size_t n = counts.size();
  std::vector<std::size_t> top(n);
  std::size_t best = from_left ? 0 : n - 1;
  for (std::size_t k = 0; k < n; ++k) {
    const std::size_t i = from_left ? k : n - 1 - k;
    top[i] = best;
    if (counts[i] > counts[best]) best = i;
  }
  return top;
}

}  // namespace

std::optional<Reason> two_groups(const Totals& totals) {
  Histogram histogram;
  for (const Block* block : totals.blocks) merge_histogram(histogram, *block);
  // Under 512 ns a bin may hold no bucket at all.
  if (histogram.count() == 0 || histogram.value_at_rank(1) < 512) return {};
  const std::vector<double> counts = smoothed(histogram);
  const auto left = tops(counts, true), right = tops(counts, false);
  double before = 0, all = 0, deepest = kDeep;
  for (const double count : counts) all += count;
  std::optional<Reason> found;
  for (std::size_t i = 0; i < counts.size(); before += counts[i++]) {
    const double lower = std::min(counts[left[i]], counts[right[i]]);
    const double fewest = std::min(before, all - before - counts[i]);
    const bool apart = right[i] >= left[i] + kApart;
    const bool by_chance = lower - counts[i] < kErrors * std::sqrt(lower + counts[i]);
    if (!apart || by_chance || fewest < kFewestShare * all || counts[i] > deepest * lower) continue;
    deepest = counts[i] / lower;
    found = reason(ReasonCode::bimodal, {{"percent", 100 * (all - before - counts[i]) / all, "%"}});
  }
  return found;
}

}  // namespace steelyard::stats

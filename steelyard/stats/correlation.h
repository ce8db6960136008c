// SPDX-License-Identifier: Apache-2.0
// How much a query knows of the next: queries that come slow in clusters count for fewer than they
// are. Pure, thread-safe. Private to `stats`.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace steelyard::stats {

// Latencies of one block in the order of time, ns.
using Series = std::vector<std::int64_t>;

// What the kept queries say about being slower than a threshold.
struct Clustering {
  // Integrated autocorrelation time of that yes or no, in queries: 1 for independent queries; the
  // upper end of its own uncertainty when it is more. n queries are worth n / time.
  double time = 1;
  // The blocks have different shares beyond what chance and `time` explain: a block is then worth
  // hardly more than one number.
  bool blocks_differ = false;
};

// Empty when the series are too short to tell: fewer than 50 times their own correlation time.
// Method: initial monotone sequence (Geyer 1992) of the autocovariances within blocks, pooled; its
// error by Sokal's formula. O(queries + lags * queries / 64).
std::optional<Clustering> clustering_above(std::int64_t threshold_ns,
                                           std::span<const Series* const> blocks);

}  // namespace steelyard::stats

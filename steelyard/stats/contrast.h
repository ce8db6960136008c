// SPDX-License-Identifier: Apache-2.0
// Two sides measured in several processes and blocks: by which factor do they differ, and how
// surely. Pure, thread-safe. Private to `stats`.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "steelyard/stats/figures.h"

namespace steelyard::stats {

// A figure of some blocks taken together, above 0; empty when they are too few for it.
using Value = std::function<std::optional<double>(const std::vector<const Block*>&)>;

// log(B / A) with the half widths of its 95 % and 99.6 % intervals.
struct Contrast {
  double log_ratio = 0, half = 0, wide_half = 0;
  std::string level;  // "workers", "blocks", "passes"
};

// At least three processes a side: Student's t over the processes' values, as two samples with a
// common linear trend in time, or in pairs where these go up and down together. Fewer: over blocks,
// and the spread between processes, which then cannot be seen, is assumed to be 2 % (1.8 % was
// measured for one binary). Unpaired sides get the same allowance once more for what another day
// changes. Empty when a side has fewer than two blocks.
std::optional<Contrast> contrast_of(const Totals& a, const Totals& b, bool paired,
                                    const Value& value_a, const Value& value_b);

// Two figures of one energy pass each, in a process of its own: what one process does not show of
// the spread is assumed as above. The same instrument's error meets both sides alike.
Contrast contrast_of_passes(double a, double b, bool paired);

}  // namespace steelyard::stats

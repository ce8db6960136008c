// SPDX-License-Identifier: Apache-2.0
// From the spread of like units - processes, blocks, stretches of queries - to bounds and
// intervals. Pure, thread-safe. Private to `stats`.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "steelyard/record/summary.h"
#include "steelyard/stats/figures.h"
#include "steelyard/stats/order.h"

namespace steelyard::stats {

// The measuring blocks grouped at the highest level that can show a spread: "workers" when there
// are at least `fewest_workers`, else "blocks".
struct Units {
  std::string level;
  std::vector<std::vector<const Block*>> groups;
};
Units units_of(const Totals&, std::uint32_t fewest_workers);

// 95 % intervals around `centre` from the values that `value` finds in each unit; over stretches of
// the kept queries of the only block where there is but one. Empty when there is too little.
std::optional<IntervalFigure> mean_interval(const Totals&, const Latencies&);
std::optional<IntervalFigure> median_interval(const Totals&, const Latencies&, double centre);

// The same for any number that a unit's blocks have.
std::optional<IntervalFigure> interval_over_units(
    const Totals&, double centre,
    const std::function<double(const std::vector<const Block*>&)>& value);

// The upper 99 % bound of percentile p where units have different percentiles of their own: mean +
// t * s / sqrt(k) over at least three of them, each with `beyond` queries above p. Else empty.
std::optional<double> bound_over_units(const Totals&, double p, double beyond);

}  // namespace steelyard::stats

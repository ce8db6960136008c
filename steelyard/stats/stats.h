// SPDX-License-Identifier: Apache-2.0
// From raw to figures: Measurement -> Summary. Pure functions, no I/O, no clock, thread-safe.
// Formulas: docs/method.md.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "steelyard/record/record.h"
#include "steelyard/record/summary.h"

namespace steelyard {

// One Measurement -> one Summary. `harness_overhead_ns`: mean latency of the null backend in the
// same campaign, when it was measured there.
Summary summarize(const Measurement&, std::optional<double> harness_overhead_ns = {});

// All of a selection, with the harness overhead taken from its own null cases (same campaign and
// host). Null cases are kept.
std::vector<Summary> summarize(const std::vector<Measurement>&);

// The LoadGen early-stopping rule at 99 % confidence, tolerance 0: smallest n at which t slower
// queries still bound the percentile p (in percent). needed(99, 1) == 662.
std::uint64_t needed(double p, std::uint64_t t = 1);
// The rank (1-based, ascending) whose order statistic is an upper 99 % confidence bound of
// percentile p from n independent queries: n - t for the largest t with needed(p, t) <= n. Empty
// when n < needed(p, 1).
std::optional<std::uint64_t> bound_rank(double p, std::uint64_t n);

}  // namespace steelyard

// SPDX-License-Identifier: Apache-2.0
// From raw to figures: Measurement -> Summary. Pure functions, no I/O, no clock, thread-safe.
// Formulas: docs/method.md.
//
//   std::vector<Summary> rows = summarize(store.load());
//   rows[0].latency_ns.percentiles[3].upper_ns   // p99: at or below this with 99 % confidence
//
// Only measuring blocks count; a figure that is missing has a Reason beside it. A case that was
// skipped or failed before anything was measured carries its outcome's reason in every figure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "steelyard/record/comparison.h"
#include "steelyard/record/record.h"
#include "steelyard/record/summary.h"

namespace steelyard {

// One Measurement -> one Summary. `harness_overhead_ns`: mean latency of the null backend in the
// same campaign, when it was measured there; ignored for simulated devices (virtual time holds
// none) and for the null backend itself.
//
// Trust, from best to worst; the worst finding names the result:
//   STABLE        nothing below; also the kind of a finding that says no more than that the
//                 latencies fall into two groups (bimodal)
//   NOISY         medians or throughputs of the case's blocks differ by more than 10 %
//                 (drifting{ratio}); then also other_load{percent} when other processes used over
//                 5 % of a core meanwhile
//   INSUFFICIENT  a bound of p50 to p99 is missing, or fewer queries than the effort asks for
//                 although its time was not used up (too_few_queries, correlated)
//   HARNESS-BOUND the harness's own cost is over 10 % of the mean latency: measuring longer does
//                 not mend it
//   THROTTLED     the device slowed itself down: the figures are those of another state of it
Summary summarize(const Measurement&, std::optional<double> harness_overhead_ns = {});

// All of a selection, with the harness overhead taken from its own null cases: same campaign, host
// and scenario, and the same model where a null case has it. Null cases are kept.
std::vector<Summary> summarize(const std::vector<Measurement>&);

// The same one at a time. Null cases first: theirs is the overhead of those that follow.
class Summarizer {
 public:
  Summary operator()(const Measurement&);

 private:
  std::vector<Summary> yardsticks_;
};

// Joules of a day in which the device holds the model and answers so many windows a second, from
// the figures of its energy pass. Empty where there are none, or where it cannot keep up.
std::optional<double> joules_per_day(const Summary&, double rate_per_second);

// A meter's readings on the run's monotonic clock, and how well they fit the load. `cases` are
// those of one campaign on one host. Found by load pulses where there are any (`--mark-power`),
// which also show how much faster the meter's clock runs; else by the time stamps, corrected by up
// to 5 s where that fits the load of the energy passes better. Quality is the smallest correlation
// of watts and load over pulses or passes. No readings where no case has an energy pass.
struct AlignedMeter {
  Alignment alignment;
  std::vector<Reading> readings;
};
AlignedMeter align_meter(std::span<const double> seconds, std::span<const double> watts,
                         bool since_1970, double period_seconds,
                         const std::vector<const Measurement*>& cases);

// How often an instrument really changes, found in its readings; its own word where they do not
// tell.
nanoseconds update_period(const Channel&, const std::vector<Reading>& of_this_channel);

// How far one figure may get worse before a change is stopped. Metrics: latency.p50, latency.p99,
// latency.mean, throughput, energy, rmse.
struct Gate {
  std::string metric;
  double percent = 0;
};
struct CompareOptions {
  std::vector<Gate> gates;
  bool allow_unpaired = false;
};
// Case by case, B against A: same host, device, precision, settings and load; the same model too,
// unless each side holds one model only. Null devices are left out.
//
// Paired where one campaign holds both: its blocks lie near each other in time, so that a drift of
// the machine meets both alike. Else unpaired, with an allowance for what another day changes.
// BETTER and WORSE: the whole 95 % interval of the ratio lies beyond the gate (1 % without one) and
// the 99.6 % interval excludes "no change"; SAME: the whole interval lies within it.
//
// Throws UsageError for an unknown metric, for unpaired cases without `allow_unpaired`, for
// simulated against measured; NothingToMeasure when no case is on both sides.
Comparison compare(const std::vector<Measurement>& a, const std::vector<Measurement>& b,
                   const CompareOptions& = {});

// What a gate would do. Failed: a gated metric (any metric when none was gated) is WORSE, an output
// of B is WRONG, or a case of A was lost. Undecided: not failed, and a gated metric is neither.
enum class Judgement { passed, undecided, failed };
Judgement judge(const Comparison&);

// The LoadGen early-stopping rule at 99 % confidence, tolerance 0: smallest n at which t slower
// queries still bound the percentile p (0 < p < 100), i.e. P(Binomial(n, 1 - p/100) <= t) <= 0.01.
// needed(99, 1) == 662.
std::uint64_t needed(double p, std::uint64_t t = 1);
// The rank (1-based, ascending) whose order statistic is an upper 99 % confidence bound of
// percentile p from n independent queries, whatever their distribution: n - t for the largest t >=
// 1 with needed(p, t) <= n. Empty when n < needed(p, 1). bound_rank(99, 1000) == 998.
std::optional<std::uint64_t> bound_rank(double p, std::uint64_t n);
// The rank of the plain order statistic: ceil(p/100 * n), n > 0.
std::uint64_t plain_rank(double p, std::uint64_t n);

// How far outputs may be from the FP32 reference, in the model's own output unit: `absolute` +
// `relative` times the standard deviation of the reference outputs.
struct Tolerance {
  double absolute = 0, relative = 0;
};
Tolerance tolerance_of(Precision);

}  // namespace steelyard

// SPDX-License-Identifier: Apache-2.0
// How far the figures of a case can be trusted; the order of the verdicts stands in stats.h.
// Thread-safe.
#include <algorithm>
#include <array>
#include <limits>
#include <optional>

#include "steelyard/stats/figures.h"
#include "steelyard/stats/stats.h"

namespace steelyard::stats {
namespace {

constexpr double kLastBound = 99;       // p50 to p99 are the bounds that a trusted case has
constexpr double kSpread = 1.10;        // perf_analyzer's stability rule: max / min of its windows
constexpr double kHarnessShare = 0.10;  // of the mean latency
constexpr double kOtherLoadCores = 0.05;
// A block ends with the query that reaches its share of max_duration, or just before it.
constexpr double kAboutAll = 0.9;

constexpr std::array<std::string_view, 5> kFromBestToWorst = {"STABLE", "NOISY", "INSUFFICIENT",
                                                              "HARNESS-BOUND", "THROTTLED"};

std::size_t badness(std::string_view kind) {
  const auto at = std::find(kFromBestToWorst.begin(), kFromBestToWorst.end(), kind);
  return static_cast<std::size_t>(at - kFromBestToWorst.begin());
}

struct Extremes {
  double low = std::numeric_limits<double>::infinity(), high = 0;
  void add(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
  double ratio() const { return low > 0 && high >= low ? high / low : 1; }
};

// The larger of the spreads of block medians and block throughputs.
double spread_of(const Totals& totals) {
  Extremes medians, throughputs;
  for (const Block* block : totals.blocks) {
    const Histogram& histogram = block->histogram;
    if (histogram.count() > 0)
      medians.add(static_cast<double>(histogram.value_at_rank(plain_rank(50, histogram.count()))));
    if (block->end > block->begin)
      throughputs.add(static_cast<double>(block->items) / seconds_of(block->end - block->begin));
  }
  return std::max(medians.ratio(), throughputs.ratio());
}

double other_load_of(const Totals& totals) {
  double weighted = 0;
  for (const Block* block : totals.blocks)
    weighted += block->other_load * seconds_of(block->end - block->begin);
  return totals.wall > nanoseconds(0) ? weighted / seconds_of(totals.wall) : 0;
}

// Why the figures are too few to be sure of, or nothing. A slow device that used up the time it was
// given has done its part: then the bounds alone decide.
std::optional<Reason> shortage(const Measurement& m, const Totals& totals,
                               const LatencyFigures& latency) {
  for (const PercentileFigure& figure : latency.percentiles)
    if (figure.p <= kLastBound && !figure.upper_ns && figure.reason &&
        figure.reason->code != ReasonCode::too_few_queries)
      return figure.reason;
  const bool out_of_time = seconds_of(totals.wall) >= kAboutAll * seconds_of(m.effort.max_duration);
  const std::uint64_t enough =
      out_of_time ? needed(kLastBound) : std::max(m.effort.min_queries, needed(kLastBound));
  if (totals.queries >= enough) return {};
  return reason(ReasonCode::too_few_queries, {{"n", static_cast<double>(totals.queries), ""},
                                              {"needed", static_cast<double>(enough), ""}});
}

}  // namespace

TrustFigures trust_of(const Measurement& m, const Totals& totals, const LatencyFigures& latency,
                      std::optional<double> harness_overhead_ns) {
  TrustFigures trust;
  if (const auto short_of = shortage(m, totals, latency))
    trust.findings.push_back({"INSUFFICIENT", *short_of});
  if (const double ratio = spread_of(totals); ratio > kSpread) {
    trust.findings.push_back({"NOISY", reason(ReasonCode::drifting, {{"ratio", ratio, ""}})});
    if (const double load = other_load_of(totals); load > kOtherLoadCores)
      trust.findings.push_back(
          {"NOISY", reason(ReasonCode::other_load, {{"percent", 100 * load, "%"}})});
  }
  if (harness_overhead_ns && latency.mean && *harness_overhead_ns > kHarnessShare * *latency.mean)
    trust.findings.push_back(
        {"HARNESS-BOUND", reason(ReasonCode::harness_overhead,
                                 {{"percent", 100 * *harness_overhead_ns / *latency.mean, "%"}})});
  for (const Finding& finding : trust.findings)
    if (badness(finding.kind) > badness(trust.kind)) trust.kind = finding.kind;
  return trust;
}

}  // namespace steelyard::stats

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
// NVML's clocks event reasons that are not idleness or a wish of the user: software power cap,
// hardware slowdown, software and hardware thermal slowdown, power brake.
constexpr std::uint64_t kSlowedDown = 0x4 | 0x8 | 0x20 | 0x40 | 0x80;
constexpr double kLatePercent = 1;  // MLPerf LoadGen's
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

// By the processor's own count, or a channel on which the device says so.
std::optional<Reason> throttling(const Measurement& m, const Totals& totals) {
  double times = 0;
  for (const Block* block : totals.blocks) {
    times += static_cast<double>(block->throttled);
    for (const Reading& reading : block->readings) {
      if (reading.channel >= m.channels.size() || reading.value <= 0) continue;
      const Channel& channel = m.channels[reading.channel];
      if (channel.name != "throttle" || channel.unit != "bits") continue;
      times += (static_cast<std::uint64_t>(reading.value) & kSlowedDown) != 0;
    }
  }
  if (times == 0) return {};
  return reason(ReasonCode::throttled, {{"times", times, ""}});
}

// Wider intervals than the effort aims at, although its longest time was spent.
std::optional<Reason> imprecision(const Measurement& m, const LatencyFigures& latency) {
  if (m.effort.target_error <= 0 || !latency.mean || !(*latency.mean > 0)) return {};
  double worst = 0;
  for (const auto* interval : {&latency.mean_ci, &latency.median_ci})
    if (*interval)
      worst = std::max(
          worst, ((*interval)->high - (*interval)->low) / ((*interval)->high + (*interval)->low));
  if (worst <= m.effort.target_error) return {};
  return reason(ReasonCode::imprecise,
                {{"percent", 100 * worst, "%"}, {"target", 100 * m.effort.target_error, "%"}});
}

}  // namespace

TrustFigures trust_of(const Measurement& m, const Totals& totals, const LatencyFigures& latency,
                      const RateFigures& rate, std::optional<double> harness_overhead_ns) {
  TrustFigures trust;
  if (const auto short_of = shortage(m, totals, latency))
    trust.findings.push_back({"INSUFFICIENT", *short_of});
  if (const auto slowed = throttling(m, totals)) trust.findings.push_back({"THROTTLED", *slowed});
  if (const auto wide = imprecision(m, latency)) trust.findings.push_back({"NOISY", *wide});
  if (rate.reason) trust.findings.push_back({"INSUFFICIENT", *rate.reason});
  if (rate.late_percent && *rate.late_percent > kLatePercent)
    trust.findings.push_back(
        {"HARNESS-BOUND", reason(ReasonCode::sent_late, {{"percent", *rate.late_percent, "%"}})});
  if (const double ratio = spread_of(totals); ratio > kSpread) {
    trust.findings.push_back({"NOISY", reason(ReasonCode::drifting, {{"ratio", ratio, ""}})});
    if (const double load = other_load_of(totals); load > kOtherLoadCores)
      trust.findings.push_back(
          {"NOISY", reason(ReasonCode::other_load, {{"percent", 100 * load, "%"}})});
  } else if (const auto groups = two_groups(totals)) {
    // Worth knowing, and no reason to trust the figures less: the median may lie where no query is.
    trust.findings.push_back({"STABLE", *groups});
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

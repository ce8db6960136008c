// SPDX-License-Identifier: Apache-2.0
// Figures of open loops: what was offered, what held, and how punctual the sender was. Thread-safe.
#include <algorithm>
#include <optional>

#include "steelyard/stats/figures.h"
#include "steelyard/stats/intervals.h"

namespace steelyard::stats {
namespace {

// A Poisson schedule of some hundred queries may well be 10 % shorter or longer than its mean.
constexpr double kKeepsUp = 0.9;

// A search that ended this far below its limit ended for want of a bound.
constexpr double kNear = 0.8;

void add_peak(RateFigures& figures, const Measurement& m, const PeakRate& load,
              const Totals& totals, const LatencyFigures& latency) {
  const bool none_held = std::any_of(m.blocks.begin(), m.blocks.end(), [](const Block& block) {
    return block.phase == Phase::measure && block.rate_per_second <= 0;
  });
  const auto limit = static_cast<double>(load.p99.count());
  if (none_held) figures.reason = reason(ReasonCode::no_rate_holds, {{"ms", limit / 1e6, "ms"}});
  Moments moments;
  for (const Block* block : totals.blocks) moments.add(block->rate_per_second);
  if (moments.count == 0) return;
  figures.peak = moments.mean;
  figures.peak_ci = interval_over_units(totals, moments.mean, [](const auto& blocks) {
    double sum = 0;
    for (const Block* block : blocks) sum += block->rate_per_second;
    return sum / static_cast<double>(blocks.size());
  });
  const auto& upper = latency.percentiles.at(3).upper_ns;
  if (!figures.reason && upper && *upper < kNear * limit)
    figures.reason =
        reason(ReasonCode::correlated,
               {{"n", static_cast<double>(totals.queries / moments.count), ""}, {"needed", 0, ""}});
}

}  // namespace

RateFigures rates_of(const Measurement& m, const Totals& totals, const LatencyFigures& latency) {
  RateFigures figures;
  const double offered = rate_of(m.what.scenario);
  if (offered > 0) figures.offered = offered;
  if (const auto* peak = std::get_if<PeakRate>(&m.what.scenario))
    add_peak(figures, m, *peak, totals, latency);
  Moments delay;
  std::uint64_t late = 0;
  for (const Block* block : totals.blocks) {
    delay.merge(block->send_delay);
    late += block->late;
  }
  if (delay.count > 0) {
    figures.send_delay_mean_ns = delay.mean;
    figures.send_delay_max_ns = delay.max;
    figures.late_percent = 100.0 * static_cast<double>(late) / static_cast<double>(delay.count);
  }
  const double answered = totals.wall > nanoseconds(0)
                              ? static_cast<double>(totals.queries) / seconds_of(totals.wall)
                              : 0;
  if (offered > 0 && totals.queries > 0 && answered < kKeepsUp * offered)
    figures.reason = reason(ReasonCode::overloaded,
                            {{"offered", offered, "1/s"}, {"answered", answered, "1/s"}});
  return figures;
}

}  // namespace steelyard::stats

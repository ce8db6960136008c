// SPDX-License-Identifier: Apache-2.0
// Double, then bisect.
#include "steelyard/run/peak_rate.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "steelyard/stats/stats.h"

namespace steelyard {
namespace {

constexpr double kClose = 1.005;  // where the search ends: held and failed rate this near
constexpr int kHalvings = 10;     // below a thousandth of what the device can do nothing queues
constexpr int kVirtual = 10;      // virtual time is cheap: trials may be so many times as long
constexpr double kBegin = 4;      // first trial: a quarter of what the device can do

// The 99th percentile and its bound; empty where the queries do not give one.
PercentileFigure p99_of(const Block& block) {
  Measurement measurement;
  measurement.blocks.push_back(block);
  return summarize(measurement).latency_ns.percentiles.at(3);
}

class Search {
 public:
  Search(OpenLoop& loop, const PeakRate& peak, const BlockRequest& request, Clock& clock,
         const std::function<void()>& folded)
      : loop_(loop),
        peak_(peak),
        request_(request),
        longest_(request.max_duration * (clock.is_virtual() ? kVirtual : 1)),
        clock_(clock),
        folded_(folded) {}

  bool holds(double rate) {
    const auto limit = static_cast<double>(peak_.p99.count());
    std::uint64_t queries = std::max<std::uint64_t>(request_.min_queries, needed(99));
    while (true) {
      Block block = trial(rate, queries);
      if (block.latency.count == 0 || block.latency.mean > limit || overloaded(block)) return false;
      const PercentileFigure p99 = p99_of(block);
      if (p99.upper_ns && *p99.upper_ns <= limit) {
        best_ = std::move(block);
        return true;
      }
      // Between percentile and bound lies what a longer trial decides: without it the answer is
      // always too low.
      const bool time_is_up = block.end - block.begin >= longest_ / 2;
      if (time_is_up || (p99.upper_ns && p99.ns && *p99.ns > limit)) return false;
      queries = std::max(queries, block.count) * 4;
    }
  }
  std::optional<Block>& best() { return best_; }

 private:
  static bool overloaded(const Block& block) {
    return static_cast<double>(block.count) <
           0.9 * block.rate_per_second * seconds_of(block.end - block.begin);
  }

  Block trial(double rate, std::uint64_t queries) {
    Block block;
    const nanoseconds cpu = process_cpu_time();
    block.begin = clock_.now();
    block.rate_per_second = rate;
    Tally tally(request_.keep_queries);
    const Enough enough{queries, block.begin + request_.min_duration, block.begin + longest_};
    loop_.run({rate, true, request_.seed + trials_++, request_.keep_queries, enough}, tally, block,
              folded_);
    tally.move_into(block);
    block.end = clock_.now();
    if (!clock_.is_virtual()) block.cpu_time = process_cpu_time() - cpu;
    return block;
  }

  OpenLoop& loop_;
  const PeakRate& peak_;
  const BlockRequest& request_;
  const nanoseconds longest_;
  Clock& clock_;
  const std::function<void()>& folded_;
  std::uint64_t trials_ = 0;
  std::optional<Block> best_;
};

}  // namespace

void search_peak(OpenLoop& loop, const PeakRate& peak, double closed_rate,
                 const BlockRequest& request, Clock& clock, Block& block,
                 const std::function<void()>& folded) {
  Search search(loop, peak, request, clock, folded);
  double held = 0, failed = 0;
  double rate = std::max(closed_rate, 1e-3) / kBegin;
  for (int halvings = 0; held == 0 && halvings < kHalvings; ++halvings) {
    if (search.holds(rate))
      held = rate;
    else
      failed = rate;
    if (held == 0) rate /= 2;
  }
  while (held > 0 && failed == 0) {
    rate = held * 2;
    (search.holds(rate) ? held : failed) = rate;
  }
  while (held > 0 && failed > held * kClose) {
    rate = (held + failed) / 2;
    (search.holds(rate) ? held : failed) = rate;
  }
  std::vector<Reading> readings = std::move(block.readings);
  if (search.best()) {
    block = std::move(*search.best());
  } else {
    block.end = clock.now();
  }
  block.readings = std::move(readings);
}

}  // namespace steelyard

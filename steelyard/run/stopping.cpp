// SPDX-License-Identifier: Apache-2.0
// The rules for stopping: perf_analyzer's three windows, and a target for the error.
#include "steelyard/run/stopping.h"

#include <algorithm>
#include <optional>

#include "steelyard/stats/stats.h"

namespace steelyard {
namespace {

constexpr double kAlike = 1.10;
constexpr std::size_t kWindows = 3;

bool last_blocks_differ(const std::vector<Block>& blocks) {
  if (blocks.size() < kWindows) return false;
  double least[2] = {0, 0}, most[2] = {0, 0};
  for (std::size_t i = blocks.size() - kWindows; i < blocks.size(); ++i) {
    const double seconds = seconds_of(blocks[i].end - blocks[i].begin);
    if (blocks[i].count == 0 || seconds <= 0) return false;
    const double values[] = {blocks[i].latency.mean,
                             static_cast<double>(blocks[i].items) / seconds};
    const bool first = i + kWindows == blocks.size();
    for (std::size_t k = 0; k < 2; ++k) {
      least[k] = first ? values[k] : std::min(least[k], values[k]);
      most[k] = first ? values[k] : std::max(most[k], values[k]);
    }
  }
  return most[0] > kAlike * least[0] || most[1] > kAlike * least[1];
}

bool wide(const std::optional<IntervalFigure>& interval, double target) {
  return interval && interval->high - interval->low > target * (interval->high + interval->low);
}

}  // namespace

bool needs_longer(const Measurement& so_far, const Effort& effort) {
  if (effort.target_error <= 0) return false;
  nanoseconds spent{0};
  for (const Block& block : so_far.blocks) spent += block.end - block.begin;
  if (spent >= effort.max_duration) return false;
  if (last_blocks_differ(so_far.blocks)) return true;
  const LatencyFigures figures = summarize(so_far).latency_ns;
  return wide(figures.mean_ci, effort.target_error) || wide(figures.median_ci, effort.target_error);
}

}  // namespace steelyard

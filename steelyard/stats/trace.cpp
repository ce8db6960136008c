// SPDX-License-Identifier: Apache-2.0
// Integrals of what an instrument showed. A reading of a moving average of length w at time t is
// the mean over [t - w, t]: readings w apart, laid end to end, add up to the exact integral
// whatever the power did in between.
#include "steelyard/stats/trace.h"

#include <algorithm>
#include <cmath>

#include "steelyard/stats/stats.h"

namespace steelyard::stats {
namespace {

// An unknown instrument may look as little as the least that is known: a quarter of the time.
constexpr double kLeastLook = 0.25;
constexpr int kPhases = 16;

std::vector<Reading> readings_of(const Block& block, std::size_t channel) {
  std::vector<Reading> readings;
  for (const Reading& reading : block.readings)
    if (reading.channel == channel) readings.push_back(reading);
  std::stable_sort(readings.begin(), readings.end(),
                   [](const Reading& a, const Reading& b) { return a.time < b.time; });
  return readings;
}

double mean(const std::vector<double>& values, std::size_t from, std::size_t to) {
  double sum = 0;
  for (std::size_t i = from; i < to; ++i) sum += values[i];
  return to > from ? sum / static_cast<double>(to - from) : 0;
}

// Time spent in one state of the load up to a point, for intervals in order.
class Occupied {
 public:
  void add(nanoseconds begin, nanoseconds end) {
    if (!ends_.empty()) begin = std::max(begin, ends_.back());
    if (end <= begin) return;
    begins_.push_back(begin);
    ends_.push_back(end);
    sums_.push_back((sums_.empty() ? nanoseconds(0) : sums_.back()) + (end - begin));
  }
  double until(nanoseconds t) const {
    const auto at = std::upper_bound(begins_.begin(), begins_.end(), t) - begins_.begin();
    if (at == 0) return 0;
    const auto i = static_cast<std::size_t>(at - 1);
    return seconds_of(sums_[i] - std::max(ends_[i] - t, nanoseconds(0)));
  }

 private:
  std::vector<nanoseconds> begins_, ends_, sums_;
};

}  // namespace

Trace::Trace(const Channel& channel, std::size_t index, const std::vector<Block>& blocks)
    : channel_(channel), index_(index), period_(channel.period) {
  std::vector<Reading> longest;
  for (const Block& block : blocks) {
    if (block.phase != Phase::load && block.phase != Phase::context) continue;
    auto readings = readings_of(block, index);
    if (readings.size() > longest.size()) longest = std::move(readings);
  }
  period_ = update_period(channel, longest);
}

std::vector<Trace::Step> Trace::steps(const Block& block, bool changed_only) const {
  std::vector<Step> steps;
  const auto readings = readings_of(block, index_);
  nanoseconds last{0};
  for (std::size_t i = 0; i < readings.size(); ++i) {
    const auto& [channel, time, value] = readings[i];
    const bool changed = i > 0 && value != readings[i - 1].value;
    // A value that stands still is an update too where the next one was due.
    const bool due = !changed_only && (steps.empty() || time - last >= period_ * 3 / 4);
    if (!changed && !due) continue;
    last = time;
    // It changed at some time since it was last asked.
    const nanoseconds ago = changed && !is_trusted()
                                ? std::min(time - readings[i - 1].time, period_) / 2
                                : nanoseconds(0);
    steps.push_back({time - ago, value, changed});
  }
  return steps;
}

bool Trace::is_trusted() const {
  return channel_.provenance == Provenance::simulated || channel_.name == "meter";
}

double Trace::updates(const Block& block) const {
  double n = 0;
  for (const Step& step : steps(block, !is_trusted()))
    n += step.time > block.begin && step.time <= block.end;
  return n;
}

bool Trace::has_hole(const Block& block) const {
  const nanoseconds longest =
      std::max({5 * period_, (block.end - block.begin) / 50, nanoseconds(1'000'000)});
  nanoseconds last = block.begin;
  for (const Reading& reading : readings_of(block, index_)) {
    if (reading.time > block.end) break;
    if (reading.time - last > longest) return true;
    last = std::max(last, reading.time);
  }
  return block.end - last > longest;
}

std::optional<SteadyPower> Trace::steady(const Block& block) const {
  // What came before still shows for as long as a reading averages.
  const nanoseconds from =
      block.begin + std::max({channel_.average, period_, (block.end - block.begin) / 3});
  std::vector<double> watts;
  std::vector<Step> used;
  for (const Step& step : steps(block, is_counter()))
    if (step.time >= from && step.time <= block.end) used.push_back(step);
  const auto rate = [&](std::size_t a, std::size_t b) {
    return (used[b].value - used[a].value) / seconds_of(used[b].time - used[a].time);
  };
  for (std::size_t i = 0; i < used.size(); ++i) {
    if (!is_counter())
      watts.push_back(used[i].value);
    else if (i > 0)
      watts.push_back(rate(i - 1, i));
  }
  if (watts.size() < 4) return {};
  const std::size_t n = watts.size(), half = n / 2;
  SteadyPower power{mean(watts, 0, n), mean(watts, 0, half), mean(watts, half, n), 0};
  if (is_counter()) power = {rate(0, n), rate(0, half), rate(half, n), 0};
  double squares = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const double off = watts[i] - (i < half ? power.earlier : power.later);
    squares += off * off;
  }
  // Of a counter's rates every error at one end is taken back at the next.
  power.error = is_counter() ? 0 : 2 * std::sqrt(squares) / static_cast<double>(n);
  return power;
}

Energy Trace::energy(const Block& block, std::optional<double> before) const {
  if (is_counter()) return by_counter(block);
  const bool part_time = channel_.average > nanoseconds(0) && channel_.average < period_;
  return part_time ? by_looks(block) : by_tiles(block, before);
}

// Between the first and the last change the counter is exact; the ends go on as their neighbours.
Energy Trace::by_counter(const Block& block) const {
  std::vector<Step> all;
  for (const Step& step : steps(block, true))
    if (step.time > block.begin && step.time <= block.end) all.push_back(step);
  if (all.size() < 4) return {};
  const auto rate = [&](std::size_t i) {
    return (all[i + 1].value - all[i].value) / seconds_of(all[i + 1].time - all[i].time);
  };
  const std::size_t last = all.size() - 2;
  const double front = seconds_of(all.front().time - block.begin);
  const double back = seconds_of(block.end - all.back().time);
  return {all.back().value - all.front().value + rate(0) * front + rate(last) * back,
          std::abs(rate(1) - rate(0)) * front + std::abs(rate(last) - rate(last - 1)) * back};
}

// Tiles of the length of the average, laid from the last reading backwards.
Energy Trace::by_tiles(const Block& block, std::optional<double> before) const {
  std::vector<Step> all;
  for (const Step& step : steps(block, false))
    if (step.time <= block.end) all.push_back(step);
  if (all.size() < 4) return {};
  const nanoseconds length = std::max({channel_.average, period_, nanoseconds(1)});
  const auto watts_at = [&](nanoseconds t) {
    const auto next = std::lower_bound(all.begin(), all.end(), t,
                                       [](const Step& s, nanoseconds at) { return s.time < at; });
    if (next == all.end()) return all.back().value;
    if (next == all.begin() || next->time == t) return next->value;
    const auto& last = *std::prev(next);
    const double share = seconds_of(t - last.time) / seconds_of(next->time - last.time);
    return last.value + share * (next->value - last.value);
  };
  const double last = all.back().value, back = seconds_of(block.end - all.back().time);
  Energy energy{last * back, 0};
  // An average moves by the share of it that is new: what is behind the last reading may differ
  // from it by as much as power did within that average.
  double moved = 0;
  for (std::size_t i = all.size() - 1; i > 0 && all[i].time + 2 * length > block.end; --i)
    moved = std::max(moved, std::abs(all[i].value - all[i - 1].value));
  energy.error = moved * seconds_of(length) / seconds_of(period_) * back;
  // The instants of change are known to a quarter of the polling on average.
  if (!is_trusted() && before) energy.error += std::abs(last - *before) * seconds_of(period_) / 8;
  for (nanoseconds t = all.back().time; t > block.begin; t -= length) {
    const double watts = watts_at(t);
    const nanoseconds outside = block.begin - (t - length);
    if (outside <= nanoseconds(0)) {
      energy.joules += watts * seconds_of(length);
    } else if (before) {
      energy.joules += watts * seconds_of(length) - *before * seconds_of(outside);
    } else {
      energy.joules += watts * seconds_of(t - block.begin);
      energy.error += std::abs(watts - watts_at(t + length)) * seconds_of(t - block.begin);
    }
  }
  return energy;
}

// A look stands for the time around its middle; what it does not see is guessed from its
// neighbours.
Energy Trace::by_looks(const Block& block) const {
  std::vector<Step> all;
  for (Step step : steps(block, false)) {
    step.time -= channel_.average / 2;
    if (step.time >= block.begin && step.time <= block.end) all.push_back(step);
  }
  if (all.size() < 4) return {};
  const double front = seconds_of(all.front().time - block.begin);
  const double back = seconds_of(block.end - all.back().time);
  Energy energy{all.front().value * front + all.back().value * back, 0};
  double squares = 0;
  for (std::size_t i = 1; i < all.size(); ++i) {
    const double between = seconds_of(all[i].time - all[i - 1].time);
    const double change = all[i].value - all[i - 1].value;
    energy.joules += between * (all[i].value + all[i - 1].value) / 2;
    squares += between * between * change * change / 4;
  }
  energy.error = std::sqrt(squares) + std::abs(all[1].value - all[0].value) * front +
                 std::abs(all.back().value - all[all.size() - 2].value) * back;
  return energy;
}

double Trace::excess_after(const Block& load, const Block& rest) const {
  const auto settled = steady(rest);
  if (!settled) return 0;
  double joules = 0;
  nanoseconds last = load.end;
  for (const Step& step : steps(rest, false)) {
    joules += (step.value - settled->watts) * seconds_of(step.time - last);
    last = step.time;
  }
  return std::max(joules, 0.0);
}

double Trace::bias_of_phase(const Block& load) const {
  const bool unknown = channel_.average == nanoseconds(0) && !is_counter();
  const auto window =
      unknown ? nanoseconds(static_cast<std::int64_t>(kLeastLook * double(period_.count())))
              : channel_.average;
  if (window <= nanoseconds(0) || window >= period_ || load.queries.size() < 2) return 0;
  const nanoseconds begin = load.begin, end = std::min(load.end, load.queries.back().finished);
  const double all = seconds_of(end - begin);
  // A hundred queries in every look cannot be one percent off.
  const double looks = all / static_cast<double>(load.queries.size());
  if (all <= 0 || 100 * looks < seconds_of(window)) return 0;
  Occupied states[2];  // the halves of queries; what is left are pauses
  for (const Query& query : load.queries) {
    const nanoseconds middle = query.started + (query.finished - query.started) / 2;
    states[0].add(query.started, middle);
    states[1].add(middle, query.finished);
  }
  double worst = 0;
  for (int phase = 0; phase < kPhases; ++phase) {
    double looked = 0, seen[2] = {};
    for (nanoseconds t = begin + period_ * phase / kPhases; t + window <= end; t += period_) {
      looked += seconds_of(window);
      for (int s = 0; s < 2; ++s) seen[s] += states[s].until(t + window) - states[s].until(t);
    }
    if (looked <= 0) return 1;
    double busy = 0;
    for (int s = 0; s < 2; ++s) {
      const double off = seen[s] / looked - states[s].until(end) / all;
      busy += off;
      worst = std::max(worst, std::abs(off));
    }
    worst = std::max(worst, std::abs(busy));
  }
  return worst;
}

}  // namespace steelyard::stats

namespace steelyard {

nanoseconds update_period(const Channel& channel, const std::vector<Reading>& readings) {
  if (channel.provenance == Provenance::simulated || channel.name == "meter") return channel.period;
  std::vector<nanoseconds> gaps;
  nanoseconds last{0};
  for (std::size_t i = 1; i < readings.size(); ++i) {
    if (readings[i].value == readings[i - 1].value) continue;
    if (last > nanoseconds(0)) gaps.push_back(readings[i].time - last);
    last = readings[i].time;
  }
  if (gaps.size() < 8) return channel.period;
  // Equal neighbours hide updates, so the shorter distances are the true ones.
  std::nth_element(gaps.begin(), gaps.begin() + static_cast<std::ptrdiff_t>(gaps.size() / 4),
                   gaps.end());
  return gaps[gaps.size() / 4];
}

}  // namespace steelyard

// SPDX-License-Identifier: Apache-2.0
// Lays a meter's file over a run. What is looked for is a shape: load pulses, or the load of an
// energy pass between two waits; sums over a segment come from running sums, so that a day of
// readings is searched in moments. Pure, thread-safe.
#include <algorithm>
#include <cmath>
#include <limits>

#include "steelyard/stats/stats.h"

namespace steelyard {
namespace {

constexpr double kClocksDiffer = 5;    // s that two set clocks may differ by
constexpr double kPulsesDiffer = 120;  // s, where pulses mark the run beyond doubt
constexpr double kMargin = 5;          // s of readings kept around the passes

struct Segment {
  double begin, end;  // s on the run's clock
  bool loaded;
};
using Shape = std::vector<Segment>;

class PowerSums {
 public:
  PowerSums(std::span<const double> seconds, std::span<const double> watts) : seconds_(seconds) {
    sums_.push_back({0, 0});
    for (const double w : watts)
      sums_.push_back({sums_.back().watts + w, sums_.back().squares + w * w});
  }
  struct Sum {
    double n = 0, watts = 0, squares = 0;
  };
  Sum between(double begin, double end) const {
    const auto at = [&](double t) {
      return static_cast<std::size_t>(std::lower_bound(seconds_.begin(), seconds_.end(), t) -
                                      seconds_.begin());
    };
    const std::size_t a = at(begin), b = at(end);
    return {static_cast<double>(b - a), sums_[b].watts - sums_[a].watts,
            sums_[b].squares - sums_[a].squares};
  }

 private:
  struct Running {
    double watts, squares;
  };
  std::span<const double> seconds_;
  std::vector<Running> sums_;
};

// Correlation of watts and load where the run is moved by `shift`; -1 where the file does not
// reach.
double score(const PowerSums& watts, const Shape& shape, double shift) {
  PowerSums::Sum on, off;
  for (const Segment& segment : shape) {
    const auto sum = watts.between(segment.begin + shift, segment.end + shift);
    if (sum.n < 1) return -1;
    PowerSums::Sum& into = segment.loaded ? on : off;
    into.n += sum.n;
    into.watts += sum.watts;
    into.squares += sum.squares;
  }
  const double n = on.n + off.n;
  if (on.n < 1 || off.n < 1) return -1;
  const double mean = (on.watts + off.watts) / n;
  const double variance = (on.squares + off.squares) / n - mean * mean;
  if (variance <= 1e-12 * (1 + mean * mean)) return 0;
  return (on.watts / on.n - off.watts / off.n) * std::sqrt(on.n * off.n) / n / std::sqrt(variance);
}

struct Fit {
  double shift = 0, quality = -1;
};

Fit search(const PowerSums& watts, const Shape& shape, double from, double to, double step) {
  Fit best;
  double last = 0;
  for (double shift = from; shift <= to; shift += step) {
    const double quality = score(watts, shape, shift);
    if (quality > best.quality + 1e-12) {
      best = {shift, quality};
      last = shift;
    } else if (quality > best.quality - 1e-12 && quality > -1) {
      last = shift;  // between two readings nothing changes: the middle is as good as any
    }
  }
  best.shift = (best.shift + std::max(last, best.shift)) / 2;
  return best;
}

Fit find(const PowerSums& watts, const Shape& shape, double from, double to, double period) {
  const double step = std::max(period / 2, (to - from) / 2e6);
  const Fit rough = search(watts, shape, from, to, step);
  if (rough.quality <= -1) return rough;
  const Fit fine = search(watts, shape, rough.shift - 2 * step, rough.shift + 2 * step, step / 20);
  return fine.quality >= rough.quality ? fine : rough;
}

double run_seconds(const Measurement& m, nanoseconds t, bool since_1970) {
  return seconds_of(t) + (since_1970 ? seconds_of(m.manifest.since_1970) : 0);
}

// The pulses before and behind the passes, each group with the pauses around its pulses.
std::vector<Shape> pulses_of(const std::vector<const Measurement*>& cases, bool since_1970) {
  std::vector<Segment> pulses;
  for (const Measurement* m : cases)
    for (const Block& block : m->blocks)
      if (block.phase == Phase::mark)
        pulses.push_back({run_seconds(*m, block.begin, since_1970),
                          run_seconds(*m, block.end, since_1970), true});
  std::sort(pulses.begin(), pulses.end(),
            [](const Segment& a, const Segment& b) { return a.begin < b.begin; });
  std::vector<Shape> groups;
  for (const Segment& pulse : pulses) {
    const double length = pulse.end - pulse.begin;
    if (groups.empty() || pulse.begin > groups.back().back().end + length) {
      groups.push_back({{pulse.begin - length, pulse.begin, false}});
    } else {
      groups.back().back().end = pulse.begin;
    }
    groups.back().push_back(pulse);
    groups.back().push_back({pulse.end, pulse.end + length, false});
  }
  return groups;
}

std::vector<Shape> passes_of(const std::vector<const Measurement*>& cases, bool since_1970) {
  std::vector<Shape> passes;
  for (const Measurement* m : cases) {
    Shape shape;
    for (const Block& block : m->blocks)
      if (block.phase == Phase::context || block.phase == Phase::load || block.phase == Phase::rest)
        shape.push_back({run_seconds(*m, block.begin, since_1970),
                         run_seconds(*m, block.end, since_1970), block.phase == Phase::load});
    if (shape.size() >= 3) passes.push_back(std::move(shape));
  }
  return passes;
}

double worst_of(const PowerSums& watts, const std::vector<Shape>& shapes, double shift) {
  double worst = 1;
  for (const Shape& shape : shapes) worst = std::min(worst, score(watts, shape, shift));
  return worst;
}

// One shift that suits all passes together.
Fit fit_passes(const PowerSums& watts, const std::vector<Shape>& passes, double period) {
  Fit best{0, worst_of(watts, passes, 0)};
  for (double shift = -kClocksDiffer; shift <= kClocksDiffer; shift += period / 10) {
    const double quality = worst_of(watts, passes, shift);
    // A shift must earn its place: set clocks are usually right.
    if (quality > best.quality + (best.shift == 0 ? 0.01 : 0)) best = {shift, quality};
  }
  return best;
}

}  // namespace

AlignedMeter align_meter(std::span<const double> seconds, std::span<const double> watts,
                         bool since_1970, double period_seconds,
                         const std::vector<const Measurement*>& cases) {
  AlignedMeter aligned;
  const PowerSums sums(seconds, watts);
  const auto pulses = pulses_of(cases, since_1970);
  const auto passes = passes_of(cases, since_1970);
  if (passes.empty()) return aligned;
  double middle = 0;  // run time at which `shift` holds
  if (!pulses.empty()) {
    const double last = pulses.back().back().end, first = pulses.front().front().begin;
    const double from = since_1970 ? -kPulsesDiffer : seconds.front() - first;
    const double to = since_1970 ? kPulsesDiffer : seconds.back() - last;
    const Fit head = find(sums, pulses.front(), from, std::max(from, to), period_seconds);
    Fit tail = head;
    if (pulses.size() > 1)
      tail = find(sums, pulses.back(), head.shift - 2, head.shift + 2, period_seconds);
    middle = first;
    aligned.alignment = {"load pulses", head.shift, 0, std::min(head.quality, tail.quality)};
    const double apart = pulses.back().front().begin - first;
    if (apart > 0) aligned.alignment.drift_ppm = 1e6 * (tail.shift - head.shift) / apart;
  } else {
    const Fit fit = fit_passes(sums, passes, period_seconds);
    aligned.alignment = {"time stamps", fit.shift, 0, fit.quality};
  }
  double begin = std::numeric_limits<double>::max(), end = -begin;
  for (const Shape& pass : passes) {
    begin = std::min(begin, pass.front().begin);
    end = std::max(end, pass.back().end);
  }
  for (const Measurement* m : cases)
    for (const Block& block : m->blocks)
      if (block.phase == Phase::idle)
        begin = std::min(begin, run_seconds(*m, block.begin, since_1970));
  const double drift = aligned.alignment.drift_ppm * 1e-6;
  const double monotonic = since_1970 ? seconds_of(cases.front()->manifest.since_1970) : 0;
  for (std::size_t i = 0; i < seconds.size(); ++i) {
    double t = seconds[i] - aligned.alignment.shift_seconds;
    t -= drift * (t - middle);
    if (t < begin - kMargin || t > end + kMargin) continue;
    aligned.readings.push_back({0, from_seconds(t - monotonic), watts[i]});
  }
  return aligned;
}

}  // namespace steelyard

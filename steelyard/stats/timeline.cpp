// SPDX-License-Identifier: Apache-2.0
// What charts draw over time: watts and clocks through the phases of a case, and forecasts beside
// what really came. Pure, thread-safe.
#include <algorithm>
#include <cmath>

#include "steelyard/stats/figures.h"

namespace steelyard::stats {
namespace {

constexpr std::size_t kPoints = 240;   // a channel
constexpr std::size_t kWindows = 120;  // half a year of trading days

// Of the energy pass where there was one: interleaved blocks belong to one another less.
std::vector<const Block*> drawn_blocks(const Measurement& m) {
  const bool pass = std::any_of(m.blocks.begin(), m.blocks.end(),
                                [](const Block& b) { return b.phase == Phase::load; });
  std::vector<const Block*> blocks;
  for (const Block& b : m.blocks) {
    const bool belongs =
        b.phase == Phase::idle ||
        (pass ? b.phase == Phase::context || b.phase == Phase::load || b.phase == Phase::rest
              : b.phase == Phase::measure);
    if (belongs && b.end > b.begin && !b.readings.empty()) blocks.push_back(&b);
  }
  std::stable_sort(blocks.begin(), blocks.end(), [](const Block* a, const Block* b) {
    return std::pair(a->phase != Phase::idle, a->order) <
           std::pair(b->phase != Phase::idle, b->order);
  });
  return blocks;
}

void keep_peaks(ChannelTrace& trace) {
  const std::size_t count = trace.values.size();
  if (count <= kPoints) return;
  const std::size_t stretch = (2 * count + kPoints - 1) / kPoints;
  std::vector<double> seconds, values;
  for (std::size_t from = 0; from < count; from += stretch) {
    const auto begin = trace.values.begin() + static_cast<std::ptrdiff_t>(from);
    const auto end =
        trace.values.begin() + static_cast<std::ptrdiff_t>(std::min(from + stretch, count));
    auto [least, greatest] = std::minmax_element(begin, end);
    if (greatest < least) std::swap(least, greatest);
    const auto keep = [&](auto at) {
      seconds.push_back(trace.seconds[static_cast<std::size_t>(at - trace.values.begin())]);
      values.push_back(*at);
    };
    keep(least);
    if (least != greatest) keep(greatest);
  }
  trace.seconds = std::move(seconds);
  trace.values = std::move(values);
}

// Within one block, appended to `trace` with `shift` added to the times.
void add_readings(const Block& block, std::size_t channel, bool counter, double shift,
                  ChannelTrace& trace) {
  const Reading* before = nullptr;
  for (const Reading& r : block.readings) {
    if (r.channel != channel || r.time < block.begin || r.time > block.end ||
        !std::isfinite(r.value))
      continue;
    const double at = shift + seconds_of(r.time - block.begin);
    if (!counter) {
      trace.seconds.push_back(at);
      trace.values.push_back(r.value);
    } else if (before == nullptr || r.value != before->value) {
      if (before != nullptr && r.time > before->time && r.value > before->value) {
        trace.seconds.push_back(at);
        trace.values.push_back((r.value - before->value) / seconds_of(r.time - before->time));
      }
      before = &r;
    }
  }
}

}  // namespace

TimelineFigures timeline_of(const Measurement& m) {
  TimelineFigures figures;
  const std::vector<const Block*> blocks = drawn_blocks(m);
  double end = 0;
  for (const Block* block : blocks) {
    const double begin = end;
    end += seconds_of(block->end - block->begin);
    if (!figures.phases.empty() && figures.phases.back().phase == block->phase)
      figures.phases.back().end_seconds = end;
    else
      figures.phases.push_back({block->phase, begin, end});
  }
  for (std::size_t c = 0; c < m.channels.size(); ++c) {
    const Channel& channel = m.channels[c];
    const bool counter = channel.unit == "J";
    if (!counter && channel.unit != "W" && channel.unit != "MHz") continue;
    ChannelTrace trace{channel.name,
                       counter ? "W" : channel.unit,
                       channel.boundary,
                       channel.definition,
                       channel.provenance,
                       {},
                       {}};
    double shift = 0;
    for (const Block* block : blocks) {
      add_readings(*block, c, counter, shift, trace);
      shift += seconds_of(block->end - block->begin);
    }
    keep_peaks(trace);
    if (trace.values.size() > 1) figures.channels.push_back(std::move(trace));
  }
  if (figures.channels.empty()) figures.phases.clear();
  return figures;
}

ForecastFigures forecast_of(const Measurement& m) {
  ForecastFigures figures;
  if (!m.truth || is_null(m) || m.output_width == 0) return figures;
  const Truth& truth = *m.truth;
  const std::size_t count = truth.windows();
  if (truth.naive.size() != count || truth.scale.size() != count || truth.offset.size() != count ||
      m.seen.size() < count || m.outputs.size() < count * m.output_width)
    return figures;
  figures.first_window = count > kWindows ? count - kWindows : 0;
  for (std::size_t i = figures.first_window; i < count; ++i) {
    const double price = m.outputs[i * m.output_width] * truth.scale[i] + truth.offset[i];
    if (!m.seen[i] || !std::isfinite(price)) return {};
    figures.actual.push_back(truth.target[i]);
    figures.naive.push_back(truth.naive[i]);
    figures.forecast.push_back(price);
  }
  return figures;
}

}  // namespace steelyard::stats

// SPDX-License-Identifier: Apache-2.0
// Measurements as a Chrome trace (Perfetto opens it): blocks and kept queries as spans, every
// sensor channel as a counter. Thread-safe.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "steelyard/exchange/formats.h"

namespace steelyard::exchange {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kQueries = 2000;   // spans a block
constexpr std::size_t kReadings = 4000;  // counters a channel and block

double us(nanoseconds t) { return static_cast<double>(t.count()) * 1e-3; }

// One line an event: a trace of millions of events is never one tree in memory.
class Trace {
 public:
  void add(const Json& event) {
    text_ += text_.empty() ? "" : ",\n";
    text_ += event.dump(-1, ' ', false, Json::error_handler_t::replace);
  }
  std::string take() && {
    return "{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n" + text_ + "\n]}\n";
  }

 private:
  std::string text_;
};

// Of each stretch the lowest and the highest reading, in order of time: peaks survive.
std::vector<const Reading*> thinned(const std::vector<const Reading*>& all) {
  if (all.size() <= kReadings) return all;
  std::vector<const Reading*> out;
  const std::size_t stretch = (2 * all.size() + kReadings - 1) / kReadings;
  for (std::size_t from = 0; from < all.size(); from += stretch) {
    const auto begin = all.begin() + static_cast<std::ptrdiff_t>(from);
    const auto end =
        all.begin() + static_cast<std::ptrdiff_t>(std::min(from + stretch, all.size()));
    auto [low, high] = std::minmax_element(
        begin, end, [](const Reading* a, const Reading* b) { return a->value < b->value; });
    if (high < low) std::swap(low, high);
    out.push_back(*low);
    if (low != high) out.push_back(*high);
  }
  return out;
}

void add_block(Trace& trace, const Measurement& m, const Block& block, std::size_t process) {
  const std::string_view phase = to_string(block.phase);
  trace.add({{"ph", "X"},
             {"name", phase},
             {"cat", "block"},
             {"pid", process},
             {"tid", block.worker},
             {"ts", us(block.begin)},
             {"dur", us(block.end - block.begin)},
             {"args", {{"queries", block.count}, {"windows", block.items}}}});
  const std::size_t step =
      std::max<std::size_t>(1, (block.queries.size() + kQueries - 1) / kQueries);
  for (std::size_t i = 0; i < block.queries.size(); i += step) {
    const Query& q = block.queries[i];
    trace.add({{"ph", "X"},
               {"name", "query"},
               {"cat", "query"},
               {"pid", process},
               {"tid", block.worker},
               {"ts", us(q.started)},
               {"dur", us(q.finished - q.started)}});
  }
  for (std::size_t channel = 0; channel < m.channels.size(); ++channel) {
    std::vector<const Reading*> readings;
    for (const Reading& r : block.readings)
      if (r.channel == channel && std::isfinite(r.value)) readings.push_back(&r);
    const Channel& c = m.channels[channel];
    const std::string name = c.boundary.empty()
                                 ? fmt::format("{} [{}]", c.name, c.unit)
                                 : fmt::format("{} ({}) [{}]", c.name, c.boundary, c.unit);
    for (const Reading* r : thinned(readings))
      trace.add({{"ph", "C"},
                 {"name", name},
                 {"pid", process},
                 {"ts", us(r->time)},
                 {"args", {{c.unit.empty() ? "value" : c.unit, r->value}}}});
  }
}

}  // namespace

std::string as_trace(const std::vector<Measurement>& measurements) {
  Trace trace;
  for (std::size_t i = 0; i < measurements.size(); ++i) {
    const Measurement& m = measurements[i];
    trace.add(
        {{"ph", "M"},
         {"name", "process_name"},
         {"pid", i + 1},
         {"args",
          {{"name", fmt::format("{} on {} ({}, {})", m.what.model, to_string(m.what.spec),
                                kind_of(m.what.scenario), to_string(m.what.device.provenance))}}}});
    for (const Block& block : m.blocks) add_block(trace, m, block, i + 1);
  }
  return std::move(trace).take();
}

}  // namespace steelyard::exchange

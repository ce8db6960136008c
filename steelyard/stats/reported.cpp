// SPDX-License-Identifier: Apache-2.0
// Figures that another tool printed, put where computed ones would stand. Thread-safe.
#include <cmath>

#include "steelyard/stats/figures.h"

namespace steelyard::stats {
namespace {

const Channel* channel_of(const Measurement& m, std::string_view name) {
  for (const Channel& channel : m.channels)
    if (channel.name == name) return &channel;
  return nullptr;
}

void put_percentile(LatencyFigures& latency, double p, double ns, const Reason& no_bound) {
  for (PercentileFigure& figure : latency.percentiles)
    if (figure.p == p) {
      figure = {p, ns, {}, no_bound};
      return;
    }
  latency.percentiles.push_back({p, ns, {}, no_bound});
}

// "latency.p99.9" and the rest of them.
void put_latency(LatencyFigures& latency, const std::string& name, double ns,
                 const Reason& no_bound) {
  if (name == "mean") latency.mean = ns;
  if (name == "stddev") latency.stddev = ns;
  if (name == "min") latency.min = ns;
  if (name == "max") latency.max = ns;
  if (name.starts_with('p')) put_percentile(latency, std::atof(name.c_str() + 1), ns, no_bound);
}

}  // namespace

void fill_reported(Summary& s, const Measurement& m) {
  const Reason unsaid = reason(ReasonCode::not_in_file, {}, m.reported->by);
  const bool computed = s.latency_ns.mean.has_value();
  for (PercentileFigure& figure : s.latency_ns.percentiles)
    if (!figure.ns) figure.reason = unsaid;
  for (const auto& [name, value, unit] : m.reported->figures) {
    if (!std::isfinite(value)) continue;
    if (name.starts_with("latency.")) put_latency(s.latency_ns, name.substr(8), value, unsaid);
    if (name == "throughput") s.throughput_per_second = value;
    if (name == "queries") s.queries = static_cast<std::uint64_t>(value);
    if (name == "seconds") s.measured_seconds = value;
    if (name == "rmse") {
      s.accuracy.rmse = value;
      s.accuracy.unit = unit;
    }
    const Channel* channel = channel_of(m, name);
    if (name == "utilisation") {
      s.utilisation.percent = value;
      if (channel != nullptr) s.utilisation.definition = channel->definition;
    }
    if (name == "memory") {
      s.memory.bytes = value;
      if (channel != nullptr) s.memory.boundary = channel->boundary;
    }
    if (name == "power") {
      s.power.watts = value;
      if (channel != nullptr) s.power.boundary = channel->boundary;
    }
  }
  const auto explain = [&](bool there, std::optional<Reason>& why) {
    why = there ? std::nullopt : std::optional(unsaid);
  };
  explain(s.accuracy.rmse.has_value(), s.accuracy.reason);
  explain(s.utilisation.percent.has_value(), s.utilisation.reason);
  explain(s.memory.bytes.has_value(), s.memory.reason);
  explain(s.power.watts.has_value(), s.power.reason);
  s.energy = {};
  s.energy.boundary = s.power.boundary;
  s.energy.reason = unsaid;
  if (s.power.watts && s.throughput_per_second && *s.throughput_per_second > 0) {
    s.energy.joules_per_query = *s.power.watts / *s.throughput_per_second;
    s.energy.reason.reset();
  }
  s.correctness = {"UNCHECKED", unsaid};
  if (!computed) s.trust = {"INSUFFICIENT", {{"INSUFFICIENT", unsaid}}};
}

}  // namespace steelyard::stats

// SPDX-License-Identifier: Apache-2.0
// trtexec: every query of --exportTimes, and the layers of --exportProfile. Thread-safe.
//
// Layouts by version: TensorRT before 8.4 wrote startInMs, inMs, outMs and endToEndMs; later ones
// startH2dMs, h2dMs, d2hMs. TensorRT 11 transfers nothing unless it is told to, so that its queries
// have no H2D and no D2H time: such latencies are of the computation alone, and the case says so.
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "steelyard/exchange/imports.h"

namespace steelyard::exchange {
namespace {

constexpr std::size_t kKept = 100'000;  // queries kept one by one; all are in the histogram

struct Times {
  double start = 0, latency = 0, copies = 0;
  bool old = false;
};

Times times_of(const Source& source, const Parsed& query) {
  Times t;
  const auto latency = number_at(query, "latencyMs");
  if (!latency || !(*latency > 0) || *latency > 1e9)
    source.refuse("holds a query without a latencyMs");
  t.latency = *latency;
  t.old = query.contains("inMs");
  const auto start = number_at(query, t.old ? "startInMs" : "startH2dMs");
  const auto compute = number_at(query, "startComputeMs");
  t.start = start && *start > 0 ? *start : compute.value_or(0);
  if (!(std::abs(t.start) < 1e12)) source.refuse("holds a query that starts at no time");
  t.copies = number_at(query, t.old ? "inMs" : "h2dMs").value_or(0) +
             number_at(query, t.old ? "outMs" : "d2hMs").value_or(0);
  return t;
}

}  // namespace

std::vector<Measurement> import_trtexec_times(const Source& source) {
  const Parsed all = parse_json(source);
  if (!all.is_array() || all.empty()) source.refuse("holds no list of queries");
  Block block;
  double copies = 0, first = HUGE_VAL, last = -HUGE_VAL;
  bool old = false;
  for (const Parsed& query : all) {
    const Times t = times_of(source, query);
    old = old || t.old;
    copies += t.copies;
    first = std::min(first, t.start);
    last = std::max(last, t.start + t.latency);
    const auto ns = static_cast<std::uint64_t>(std::llround(t.latency * 1e6));
    block.latency.add(static_cast<double>(ns));
    block.histogram.add(ns);
    const nanoseconds started = from_seconds(t.start * 1e-3);
    if (block.queries.size() < kKept)
      block.queries.push_back({started, started, started + nanoseconds(ns)});
  }
  block.count = block.items = all.size();
  block.begin = from_seconds(first * 1e-3);
  block.end = from_seconds(last * 1e-3);
  Draft draft(source, "tensorrt", "TensorRT", "trtexec --exportTimes");
  draft.setting("region", copies > 0 ? "h2d+compute+d2h" : "compute");
  if (old) draft.setting("layout", "before 8.4");
  return {draft.block(std::move(block)).take()};
}

std::vector<Measurement> import_trtexec_profile(const Source& source) {
  const Parsed all = parse_json(source);
  if (!all.is_array() || all.empty()) source.refuse("holds no list of layers");
  const auto count = number_at(all.front(), "count");
  double sum = 0;
  std::size_t layers = 0;
  for (const Parsed& layer : all)
    if (const auto average = number_at(layer, "averageMs")) {
      if (!(*average >= 0) || *average > 1e9) source.refuse("holds a layer with a time below 0");
      sum += *average;
      ++layers;
    }
  if (layers == 0) source.refuse("holds no layer with an averageMs");
  Draft draft(source, "tensorrt", "TensorRT", "trtexec --exportProfile");
  draft.setting("region", "sum of layers, profiled");
  draft.figure("latency.mean", sum * 1e6, "ns").figure("queries", count, "");
  return {draft.take()};
}

}  // namespace steelyard::exchange

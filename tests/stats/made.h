// SPDX-License-Identifier: Apache-2.0
// Measurements with known contents for the tests of `stats`. One thread.
#pragma once

#include <cmath>
#include <memory>
#include <numbers>
#include <vector>

#include "steelyard/base/random.h"
#include "steelyard/record/record.h"

namespace steelyard {

// A closed-loop block: queries back to back from `begin`, one window each.
inline Block block_of(const std::vector<std::int64_t>& latencies_ns,
                      nanoseconds begin = nanoseconds(0), bool keep = true) {
  Block block;
  block.begin = begin;
  nanoseconds now = begin;
  for (const std::int64_t ns : latencies_ns) {
    if (keep) block.queries.push_back({now, now, now + nanoseconds(ns)});
    block.latency.add(static_cast<double>(ns));
    block.histogram.add(static_cast<std::uint64_t>(ns));
    now += nanoseconds(ns);
  }
  block.end = now;
  block.count = block.items = latencies_ns.size();
  return block;
}

inline Measurement measurement_of(std::vector<Block> blocks,
                                  const std::string& backend = "native-cpu") {
  Measurement m;
  m.campaign = "c";
  m.manifest.host = "here";
  m.what.model = "GRU_Apple";
  m.what.model_sha256 = "m";
  m.what.spec.backend = backend;
  m.what.device.backend = backend;
  m.what.device.id = "cpu";
  m.effort.min_queries = 1;
  m.blocks = std::move(blocks);
  return m;
}

inline double normal(Random& random) {
  const double u = 1 - random.uniform(), v = random.uniform();
  return std::sqrt(-2 * std::log(u)) * std::cos(2 * std::numbers::pi * v);
}

// exp(N(log(median), sigma)), whole nanoseconds.
inline std::vector<std::int64_t> lognormal(std::size_t n, std::uint64_t seed,
                                           double median = 50'000, double sigma = 0.3) {
  Random random(seed);
  std::vector<std::int64_t> values;
  for (std::size_t i = 0; i < n; ++i)
    values.push_back(
        static_cast<std::int64_t>(std::llround(median * std::exp(sigma * normal(random)))));
  return values;
}

inline std::vector<std::int64_t> counted(std::int64_t n) {  // 1..n microseconds, shuffled
  std::vector<std::int64_t> values;
  for (std::int64_t i = 1; i <= n; ++i) values.push_back(i * 1000);
  Random(7).shuffle(values);
  return values;
}

// Four windows, price = output * 2 + 100.
inline std::shared_ptr<Truth> small_truth() {
  auto truth = std::make_shared<Truth>();
  truth->unit = "USD";
  truth->target = {102, 104, 106, 108};
  truth->naive = {100, 102, 104, 106};
  truth->scale = {2, 2, 2, 2};
  truth->offset = {100, 100, 100, 100};
  truth->reference = {1, 2, 3, 4};
  return truth;
}

inline Measurement answered(std::vector<float> outputs,
                            std::vector<std::uint8_t> seen = {1, 1, 1, 1}) {
  Measurement m = measurement_of({block_of(counted(1000))});
  m.truth = small_truth();
  m.output_width = 1;
  m.outputs = std::move(outputs);
  m.seen = std::move(seen);
  return m;
}

}  // namespace steelyard

// SPDX-License-Identifier: Apache-2.0
// Queries a second through summarize() on one core, for queries that are independent, that come in
// clusters, and that are too much alike for a bound. One thread.
#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <cstdlib>
#include <vector>

#include "steelyard/base/random.h"
#include "steelyard/stats/stats.h"

namespace steelyard {
namespace {

// A random walk pulled back to 50 µs: each query `memory` like the one before.
Block block_of(std::size_t n, double memory, std::uint64_t seed) {
  Random random(seed);
  Block block;
  block.queries.reserve(n);
  double deviation = 0;
  nanoseconds now(0);
  for (std::size_t i = 0; i < n; ++i) {
    deviation = memory * deviation + (random.uniform() - 0.5);
    const nanoseconds took(static_cast<std::int64_t>(50'000 * (1 + 0.05 * deviation)));
    block.queries.push_back({now, now, now + took});
    block.latency.add(static_cast<double>(took.count()));
    block.histogram.add(static_cast<std::uint64_t>(took.count()));
    now += took;
  }
  block.end = now;
  block.count = block.items = n;
  return block;
}

// Of this thread: other programs on the machine do not count.
double cpu_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

void show(const char* what, double memory) {
  constexpr std::size_t kBlocks = 5, kQueries = 200'000;
  Measurement m;
  for (std::size_t b = 0; b < kBlocks; ++b) m.blocks.push_back(block_of(kQueries, memory, b + 1));
  std::vector<double> seconds;
  for (int turn = 0; turn < 9; ++turn) {
    const double begin = cpu_seconds();
    const Summary s = summarize(m);
    seconds.push_back(cpu_seconds() - begin);
    if (s.queries != kBlocks * kQueries) std::abort();
  }
  std::sort(seconds.begin(), seconds.end());
  const double n = kBlocks * kQueries;
  fmt::print("{:<28} {:7.1f} million queries/s (median of 9; best {:.1f})\n", what,
             n / seconds[4] / 1e6, n / seconds[0] / 1e6);
}

}  // namespace
}  // namespace steelyard

int main() {
  steelyard::show("independent", 0);
  steelyard::show("each 0.8 like the last", 0.8);
  steelyard::show("each 0.999 like the last", 0.999);
  steelyard::show("each 0.99999 like the last", 0.99999);
}

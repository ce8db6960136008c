// SPDX-License-Identifier: Apache-2.0
// The cost of one query on the null backend against two clock reads, in paired blocks of 10^5.
// Twice: the timed loop alone, and a whole measuring block with its moments and histogram.
//
//   ninja -C build perf_null_cost && build/perf/null_cost      exits 1 above 1.2
#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "steelyard/backend/registry.h"
#include "steelyard/run/measure.h"
#include "steelyard/run/timed_loop.h"

namespace {

using namespace steelyard;

constexpr std::size_t kQueries = 100'000;
constexpr int kPairs = 40;
constexpr double kBar = 1.2;

double each(nanoseconds all) { return static_cast<double>(all.count()) / kQueries; }

// Kept out of the caller, so that the loop is compiled as the timed one is.
[[gnu::noinline]] double two_clock_reads() {
  nanoseconds last{0};
  const nanoseconds begin = MonotonicClock::read();
  for (std::size_t i = 0; i < kQueries; ++i) {
    last = MonotonicClock::read();
    asm volatile("" : : "r"(last.count()));
    last = MonotonicClock::read();
    asm volatile("" : : "r"(last.count()));
  }
  return each(MonotonicClock::read() - begin);
}

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + kPairs / 2, values.end());
  return values[kPairs / 2];
}

}  // namespace

int main() {
  Model model;
  model.name = "GRU_Apple";
  model.inputs = {{"input", ElementType::f32, {-1, 8, 5}, 0}};
  model.outputs = {{"output", ElementType::f32, {-1, 1}, 0}};
  const auto found = Registry::instance().resolve(parse_spec("null"));
  const auto compiled = found.backend->compile(model, nullptr, found.device, {});
  const Feed feed = load_feed(model, "", "", 1);
  const auto session = compiled->open(1);
  const FeedRing ring(feed, session->signature(), 1, 1);
  std::vector<Stamp> stamps(1 << 14);  // as in a block
  Instruments instruments;
  std::vector<float> outputs(feed.windows);
  std::vector<std::uint8_t> seen(feed.windows);

  std::vector<double> reads, loops, blocks, loop_ratios, block_ratios;
  for (int pair = 0; pair < kPairs; ++pair) {
    reads.push_back(two_clock_reads());
    std::size_t slot = 0, count = 0;
    const Enough enough{kQueries, nanoseconds(0), nanoseconds::max()};
    const nanoseconds begin = MonotonicClock::read();
    while (count < kQueries)
      count += time_queries(*session, ring.ring(), slot, stamps, count, enough, ReadMonotonic{});
    loops.push_back(each(MonotonicClock::read() - begin));
    BlockRequest request;
    request.min_queries = kQueries;
    request.max_duration = std::chrono::seconds(100);
    const Block block =
        measure_block(*compiled, feed, SingleStream{}, request, instruments, outputs, seen).block;
    blocks.push_back(each(block.end - block.begin));
    loop_ratios.push_back(loops.back() / reads.back());
    block_ratios.push_back(blocks.back() / reads.back());
  }
  const double loop = median(loop_ratios), block = median(block_ratios);
  fmt::print("two clock reads                {:7.1f} ns\n", median(reads));
  fmt::print("one null query, timed loop     {:7.1f} ns   {:.3f} x two clock reads\n",
             median(loops), loop);
  fmt::print("one null query, whole block    {:7.1f} ns   {:.3f} x two clock reads\n",
             median(blocks), block);
  fmt::print("median of {} paired blocks of {} queries; the bar is {}\n", kPairs, kQueries, kBar);
  return loop <= kBar ? 0 : 1;
}

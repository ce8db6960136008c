// SPDX-License-Identifier: Apache-2.0
// The least code that asks our engine: one clock read a query, no worker, no sampler, no
// statistics. The same windows from the same memory to the same memory as `steelyard run`, and as
// many fresh sessions with as long a warm-up. Prints JSON. Used by measuring_cost.py.
//
//   build/perf/bare_engine MODEL DATA SECONDS
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <vector>

#include "steelyard/engine/engine.h"
#include "steelyard/run/feed.h"
#include "steelyard/sensor/sensor.h"

namespace {

using namespace steelyard;

constexpr int kBlocks = 5;

struct Totals {
  std::vector<std::int64_t> latencies;
  nanoseconds wall{0}, cpu{0};
};

void ask_for(EngineSession& session, const Ring& ring, nanoseconds duration, Totals* totals) {
  const nanoseconds cpu = process_cpu_time(), begin = MonotonicClock::read();
  nanoseconds last = begin;
  std::size_t slot = 0;
  while (last < begin + duration) {
    const auto in = ring.input(slot);
    const auto out = ring.output(slot);
    session.infer({reinterpret_cast<const float*>(in.data()), in.size() / sizeof(float)},
                  {reinterpret_cast<float*>(out.data()), out.size() / sizeof(float)});
    if (++slot == ring.slots) slot = 0;
    const nanoseconds now = MonotonicClock::read();
    if (totals != nullptr) totals->latencies.push_back((now - last).count());
    last = now;
  }
  if (totals == nullptr) return;
  totals->wall += last - begin;
  totals->cpu += process_cpu_time() - cpu;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  const std::vector<char> shift(argc > 4 ? std::strtoul(argv[4], nullptr, 10) : 0);
  asm volatile("" : : "r"(shift.data()) : "memory");
  const Model model = load_model(argv[1]);
  const Network network = network_of(model);
  const Feed feed = load_feed(model, argv[2], "", 1);
  const int window = network.window > 0 ? network.window : feed.window;
  const auto engine = Engine::compile(network);
  Totals totals;
  totals.latencies.reserve(1 << 21);
  for (int block = 0; block < kBlocks; ++block) {
    const auto session = engine->open(1, window);
    const FeedRing ring(feed, signature_of(model, 1, window), 1, 1);
    ask_for(*session, ring.ring(), std::chrono::milliseconds(200), nullptr);
    ask_for(*session, ring.ring(), from_seconds(std::atof(argv[3]) / kBlocks), &totals);
  }
  auto& all = totals.latencies;
  const auto middle = all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2);
  std::nth_element(all.begin(), middle, all.end());
  const auto n = static_cast<double>(all.size());
  fmt::print("{{\"queries\":{},\"p50_ns\":{},\"wall_ns\":{:.1f},\"cpu_ns\":{:.1f}}}\n", all.size(),
             *middle, static_cast<double>(totals.wall.count()) / n,
             static_cast<double>(totals.cpu.count()) / n);
}

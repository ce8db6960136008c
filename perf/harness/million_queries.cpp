// SPDX-License-Identifier: Apache-2.0
// A million queries of the null backend, all kept: how long it takes to write, to read and to
// summarise them, and how large the database is. The measuring itself is not in the time.
//
//   ninja -C build perf_million_queries && build/perf/million_queries      exits 1 above 3 s
#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>

#include "steelyard/backend/registry.h"
#include "steelyard/base/clock.h"
#include "steelyard/run/measure.h"
#include "steelyard/stats/stats.h"
#include "steelyard/store/store.h"

namespace {

using namespace steelyard;

constexpr std::uint64_t kQueries = 1'000'000;
constexpr std::uint32_t kBlocks = 5;
constexpr double kBar = 3.0;  // seconds

// Really measured, not drawn: what real queries share makes statistics work harder.
Block null_block(std::uint32_t order, CompiledModel& compiled, const Feed& feed) {
  BlockRequest request;
  request.order = order;
  request.min_queries = request.keep_queries = kQueries / kBlocks;
  request.max_duration = std::chrono::seconds(60);
  Instruments instruments;
  std::vector<float> outputs(feed.windows);
  std::vector<std::uint8_t> seen(feed.windows);
  return measure_block(compiled, feed, SingleStream{}, request, instruments, outputs, seen).block;
}

double since(nanoseconds begin) { return seconds_of(MonotonicClock::read() - begin); }

}  // namespace

int main() {
  const auto file =
      std::filesystem::temp_directory_path() / fmt::format("steelyard-million-{}.db", ::getpid());
  Plan plan;
  plan.campaign = "0123456789abcdef";
  Case what;
  what.model = "GRU_Apple";
  what.spec = parse_spec("null");
  what.device.backend = "null";
  what.id = identity(what);
  plan.cases = {what};
  Model model;
  model.inputs = {{"input", ElementType::f32, {-1, 8, 5}, 0}};
  model.outputs = {{"output", ElementType::f32, {-1, 1}, 0}};
  const auto found = Registry::instance().resolve(what.spec);
  const auto compiled = found.backend->compile(model, nullptr, found.device, {});
  const Feed feed = load_feed(model, "", "", 1);
  std::vector<Block> blocks;
  for (std::uint32_t i = 0; i < kBlocks; ++i) blocks.push_back(null_block(i, *compiled, feed));

  const nanoseconds begin = MonotonicClock::read();
  {
    Store store(file, Store::Mode::write);
    store.begin(plan);
    store.append(plan, CaseBegin{});
    for (Block& block : blocks) {
      BlockEnd event;
      event.block = std::move(block);
      store.append(plan, event);
    }
    store.append(plan, CaseEnd{});
  }
  const double saved = since(begin);
  const nanoseconds middle = MonotonicClock::read();
  const auto measurements = Store(file, Store::Mode::read).load();
  const double loaded = since(middle);
  const nanoseconds last = MonotonicClock::read();
  const auto summaries = summarize(measurements);
  const double summarised = since(last);
  const double bytes = static_cast<double>(std::filesystem::file_size(file));
  std::filesystem::remove(file);

  fmt::print("{} queries: saved in {:.2f} s, read in {:.2f} s, summarised in {:.2f} s\n", kQueries,
             saved, loaded, summarised);
  fmt::print("together {:.2f} s (bar {} s), {:.1f} bytes a query (bar 12), mean {:.1f} ns\n",
             saved + loaded + summarised, kBar, bytes / kQueries,
             summaries.at(0).latency_ns.mean.value_or(0));
  return saved + loaded + summarised <= kBar && bytes / kQueries <= 12 ? 0 : 1;
}

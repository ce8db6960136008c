// SPDX-License-Identifier: Apache-2.0
// Seconds and memory of `steelyard report`: of 500 cases with 50 million queries, and of 15 cases
// with 150,000. Usage: report_speed make|report DB CASES QUERIES; `report` does what the command
// does, so that its peak memory is that of a process that did nothing else.
#include <fmt/format.h>
#include <sys/resource.h>

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>

#include "cli/read.h"
#include "steelyard/advise/advise.h"
#include "steelyard/base/random.h"
#include "steelyard/report/report.h"
#include "steelyard/store/store.h"

namespace steelyard {
namespace {

constexpr std::size_t kModels = 20, kBlocks = 5;

Plan plan_of(std::size_t cases) {
  Plan plan;
  plan.campaign = "0123456789abcdef";
  plan.manifest.started_at = "2026-11-20T09:30:00Z";
  plan.manifest.host = "bench";
  const std::size_t models = std::min(kModels, (cases + 24) / 25 * 3);
  for (std::size_t i = 0; i < cases; ++i) {
    Case what;
    what.model = fmt::format("Model_{}", i % models);
    what.model_sha256 = fmt::format("{:064}", i % models);
    what.spec.backend = "onnxruntime";
    what.spec.device = fmt::format("cpu{}", i / models);
    what.device.backend = "onnxruntime";
    what.device.name = fmt::format("Processor {}", i / models);
    what.device.runtime = "ONNX Runtime 1.32.0";
    what.id = identity(what);
    plan.cases.push_back(what);
  }
  return plan;
}

Block block_of(std::uint32_t order, std::size_t queries, double median_ns) {
  Random random(order + 1);
  Block block;
  block.order = order;
  block.queries.reserve(queries);
  nanoseconds now(1'000'000'000);
  block.begin = now;
  for (std::size_t i = 0; i < queries; ++i) {
    const nanoseconds took(
        static_cast<std::int64_t>(median_ns * std::exp(0.1 * (random.uniform() - 0.3))));
    block.queries.push_back({now, now, now + took});
    block.latency.add(static_cast<double>(took.count()));
    block.histogram.add(static_cast<std::uint64_t>(took.count()));
    now += took;
  }
  block.end = now;
  block.count = block.items = queries;
  return block;
}

void make(const std::string& file, std::size_t cases, std::size_t queries) {
  std::filesystem::remove(file);
  const Plan plan = plan_of(cases);
  Store store(file, Store::Mode::write);
  store.begin(plan);
  const std::size_t each = queries / cases / kBlocks;
  std::uint32_t order = 0;
  for (std::size_t i = 0; i < cases; ++i) {
    CaseBegin begin;
    begin.index = i;
    begin.device = plan.cases[i].device;
    store.append(plan, begin);
    for (std::size_t b = 0; b < kBlocks; ++b) {
      BlockEnd end;
      end.index = i;
      end.block = block_of(order++, each, 5000.0 * (1 + 0.01 * static_cast<double>(i)));
      store.append(plan, end);
    }
    store.append(plan, CaseEnd{i, {}});
  }
}

void report(const std::string& file) {
  const auto begin = std::chrono::steady_clock::now();
  const std::vector<Summary> summaries = cli::summaries_of({file});
  std::uint64_t queries = 0;
  for (const Summary& summary : summaries) queries += summary.queries;
  const auto summarized = std::chrono::steady_clock::now();
  RenderOptions options;
  options.format = Format::html;
  options.advice = advise(summaries, {}, built_in_systems());
  const std::size_t bytes = render(summaries, options).size();
  const std::chrono::duration<double> all = std::chrono::steady_clock::now() - begin;
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  fmt::print(
      "{} cases, {} queries: {:.3f} s (figures {:.3f} s), {:.3f} s of processor, {} MB at most, "
      "page {} kB\n",
      summaries.size(), queries, all.count(),
      std::chrono::duration<double>(summarized - begin).count(),
      static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
          1e-6 * static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec),
      used.ru_maxrss / 1024, bytes / 1024);
}

}  // namespace
}  // namespace steelyard

int main(int argc, char** argv) {
  const auto number = [&](int i) { return std::strtoull(argv[i], nullptr, 10); };
  if (argc == 5 && std::strcmp(argv[1], "make") == 0)
    steelyard::make(argv[2], number(3), number(4));
  else if (argc == 3 && std::strcmp(argv[1], "report") == 0)
    steelyard::report(argv[2]);
  else
    return 2;
}

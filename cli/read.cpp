// SPDX-License-Identifier: Apache-2.0
// Databases as summaries. Threads share the cases; each has a connection of its own.
#include "cli/read.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <future>
#include <iterator>
#include <map>
#include <thread>

#include "steelyard/stats/stats.h"
#include "steelyard/store/store.h"

namespace steelyard::cli {
namespace {

NothingToMeasure nothing_in(const std::vector<std::filesystem::path>& databases) {
  return NothingToMeasure(fmt::format("{} holds no measurement yet", databases.front().string()),
                          "measure with `steelyard run ... --db FILE`");
}

using Rows = std::map<std::size_t, Summary>;  // by place

// One case at a time: a campaign may hold more queries than memory does.
Rows rows_of(const std::filesystem::path& file, Summarizer& summarizer,
             const std::function<bool(const Case&)>& wanted) {
  Rows rows;
  Store(file, Store::Mode::read).visit(wanted, [&](std::size_t place, Measurement&& measurement) {
    rows.insert_or_assign(place, summarizer(measurement));
  });
  return rows;
}

bool is_null(const Case& what) { return what.spec.backend == "null"; }

}  // namespace

std::vector<Measurement> measurements_of(const std::vector<std::filesystem::path>& databases) {
  std::vector<Measurement> all;
  for (const auto& file : databases) {
    auto some = Store(file, Store::Mode::read).load();
    std::move(some.begin(), some.end(), std::back_inserter(all));
  }
  if (all.empty()) throw nothing_in(databases);
  return all;
}

std::vector<Summary> summaries_of(const std::vector<std::filesystem::path>& databases) {
  Summarizer overhead;  // what null cases cost, for all the others
  std::vector<Rows> found;
  for (const auto& file : databases) found.push_back(rows_of(file, overhead, is_null));
  const std::size_t threads = std::clamp(std::thread::hardware_concurrency(), 1u, 8u);
  for (std::size_t i = 0; i < databases.size(); ++i) {
    std::vector<std::future<Rows>> shares;
    for (std::size_t t = 0; t < threads; ++t)
      shares.push_back(std::async(std::launch::async, [&, t] {
        Summarizer summarizer = overhead;
        return rows_of(databases[i], summarizer, [&](const Case& what) {
          return !is_null(what) && std::hash<std::string>()(what.id) % threads == t;
        });
      }));
    for (auto& share : shares) found[i].merge(share.get());
  }
  std::vector<Summary> all;
  for (auto& rows : found)
    for (auto& [place, summary] : rows) all.push_back(std::move(summary));
  if (all.empty()) throw nothing_in(databases);
  return all;
}

}  // namespace steelyard::cli

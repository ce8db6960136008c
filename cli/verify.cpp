// SPDX-License-Identifier: Apache-2.0
// `steelyard verify`: devices whose truth is known go through workers, store and statistics like
// any other; what comes out is held against what must come out.
#include <fmt/format.h>
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/constant_device.h"
#include "cli/terminal.h"
#include "cli/verify_truths.h"
#include "steelyard/model/model.h"
#include "steelyard/run/run.h"
#include "steelyard/stats/stats.h"
#include "steelyard/store/store.h"

namespace steelyard::cli {
namespace {

namespace fs = std::filesystem;

// A folder for the proof, gone when it is over.
class Workshop {
 public:
  explicit Workshop(double slowdown) : slowdown_(slowdown) {
    std::string name = (fs::temp_directory_path() / "steelyard-verify-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr)
      throw Error(fmt::format("cannot make a folder in {}", fs::temp_directory_path().string()),
                  "check its space and permissions, or set TMPDIR");
    folder_ = name;
    std::ofstream(folder_ / "table.csv") << verify_table();
    save_network(verify_network(), verify_recipe(), {}, folder_ / "known.onnx");
    std::ofstream(folder_ / "constant.toml") << kConstantDevice;
    ::setenv("STEELYARD_PROFILES", folder_.c_str(), 1);
  }
  ~Workshop() {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  Workshop(const Workshop&) = delete;  // owns the folder
  Workshop& operator=(const Workshop&) = delete;

  // How many times slower the device is than it is said to be.
  double slowdown() const { return slowdown_; }

  // What `options` measures on the constant device, in the order of the plan.
  std::vector<Measurement> measure(RunOptions options) {
    if (options.settings.empty())
      options.settings = {{"simulated", "slowdown", {fmt::format("{}", slowdown_)}}};
    options.models = {{"known", folder_ / "known.onnx"}};
    options.data = folder_ / "table.csv";
    options.specs = {"simulated:constant"};
    const Plan plan = make_plan(options);
    Store store(folder_ / fmt::format("{}.db", ++runs_), Store::Mode::write);
    store.begin(plan);
    run(plan, [&](const Event& event) { store.append(plan, event); });
    auto all = store.load();
    for (const Measurement& m : all)
      if (m.outcome.kind != Outcome::Completed)
        throw Error(fmt::format("a simulated case did not complete: {}", m.outcome.reason.quoted));
    return all;
  }

 private:
  double slowdown_;
  fs::path folder_;
  int runs_ = 0;
};

class Proof {
 public:
  // `percent` may be between truth and found.
  void number(const std::string& what, double truth, double found, double percent,
              const char* unit) {
    row(what, fmt::format("{:.5g} {}", truth, unit), fmt::format("{:.5g} {}", found, unit),
        fmt::format("{:g} %", percent), std::abs(found - truth) <= percent / 100 * std::abs(truth));
  }
  void word(const std::string& what, const std::string& truth, const std::string& found) {
    row(what, truth, found, "", truth == found);
  }
  void remark(const std::string& text) { rows_ += fmt::format("  {}\n", text); }
  bool holds() const { return failures_ == 0; }
  std::string text() const {
    return fmt::format("{:<41}{:>15} {:>15} {:>8}\n{}\n{}\n", "what", "truth", "found", "within",
                       rows_,
                       failures_ == 0 ? "Every figure is as it must be."
                                      : fmt::format("{} figures are wrong.", failures_));
  }

 private:
  void row(const std::string& what, const std::string& truth, const std::string& found,
           const std::string& within, bool good) {
    rows_ += fmt::format("{:<41}{:>15} {:>15} {:>8}{}\n", what, truth, found, within,
                         good ? "" : "  WRONG");
    failures_ += !good;
  }
  std::string rows_;
  int failures_ = 0;
};

double p99_of(const Summary& s) { return s.latency_ns.percentiles.at(3).ns.value_or(0); }

void prove_closed_loop(Workshop& shop, Proof& proof) {
  const Summary s = summarize(shop.measure({}).front());
  proof.number("mean latency, one query at a time", kServiceNs / 1e3,
               s.latency_ns.mean.value_or(0) / 1e3, 1e-7, "us");
  proof.number("99th percentile", kServiceNs / 1e3, p99_of(s) / 1e3, 1e-7, "us");
  proof.number("throughput", 1e9 / kServiceNs, s.throughput_per_second.value_or(0), 1e-4, "1/s");
  // 1.5 W while it works and 0.5 W while it does nothing.
  proof.number("energy of a query, idle included", 1.5e-3 * kServiceNs,
               s.energy.joules_per_query.value_or(0) * 1e6, 1, "uJ");
  proof.number("energy of a query, over idle", 1.0e-3 * kServiceNs,
               s.energy.dynamic_joules_per_query.value_or(0) * 1e6, 1, "uJ");
  proof.word("outputs against our own engine", "OK", s.correctness.kind);
  proof.word("verdict", "STABLE", s.trust.kind);
}

void prove_queue(Workshop& shop, Proof& proof) {
  constexpr double kLoad = 0.8;
  RunOptions options;
  options.scenarios = {Server{kLoad * 1e9 / kServiceNs, 1}};
  options.effort.min_queries = 1'000'000;
  options.effort.max_duration = std::chrono::hours(1);
  const Summary s = summarize(shop.measure(options).front());
  proof.number("mean wait of random arrivals at 80 % load", kLoad / (2 * (1 - kLoad)),
               (s.latency_ns.mean.value_or(0) - kServiceNs) / kServiceNs, 2, "services");
  proof.number("99th percentile of the same queue", md1_percentile(kLoad, 0.99),
               p99_of(s) / kServiceNs, 5, "services");
  proof.remark("(one query at a time, as above, the same device says 1 service: nobody waits)");
}

void prove_peak(Workshop& shop, Proof& proof) {
  constexpr double kLimit = 10;  // services
  RunOptions options;
  options.scenarios = {PeakRate{nanoseconds(static_cast<std::int64_t>(kLimit * kServiceNs)), 1}};
  options.effort.min_queries = 1'000'000;
  options.effort.max_duration = std::chrono::seconds(400);
  options.effort.blocks = 2;
  const Summary s = summarize(shop.measure(options).front());
  double low = 0.1, high = 0.999;
  while (high - low > 1e-6)
    (md1_percentile((low + high) / 2, 0.99) <= kLimit ? low : high) = (low + high) / 2;
  proof.number("highest rate with p99 within 10 services", low * 1e9 / kServiceNs,
               s.rate_per_second.peak.value_or(0), 2, "1/s");
}

void prove_comparison(Workshop& shop, Proof& proof) {
  RunOptions options;
  options.effort = effort_named("standard");
  options.settings = {
      {"simulated", "spread", {"0.003"}},
      {"simulated", "slowdown", {"1", "1.0001", fmt::format("{}", 1.05 * shop.slowdown())}}};
  auto all = shop.measure(options);
  for (Measurement& m : all) m.what.settings.clear();
  const auto verdict = [&](std::size_t b) {
    const Comparison comparison = compare({all.at(0)}, {all.at(b)});
    return comparison.cases.front().metrics.front();
  };
  const MetricComparison same = verdict(1), slower = verdict(2);
  proof.word("verdict on a device against its twin", "SAME", same.verdict);
  proof.word("verdict on one that is 5 % slower", "WORSE", slower.verdict);
  proof.number("ratio of the slower one", 1.05, slower.ratio.value_or(0), 0.5, "");
}

}  // namespace

int execute(const Verify& words) {
  Workshop shop(1 + words.falsify_percent / 100);
  Proof proof;
  talk("Measuring simulated devices whose truth is known ...");
  prove_closed_loop(shop, proof);
  prove_queue(shop, proof);
  prove_peak(shop, proof);
  prove_comparison(shop, proof);
  print(proof.text());
  return proof.holds() ? 0 : 1;
}

}  // namespace steelyard::cli

// SPDX-License-Identifier: Apache-2.0
// Measures engines side by side in one process: per network, rounds of blocks in random order,
// every output checked against double precision. Threads are pinned, each with an engine of its
// own.
//
//   bench latency|offline|random [--only TEXT] [--rounds N] [--block-ms N] [--core N] [--count N]
//         [--threads N] [--pause-ms N] [--seed N] [--json FILE] peer.so ...
#include <dlfcn.h>
#include <fmt/format.h>
#include <sched.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <memory>
#include <sstream>
#include <thread>

#include "perf/engine/problems.h"
#include "steelyard/base/clock.h"
#include "steelyard/base/random.h"

namespace steelyard::perf {
namespace {

struct Options {
  std::string mode, only, json;
  int rounds = 7, block_ms = 20, core = 1, count = 200, batch = 1, threads = 1;
  int pause_ms = 0;  // before each round, so that short ones do not all meet one busy neighbour
  std::uint64_t seed = 1;
  std::vector<std::string> peers;
};

struct Setting {
  std::string name;
  PeerOpen* open;
};

// One setting of one peer, made ready for one network.
struct Runner {
  std::string name;
  std::unique_ptr<Running> running;
  std::vector<std::unique_ptr<Running>> others;  // of further threads
  bool prepared = false, low_precision = false;
  double error = 0;
  // Of low precision, over many queries, in percent of the outputs' standard deviation.
  double rms_percent = 0, most_percent = 0;
  double estimate_us = 0;
  std::vector<double> blocks;  // one figure a round: median or mean, in microseconds
  std::vector<float> calls;    // single calls, where they are timed singly
};

double microseconds(nanoseconds t) { return double(t.count()) * 1e-3; }

double quantile(std::vector<double> v, double q) {
  if (v.empty()) return 0;
  const std::size_t k = std::min(v.size() - 1, std::size_t(q * double(v.size())));
  std::nth_element(v.begin(), v.begin() + k, v.end());
  return v[k];
}

std::vector<Setting> load(const std::vector<std::string>& files) {
  std::vector<Setting> settings;
  for (const std::string& file : files) {
    void* library = dlopen(std::filesystem::absolute(file).c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!library) {
      fmt::print(stderr, "not run: {} ({})\n", file, dlerror());
      continue;
    }
    std::stringstream names(reinterpret_cast<PeerNames*>(dlsym(library, "peer_names"))());
    auto* open = reinterpret_cast<PeerOpen*>(dlsym(library, "peer_open"));
    for (std::string name; std::getline(names, name, ',');) settings.push_back({name, open});
  }
  return settings;
}

// The largest distance to the truth over all checked queries.
double error_of(Running& running, const Case& c, bool prepared) {
  double worst = 0;
  std::vector<float> y(c.problem.batch);
  running.reset();
  for (std::size_t q = 0; q < c.truth.size(); ++q) {
    if (prepared) running.prepare();
    running.run(c.queries[q].data(), y.data());
    for (std::size_t i = 0; i < y.size(); ++i) {
      const double e = std::abs(y[i] - c.truth[q][i]);
      worst = std::isnan(e) ? INFINITY : std::max(worst, e);
    }
  }
  return worst;
}

std::vector<float> answers(Running& running, const Case& c) {
  std::vector<float> all(c.many.size());
  running.reset();
  for (std::size_t q = 0; q < all.size(); ++q) running.run(c.many[q].data(), &all[q]);
  return all;
}

// Low precision against our fp32 engine, whose own error is a ten-thousandth of it: so many windows
// in double precision would take longer than all the measuring.
void measure_errors(std::vector<Runner>& runners, const Case& c) {
  if (c.many.empty() || runners.empty() || runners[0].name != "native") return;
  const std::vector<float> truth = answers(*runners[0].running, c);
  double sum = 0, squares = 0;
  for (const double y : truth) {
    sum += y;
    squares += y * y;
  }
  const double n = double(truth.size());
  const double deviation = std::sqrt(std::max(1e-30, squares / n - sum / n * (sum / n)));
  for (Runner& r : runners) {
    if (!r.low_precision) continue;
    const std::vector<float> got = answers(*r.running, c);
    double wrong = 0;
    for (std::size_t q = 0; q < got.size(); ++q) {
      const double e = 100 * std::abs(double(got[q]) - truth[q]) / deviation;
      wrong += e * e;
      r.most_percent = std::max(r.most_percent, e);
    }
    r.rms_percent = std::sqrt(wrong / n);
  }
}

void pin(int core) {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  CPU_SET(core, &cores);
  sched_setaffinity(0, sizeof cores, &cores);
}

// All threads call for `us` microseconds; returns how often one of them ends a call.
double block_of_threads(Runner& r, const Case& c, double us, bool keep) {
  std::vector<double> rates(1 + r.others.size());
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < rates.size(); ++t) {
    threads.emplace_back([&, t] {
      pin(int(t));
      Running& running = t == 0 ? *r.running : *r.others[t - 1];
      std::vector<float> y(c.problem.batch);
      running.run(c.queries[0].data(), y.data());
      const nanoseconds begin = MonotonicClock::read();
      double calls = 0, passed = 0;
      for (std::size_t q = 0; passed < us; ++calls, q = (q + 1) % c.queries.size()) {
        running.run(c.queries[q].data(), y.data());
        passed = microseconds(MonotonicClock::read() - begin);
      }
      rates[t] = calls / passed;
    });
  }
  for (auto& t : threads) t.join();
  double rate = 0;
  for (const double one : rates) rate += one;
  if (keep) r.blocks.push_back(1 / rate);
  return 1 / rate;
}

// Calls for `us` microseconds; returns the median of single calls. Below 2 us a clock read is no
// longer small against a call: then it is the median of means over a thousand calls each.
double block(Runner& r, const Case& c, double us, bool keep) {
  if (!r.others.empty()) return block_of_threads(r, c, us, keep);
  std::vector<float> y(c.problem.batch);
  const std::size_t queries = c.queries.size();
  const int together = r.estimate_us < 2 && !r.prepared ? 1000 : 1;
  const int times = std::max(5, int(us / std::max(0.01, r.estimate_us * together)));
  r.running->reset();
  std::vector<double> figures;
  figures.reserve(times);
  std::size_t q = 0;
  for (int i = 0; i < times; ++i) {
    if (r.prepared) r.running->prepare();
    const nanoseconds begin = MonotonicClock::read();
    for (int k = 0; k < together; ++k) {
      r.running->run(c.queries[q].data(), y.data());
      if (++q == queries) q = 0;
    }
    figures.push_back(microseconds(MonotonicClock::read() - begin) / together);
  }
  if (keep && together == 1) r.calls.insert(r.calls.end(), figures.begin(), figures.end());
  if (keep) r.blocks.push_back(quantile(figures, 0.5));
  return quantile(figures, 0.5);
}

std::vector<Runner> open_all(const std::vector<Setting>& settings, const Case& c, int threads) {
  std::vector<Runner> runners;
  for (const Setting& s : settings) {
    Runner r;
    r.name = s.name;
    try {
      r.running.reset(s.open(s.name.c_str(), &c.problem));
    } catch (const std::exception& e) {
      fmt::print(stderr, "{}: {} failed: {}\n", c.problem.name, s.name, e.what());
    }
    if (!r.running) continue;
    for (int t = 1; t < threads; ++t) r.others.emplace_back(s.open(s.name.c_str(), &c.problem));
    r.prepared = s.name.find("prepared") != std::string::npos;
    r.low_precision =
        s.name.find("bf16") != std::string::npos || s.name.find("int8") != std::string::npos;
    r.error = error_of(*r.running, c, r.prepared);
    runners.push_back(std::move(r));
  }
  measure_errors(runners, c);
  return runners;
}

void measure(std::vector<Runner>& runners, const Case& c, const Options& o, Random& random) {
  for (Runner& r : runners) {
    r.estimate_us = 100;
    r.estimate_us = block(r, c, 500, false);
    r.estimate_us = block(r, c, 3000, false);
  }
  std::vector<std::size_t> order(runners.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  for (int round = 0; round < o.rounds; ++round) {
    random.shuffle(order);
    std::this_thread::sleep_for(std::chrono::milliseconds(o.pause_ms));
    for (const std::size_t i : order) {
      block(runners[i], c, o.block_ms * 100.0, false);  // caches and clock as they will be
      block(runners[i], c, o.block_ms * 1000.0, true);
    }
  }
}

const Runner* best(const std::vector<Runner>& runners, bool ours, bool low_precision) {
  const Runner* found = nullptr;
  for (const Runner& r : runners) {
    const bool own = r.name.rfind("native", 0) == 0;
    if (r.name.rfind("prototype", 0) == 0) continue;
    if (own != ours || r.low_precision != low_precision || r.prepared) continue;
    if (!found || quantile(r.blocks, 0.5) < quantile(found->blocks, 0.5)) found = &r;
  }
  return found;
}

// Median over rounds of ours / theirs, both from the same round.
double ratio(const Runner& ours, const Runner& theirs) {
  std::vector<double> ratios;
  for (std::size_t i = 0; i < ours.blocks.size(); ++i)
    ratios.push_back(ours.blocks[i] / theirs.blocks[i]);
  return quantile(ratios, 0.5);
}

// What a call takes when the neighbours leave the machine alone: the fifth percentile.
double quiet(const Runner& r) {
  return quantile(r.calls.empty() ? r.blocks : std::vector<double>(r.calls.begin(), r.calls.end()),
                  0.05);
}

std::string row_json(const Runner& r, const Runner* peer, int batch) {
  std::vector<double> calls(r.calls.begin(), r.calls.end());
  std::string blocks;
  for (const double b : r.blocks) blocks += fmt::format("{}{:.4f}", blocks.empty() ? "" : ",", b);
  return fmt::format(
      R"({{"engine":"{}","figure":"{}","us":{:.4f},"quiet_us":{:.4f},"p99_us":{},"queries_per_second":{:.0f},"max_abs_error":{:.2e},"rms_error_percent":{:.3g},"most_error_percent":{:.3g},"ratio_to_best_peer":{},"blocks_us":[{}]}})",
      r.name,
      !r.others.empty() ? "calls of all threads"
      : r.calls.empty() ? "mean of 1000"
                        : "p50",
      quantile(r.blocks, 0.5), quiet(r),
      calls.empty() ? "null" : fmt::format("{:.4f}", quantile(calls, 0.99)),
      batch * 1e6 / quantile(r.blocks, 0.5), r.error, r.rms_percent, r.most_percent,
      peer ? fmt::format("{:.4f}", ratio(r, *peer)) : "null", blocks);
}

// Of the recurrent layers: what every step multiplies.
std::size_t weights_of(const Network& network) {
  std::size_t n = 0;
  for (const Recurrent& r : network.layers) n += r.w.size() + r.r.size();
  return n;
}

// The standard deviation of what must come out.
double deviation_of(const Case& c) {
  double n = 0, sum = 0, squares = 0;
  for (const auto& query : c.truth) {
    for (const double y : query) {
      n += 1;
      sum += y;
      squares += y * y;
    }
  }
  return std::sqrt(std::max(0.0, squares / n - sum / n * (sum / n)));
}

// One JSON object per network; prints a line per engine.
std::string report(const Case& c, const std::vector<Runner>& runners) {
  const Runner* peer = best(runners, false, false);
  const Runner* low_peer = best(runners, false, true);
  std::string rows;
  for (const Runner& r : runners) {
    const Runner* against = r.low_precision && low_peer ? low_peer : peer;
    rows += (rows.empty() ? "" : ",\n    ") + row_json(r, against, c.problem.batch);
    const double us = quantile(r.blocks, 0.5);
    fmt::print(
        "{:<18} {:<18} {:>10.3f} us (quiet {:>10.3f}) {:>12.0f} /s  error {:.1e}  / best peer "
        "{}{}\n",
        c.problem.name, r.name, us, quiet(r), c.problem.batch * 1e6 / us, r.error,
        against ? fmt::format("{:.3f}", ratio(r, *against)) : "-",
        r.rms_percent > 0
            ? fmt::format("  error {:.3g} % (most {:.3g} %)", r.rms_percent, r.most_percent)
            : "");
  }
  std::fflush(stdout);
  return fmt::format(
      R"(  {{"network":"{}","batch":{},"window":{},"weights":{},"flops":{:.0f},"deviation":{:.6f},"bar":{},"prepared_bar":{},"best_peer":"{}","engines":[
    {}]}})",
      c.problem.name, c.problem.batch, c.problem.window, weights_of(c.problem.network),
      2.0 * double(weights_of(c.problem.network)) * c.problem.window * c.problem.batch,
      deviation_of(c), c.bar, c.prepared_bar, peer ? peer->name : "", rows);
}

Options parse(int argc, char** argv) {
  Options o;
  o.mode = argc > 1 ? argv[1] : "";
  for (int i = 2; i < argc; ++i) {
    const std::string a = argv[i];
    if (a.rfind("--", 0) != 0) {
      o.peers.push_back(a);
      continue;
    }
    const std::string v = i + 1 < argc ? argv[++i] : "";
    if (a == "--only")
      o.only = v;
    else if (a == "--json")
      o.json = v;
    else if (a == "--rounds")
      o.rounds = std::stoi(v);
    else if (a == "--block-ms")
      o.block_ms = std::stoi(v);
    else if (a == "--core")
      o.core = std::stoi(v);
    else if (a == "--count")
      o.count = std::stoi(v);
    else if (a == "--batch")
      o.batch = std::stoi(v);
    else if (a == "--threads")
      o.threads = std::stoi(v);
    else if (a == "--pause-ms")
      o.pause_ms = std::stoi(v);
    else if (a == "--seed")
      o.seed = std::stoull(v);
    else
      throw std::runtime_error("unknown option " + a);
  }
  if (o.mode == "offline" && o.batch == 1) o.batch = 256;
  if (o.mode != "latency" && o.mode != "offline" && o.mode != "random") {
    throw std::runtime_error("usage: bench latency|offline|random [options] peer.so ...");
  }
  return o;
}

int run(int argc, char** argv) {
  const Options o = parse(argc, argv);
  if (o.threads == 1) pin(o.core);
  const auto settings = load(o.peers);
  const auto folder = std::filesystem::temp_directory_path() / "steelyard-perf-engine";
  std::filesystem::create_directories(folder);
  const auto cases = o.mode == "random" ? random_cases(o.count, o.seed, folder)
                                        : tuned_cases(o.batch, o.only, folder);
  Random random(o.seed);
  std::string json;
  for (const Case& c : cases) {
    auto runners = open_all(settings, c, o.threads);
    measure(runners, c, o, random);
    json += (json.empty() ? "" : ",\n") + report(c, runners);
  }
  if (!o.json.empty()) {
    std::ofstream(o.json) << "{\"mode\":\"" << o.mode << "\",\"rounds\":" << o.rounds
                          << ",\"seed\":" << o.seed << ",\"networks\":[\n"
                          << json << "\n]}\n";
  }
  std::fflush(nullptr);
  // Vendor libraries do not all survive their own static destructors.
  std::_Exit(0);
}

}  // namespace
}  // namespace steelyard::perf

int main(int argc, char** argv) {
  try {
    return steelyard::perf::run(argc, argv);
  } catch (const std::exception& e) {
    fmt::print(stderr, "{}\n", e.what());
    return 1;
  }
}

// SPDX-License-Identifier: Apache-2.0
// Which cases belong together, and the verdict on each figure. Thread-safe.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "steelyard/base/error.h"
#include "steelyard/stats/contrast.h"
#include "steelyard/stats/order.h"
#include "steelyard/stats/stats.h"

namespace steelyard {
namespace stats {
namespace {

constexpr double kUsualPercent = 1;  // a smaller difference is called by name only when gated
constexpr double kBeyond = 5;        // queries above a percentile that a unit must have
constexpr std::string_view kMetrics[] = {"latency.p50", "latency.p99", "latency.mean",
                                         "throughput",  "energy",      "rmse"};

std::string host_of(const Measurement& m) {
  return m.what.spec.host.empty() ? m.manifest.host : m.what.spec.host;
}

std::set<std::string> models_of(const std::vector<Measurement>& all) {
  std::set<std::string> names;
  for (const Measurement& m : all)
    if (!is_null(m)) names.insert(m.what.model);
  return names;
}

bool belong_together(const Measurement& a, const Measurement& b, bool by_model) {
  return (!by_model || a.what.model == b.what.model) && a.what.spec == b.what.spec &&
         a.what.precision == b.what.precision && a.what.settings == b.what.settings &&
         a.what.inputs == b.what.inputs && a.what.scenario == b.what.scenario;
}

std::vector<std::string> differing(const Manifest& a, const Manifest& b) {
  std::vector<std::string> names;
  const auto note = [&](const char* name, const std::string& x, const std::string& y) {
    if (x != y) names.emplace_back(name);
  };
  note("day", a.started_at.substr(0, 10), b.started_at.substr(0, 10));
  note("host", a.host, b.host);
  note("CPU", a.cpu, b.cpu);
  note("kernel", a.kernel, b.kernel);
  note("governor", a.governor, b.governor);
  note("Steelyard", a.tool_version + a.build, b.tool_version + b.build);
  if (names.empty()) note("boot", a.boot_id, b.boot_id);
  if (names.empty()) names.emplace_back("campaign");
  return names;
}

Value value_of(std::string_view metric, const Measurement& m) {
  using Blocks = std::vector<const Block*>;
  const auto percentile = [](double p) {
    return [p](const Blocks& blocks) {
      Histogram all;
      for (const Block* block : blocks) merge_histogram(all, *block);
      return percentile_of(all, p, kBeyond);
    };
  };
  if (metric == "latency.p50") return percentile(50);
  if (metric == "latency.p99") return percentile(99);
  if (metric == "latency.mean")
    return [](const Blocks& blocks) -> std::optional<double> {
      Moments all;
      for (const Block* block : blocks) all.merge(moments_of(*block));
      return all.count > 0 ? std::optional(all.mean) : std::nullopt;
    };
  // The other two are totals of the part of the Measurement that these blocks are.
  return [metric, &m](const Blocks& blocks) -> std::optional<double> {
    Totals part;
    part.blocks = blocks;
    for (const Block* block : blocks) {
      part.queries += block->count;
      part.items += block->items;
      part.wall += block->end - block->begin;
    }
    if (part.items == 0 || part.wall <= nanoseconds(0)) return {};
    if (metric == "throughput") return static_cast<double>(part.items) / seconds_of(part.wall);
    const auto watts = power_of(m, part).watts;  // a model's is known at any time
    if (!watts) return {};
    return *watts * seconds_of(part.wall) / static_cast<double>(part.items);
  };
}

struct Shown {
  std::optional<double> value;
  std::optional<Reason> reason;
};
Shown shown(std::string_view metric, const Summary& s) {
  const auto& p = s.latency_ns.percentiles;
  if (metric == "latency.p50") return {p[0].ns, p[0].reason};
  if (metric == "latency.p99") return {p[3].ns, p[3].reason};
  if (metric == "latency.mean") return {s.latency_ns.mean, std::nullopt};
  if (metric == "throughput") return {s.throughput_per_second, std::nullopt};
  if (metric == "energy") return {s.energy.joules_per_query, s.energy.reason};
  return {s.accuracy.rmse, s.accuracy.reason};
}

// `worse`: log ratio, positive where B is worse, with its half widths.
void judge_metric(MetricComparison& m, double worse, double half, double wide_half) {
  const double limit = std::log1p(m.gate_percent.value_or(kUsualPercent) / 100);
  const bool real = std::abs(worse) > wide_half;
  if (worse - half > limit && real)
    m.verdict = "WORSE";
  else if (worse + half < -limit && real)
    m.verdict = "BETTER";
  else if (std::abs(worse) + half <= limit)
    m.verdict = "SAME";
  if (m.gate_percent)
    m.gate = m.verdict == "WORSE" ? "FAIL" : worse + half <= limit ? "PASS" : "UNDECIDED";
  const double distance = std::abs(std::abs(worse) - limit);
  if (m.verdict == "AMBIGUOUS" && m.level == "workers" && distance > 0)
    m.longer = std::max(half * half / (distance * distance), 1.1);
}

struct Side {
  const Measurement& measurement;
  Summary summary;
  Totals totals;
};

bool same_windows(const Side& a, const Side& b) {
  const auto& x = a.measurement.truth;
  const auto& y = b.measurement.truth;
  return x && y && x->id == y->id && x->windows() == y->windows();
}

Reason too_little(const Totals& a, const Totals& b) {
  const auto blocks = static_cast<double>(std::min(a.blocks.size(), b.blocks.size()));
  if (blocks < 2) return reason(ReasonCode::too_few_blocks, {{"n", blocks, ""}, {"needed", 2, ""}});
  return reason(ReasonCode::too_few_queries,
                {{"n", static_cast<double>(std::min(a.queries, b.queries)), ""},
                 {"needed", kBeyond / (1 - 0.99) * blocks, ""}});
}

// Joules from unlike places, or found in unlike ways, are not compared.
std::optional<Reason> unlike_power(const Summary& a, const Summary& b) {
  const EnergyFigures &x = a.energy, &y = b.energy;
  if (x.boundary == y.boundary && x.provenance == y.provenance && x.method == y.method) return {};
  return reason(ReasonCode::error, {},
                fmt::format("energy by {} at {} against energy by {} at {}", x.method, x.boundary,
                            y.method, y.boundary));
}

MetricComparison compare_metric(std::string_view metric, const Side& a, const Side& b, bool paired,
                                const std::vector<Gate>& gates) {
  MetricComparison m;
  m.metric = metric;
  for (const Gate& gate : gates)
    if (gate.metric == metric) m.gate_percent = gate.percent;
  if (m.gate_percent) m.gate = "UNDECIDED";
  const Shown left = shown(metric, a.summary), right = shown(metric, b.summary);
  m.a = left.value;
  m.b = right.value;
  if (!m.a || !m.b || !(*m.a > 0) || !(*m.b > 0)) {
    m.reason = right.reason;
    if (!m.a && left.reason) m.reason = left.reason;
    return m;
  }
  const double sign = metric == "throughput" ? -1 : 1;
  if (metric == "rmse") {
    // The same windows on both sides: nothing is drawn by chance. Others are another question.
    for (const Shown* side : {&left, &right})
      if (side->reason && side->reason->code == ReasonCode::incomplete_pass)
        m.reason = side->reason;
    if (!m.reason && !same_windows(a, b)) m.reason = reason(ReasonCode::no_targets);
    if (m.reason) return m;
    m.ratio = m.low = m.high = *m.b / *m.a;
    m.level = "exact";
    judge_metric(m, std::log(*m.ratio), 0, 0);
    return m;
  }
  const bool weighed = metric == "energy" && !is_simulated(a.measurement);
  if (const auto unlike = weighed ? unlike_power(a.summary, b.summary) : std::nullopt) {
    m.reason = unlike;
    return m;
  }
  const auto contrast =
      weighed ? contrast_of_passes(*m.a, *m.b, paired)
              : contrast_of(a.totals, b.totals, paired, value_of(metric, a.measurement),
                            value_of(metric, b.measurement));
  if (!contrast) {
    m.reason = too_little(a.totals, b.totals);
    return m;
  }
  m.level = contrast->level;
  m.ratio = std::exp(contrast->log_ratio);
  m.low = std::exp(contrast->log_ratio - contrast->half);
  m.high = std::exp(contrast->log_ratio + contrast->half);
  judge_metric(m, sign * contrast->log_ratio, contrast->half, contrast->wide_half);
  return m;
}

CaseComparison describe(const Measurement& a) {
  CaseComparison c;
  c.model_a = a.what.model;
  c.spec = to_string(a.what.spec);
  c.host = host_of(a);
  c.device = a.what.device;
  c.precision = a.what.precision;
  c.settings = a.what.settings;
  c.scenario = a.what.scenario;
  c.provenance = a.what.device.provenance;
  c.outcome_a = a.outcome;
  return c;
}

CaseComparison compare_case(const Measurement& a, const Measurement& b,
                            const CompareOptions& options) {
  CaseComparison c = describe(a);
  c.model_b = b.what.model;
  c.outcome_b = b.outcome;
  c.paired = a.campaign == b.campaign && host_of(a) == host_of(b);
  if (!c.paired) c.differing = differing(a.manifest, b.manifest);
  const Side left{a, summarize(a), totals_of(a)}, right{b, summarize(b), totals_of(b)};
  c.trust_a = left.summary.trust.kind;
  c.trust_b = right.summary.trust.kind;
  c.correctness_b = right.summary.correctness.kind;
  c.lost = a.outcome.kind == Outcome::Completed && b.outcome.kind != Outcome::Completed;
  if (a.outcome.kind != Outcome::Completed || b.outcome.kind != Outcome::Completed) return c;
  for (const std::string_view metric : kMetrics) {
    MetricComparison m = compare_metric(metric, left, right, c.paired, options.gates);
    const bool known = m.a || m.b || m.gate_percent;
    if (known) c.metrics.push_back(std::move(m));
  }
  return c;
}

void check(const CompareOptions& options) {
  for (const Gate& gate : options.gates) {
    if (std::find(std::begin(kMetrics), std::end(kMetrics), gate.metric) == std::end(kMetrics))
      throw UsageError(fmt::format("there is no metric '{}' to gate", gate.metric),
                       fmt::format("there is: {}", fmt::join(kMetrics, ", ")));
    if (!(gate.percent >= 0 && gate.percent <= 1000))
      throw UsageError(
          fmt::format("a gate of {} % on {} is out of range", gate.percent, gate.metric),
          "choose 0 to 1000 %");
  }
}

void refuse_unpaired(const Comparison& comparison) {
  for (const CaseComparison& c : comparison.cases)
    if (!c.paired && !c.model_b.empty())
      throw UsageError(
          fmt::format("unpaired: other {}; drift cannot be excluded",
                      fmt::join(c.differing, ", other ")),
          "measure both in one run (--model base=FILE --model head=FILE), or add --allow-unpaired");
}

}  // namespace
}  // namespace stats

Comparison compare(const std::vector<Measurement>& a, const std::vector<Measurement>& b,
                   const CompareOptions& options) {
  using namespace stats;
  check(options);
  const auto left = models_of(a), right = models_of(b);
  const bool by_model = left.size() > 1 || right.size() > 1;
  Comparison comparison;
  std::size_t matched = 0;
  for (const Measurement& x : a) {
    if (is_null(x)) continue;
    const auto y = std::find_if(b.begin(), b.end(), [&](const Measurement& each) {
      return belong_together(x, each, by_model);
    });
    if (y == b.end()) {
      CaseComparison c = describe(x);
      c.lost = x.outcome.kind == Outcome::Completed;
      comparison.cases.push_back(std::move(c));
      continue;
    }
    if (is_simulated(x) != is_simulated(*y))
      throw UsageError(fmt::format("{} is simulated on one side and measured on the other",
                                   to_string(x.what.spec)),
                       "compare measured with measured, or simulated with simulated");
    ++matched;
    comparison.cases.push_back(compare_case(x, *y, options));
  }
  if (matched == 0)
    throw NothingToMeasure("no case is on both sides",
                           "both need the same device, precision, settings and load");
  if (!options.allow_unpaired) refuse_unpaired(comparison);
  return comparison;
}

Judgement judge(const Comparison& comparison) {
  bool gated = false, failed = false, undecided = false;
  for (const CaseComparison& c : comparison.cases)
    for (const MetricComparison& m : c.metrics) gated = gated || m.gate_percent;
  for (const CaseComparison& c : comparison.cases) {
    failed = failed || c.lost || c.correctness_b == "WRONG";
    for (const MetricComparison& m : c.metrics) {
      failed = failed || (gated ? m.gate == "FAIL" : m.verdict == "WORSE");
      undecided = undecided || m.gate == "UNDECIDED";
    }
  }
  return failed ? Judgement::failed : undecided ? Judgement::undecided : Judgement::passed;
}

}  // namespace steelyard

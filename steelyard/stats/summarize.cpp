// SPDX-License-Identifier: Apache-2.0
// Puts the figures of a case together, and the harness overhead of a campaign beside them.
// Thread-safe.
#include <algorithm>
#include <set>
#include <utility>

#include "steelyard/stats/figures.h"
#include "steelyard/stats/stats.h"

namespace steelyard {
namespace stats {

Reason reason(ReasonCode code, std::vector<Quantity> values, std::string quoted) {
  return {code, std::move(values), std::move(quoted)};
}

bool is_null(const Measurement& m) { return m.what.spec.backend == "null"; }
bool is_simulated(const Measurement& m) {
  return m.what.device.provenance == Provenance::simulated;
}

Totals totals_of(const Measurement& m) {
  Totals totals;
  std::set<std::uint32_t> workers;
  for (const Block& block : m.blocks) {
    if (block.phase != Phase::measure || block.count == 0) continue;
    totals.blocks.push_back(&block);
    totals.queries += block.count;
    totals.items += block.items;
    totals.wall += block.end - block.begin;
    totals.cpu += block.cpu_time;
    workers.insert(block.worker);
  }
  totals.workers = static_cast<std::uint32_t>(workers.size());
  return totals;
}

namespace {

std::optional<double> when_known(nanoseconds time) {
  if (time <= nanoseconds(0)) return {};
  return static_cast<double>(time.count());
}

std::string host_of(const Measurement& m) {
  return m.what.spec.host.empty() ? m.manifest.host : m.what.spec.host;
}

Summary identity_of(const Measurement& m) {
  Summary s;
  s.case_id = m.what.id;
  s.campaign = m.campaign;
  s.model = m.what.model;
  s.model_sha256 = m.what.model_sha256;
  s.truth = m.what.truth;
  s.artefact = m.what.artefact;
  s.spec = to_string(m.what.spec);
  s.host = host_of(m);
  s.backend = m.what.spec.backend;
  s.device = m.what.device;
  s.precision = m.what.precision;
  s.obtained = m.obtained;
  s.remarks = m.remarks;
  s.parts = m.parts;
  s.settings = m.what.settings;
  s.inputs = m.what.inputs;
  s.scenario = m.what.scenario;
  s.provenance = m.what.device.provenance;
  s.manifest = m.manifest;
  s.effort = m.effort.name;
  s.outcome = m.outcome;
  return s;
}

// Nothing was measured: every figure says why in the outcome's own words.
void explain_by_outcome(Summary& s, const Measurement& m, const Totals& totals) {
  s.latency_ns = latency_of(totals);
  for (PercentileFigure& figure : s.latency_ns.percentiles) figure.reason = m.outcome.reason;
  s.accuracy.reason = s.utilisation.reason = s.memory.reason = s.power.reason = s.energy.reason =
      s.correctness.reason = m.outcome.reason;
  s.trust.kind = "INSUFFICIENT";
  s.trust.findings = {{"INSUFFICIENT", m.outcome.reason}};
}

}  // namespace
}  // namespace stats

Summary summarize(const Measurement& m, std::optional<double> harness_overhead_ns) {
  using namespace stats;
  Summary s = identity_of(m);
  const Totals totals = totals_of(m);
  s.queries = totals.queries;
  s.windows = m.truth ? m.truth->windows() : m.seen.size();
  s.workers = totals.workers;
  if (!totals.blocks.empty()) s.after = totals.blocks.back()->host;
  s.measured_seconds = seconds_of(totals.wall);
  s.startup = {when_known(m.startup.load), when_known(m.startup.first_query),
               when_known(m.startup.warm_up)};
  if (!is_null(m) && !is_simulated(m)) s.harness_overhead_ns = harness_overhead_ns;
  if (totals.queries == 0 && m.outcome.kind != Outcome::Completed) {
    explain_by_outcome(s, m, totals);
    return s;
  }
  s.latency_ns = latency_of(totals);
  if (totals.wall > nanoseconds(0))
    s.throughput_per_second = static_cast<double>(totals.items) / seconds_of(totals.wall);
  s.rate_per_second = rates_of(m, totals, s.latency_ns);
  s.accuracy = accuracy_of(m);
  s.correctness = correctness_of(m);
  s.utilisation = utilisation_of(m, totals);
  s.memory = memory_of(m, totals);
  add_energy(m, totals, s.power, s.energy);
  s.trust = trust_of(m, totals, s.latency_ns, s.rate_per_second, s.harness_overhead_ns);
  s.timeline = timeline_of(m);
  s.forecast = forecast_of(m);
  if (m.reported) fill_reported(s, m);
  return s;
}

Summary Summarizer::operator()(const Measurement& m) {
  if (stats::is_null(m)) {
    Summary s = summarize(m);
    if (s.latency_ns.mean) yardsticks_.push_back(s);
    return s;
  }
  std::optional<double> overhead;
  for (const Summary& s : yardsticks_) {
    if (s.campaign != m.campaign || s.host != stats::host_of(m) || !(s.scenario == m.what.scenario))
      continue;
    const bool same = s.model_sha256 == m.what.model_sha256;
    if (same || !overhead) overhead = s.latency_ns.mean;
    if (same) break;
  }
  return summarize(m, overhead);
}

std::vector<Summary> summarize(const std::vector<Measurement>& measurements) {
  std::vector<Summary> summaries(measurements.size());
  Summarizer summarizer;
  for (const bool null : {true, false})
    for (std::size_t i = 0; i < measurements.size(); ++i)
      if (stats::is_null(measurements[i]) == null) summaries[i] = summarizer(measurements[i]);
  return summaries;
}

}  // namespace steelyard

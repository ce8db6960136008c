// SPDX-License-Identifier: Apache-2.0
// From rows to an answer: systems, verdicts, places, turning points, and what to measure next.
// Pure.
#include "steelyard/advise/advise.h"

#include <fmt/format.h>

#include <cmath>
#include <set>

#include "steelyard/advise/system.h"
#include "steelyard/base/error.h"
#include "steelyard/record/names.h"

namespace steelyard {

namespace advising {
namespace {

double currency_rate(const Question& question, const SystemTable& table,
                     std::vector<Assumed>& assumed) {
  if (question.currency == "USD") return 1;
  const auto found = table.per_usd.find(question.currency);
  if (found == table.per_usd.end()) {
    std::string known = "USD";
    for (const auto& [name, rate] : table.per_usd) known += ", " + name;
    throw UsageError(fmt::format("the table of systems has no rate for '{}'", question.currency),
                     fmt::format("it has: {}; add [per_usd] to a file for --systems", known));
  }
  const Sourced& s = found->second;
  assumed.push_back({"USD", "exchange", s.value, s.unit, s.as_of, s.source});
  return s.value.value;
}

void refuse_nonsense(const Question& q) {
  if (q.boundary != "system" && q.boundary != "device")
    throw UsageError(fmt::format("there is no boundary '{}' to advise within", q.boundary),
                     "there is: system, device");
  if (!q.by.empty() && q.by != "cost" && q.by != "energy" && q.by != "latency")
    throw UsageError(fmt::format("systems cannot be ranked by '{}'", q.by),
                     "there is: cost, energy, latency");
  if (q.by == "cost" && (!q.rate || !q.price_per_kwh))
    throw UsageError("a ranking by cost needs a rate and a price of energy",
                     "add --rate and --price-per-kwh");
  if (q.by == "energy" && !q.rate)
    throw UsageError("a ranking by energy needs a rate", "add --rate");
}

// The first order in which somebody can be placed.
std::string order_of(const std::vector<System>& systems, const Question& q, double per_dollar) {
  if (!q.by.empty()) return q.by;
  const auto told = [&](const char* by) {
    return std::any_of(systems.begin(), systems.end(), [&](const System& s) {
      return s.told.verdict == Verdict::passes && line_of(s, by, q, per_dollar).has_value();
    });
  };
  if (q.rate && q.price_per_kwh && told("cost")) return "cost";
  return q.rate && told("energy") ? "energy" : "latency";
}

std::optional<double> best_rmse(const std::vector<const Summary*>& rows) {
  std::optional<double> best;
  for (const Summary* s : rows)
    if (s->obtained == Precision::fp32 && s->correctness.kind != "WRONG" && s->accuracy.rmse &&
        (!best || *s->accuracy.rmse < *best))
      best = s->accuracy.rmse;
  return best;
}

// A system may be helped by relaxing limits, not by forgiving wrong outputs.
std::vector<Relaxation> relaxations(const std::vector<System>& systems) {
  std::vector<Relaxation> out;
  for (std::size_t i = 0; i < systems.size(); ++i) {
    Relaxation one{i, {}};
    bool hopeless = systems[i].told.verdict == Verdict::passes;
    for (const Check& c : systems[i].told.checks) {
      if (c.verdict == Verdict::passes) continue;
      hopeless = hopeless || !c.value;
      one.checks.push_back(c);
    }
    if (!hopeless) out.push_back(std::move(one));
  }
  const auto hardest = [](const Relaxation& r) {
    double worst = 1;
    for (const Check& c : r.checks) {
      const double ratio = c.metric == "rate" ? c.limit / c.value->value : c.value->value / c.limit;
      worst = std::max(worst, ratio);
    }
    return worst;
  };
  std::stable_sort(out.begin(), out.end(), [&](const Relaxation& a, const Relaxation& b) {
    return std::tuple(a.checks.size(), hardest(a)) < std::tuple(b.checks.size(), hardest(b));
  });
  if (out.size() > 3) out.resize(3);
  return out;
}

// The SPEC of the real device that a simulated one stands for.
std::string real_spec(const Summary& s) {
  if (!s.device.stands_for) return s.spec;
  const std::string& runtime = s.device.stands_for->runtime;
  return runtime == "onnxruntime" ? "onnxruntime:cuda" : runtime + ":0";
}

std::string run_command(const std::string& model, const std::string& spec) {
  return fmt::format("steelyard run --model {}.onnx --data FILE --device {} --db FILE", model,
                     spec);
}

std::vector<Need> needs_of(const std::vector<System>& systems, const SystemTable& table,
                           const std::string& model, const Question& question) {
  std::vector<Need> out;
  std::size_t leaders = 0;
  std::set<std::string> hosts, with_cpu;
  for (const System& s : systems) leaders += s.told.first_place == 1;
  for (const System& s : systems) {
    if (s.told.first_place == 1 && s.told.provenance == Provenance::simulated)
      out.push_back({"expected", s.told.name, run_command(model, real_spec(*s.row))});
    if (!s.host_id.empty()) (s.is_cpu ? with_cpu : hosts).insert(s.host_id);
  }
  if (leaders > 1)
    for (const System& s : systems)
      if (s.told.first_place == 1 && s.told.provenance == Provenance::measured)
        out.push_back(
            {"tie", s.told.name, run_command(model, s.told.spec) + " --effort publishable"});
  for (const System& s : systems)
    if (s.row->outcome.kind == Outcome::Completed && s.told.verdict != Verdict::fails && !s.watts &&
        s.told.provenance == Provenance::measured)
      out.push_back(
          {"power", s.told.name,
           "steelyard attach DB --host " + s.told.host + " --meter csv:FILE --boundary system"});
  if (question.boundary == "system")
    for (const std::string& host : hosts)
      if (!with_cpu.contains(host))
        out.push_back({"no_cpu_row", table.hosts.at(host).name, run_command(model, "native-cpu")});
  return out;
}

Advice answer(const Rows& rows, const std::vector<Summary>& summaries, const Question& question,
              const SystemTable& table) {
  Advice advice;
  advice.model = rows.model;
  advice.question = question;
  const double per_dollar = currency_rate(question, table, advice.assumed);
  const auto best = best_rmse(rows.rows);
  std::vector<System> systems;
  for (const Summary* s : rows.rows) {
    systems.push_back(system_of(*s, question, table, advice.assumed));
    systems.back().load = under_load(summaries, *s, question.rate);
    check(systems.back(), question, best, per_dollar);
  }
  advice.by = order_of(systems, question, per_dollar);
  rank(systems, advice.by, question, per_dollar);
  mark_front(systems);
  for (const char* by : {"energy", "cost"}) {
    if (by == std::string("cost") && !question.price_per_kwh) continue;
    for (const Crossing& c : crossings(systems, by, question, per_dollar))
      advice.crossings.push_back(c);
    for (const RateRange& r : ranges(systems, by, question, per_dollar)) advice.ranges.push_back(r);
  }
  if (advice.by == "cost") advice.sensitivities = sensitivities(systems, question, per_dollar);
  const bool any = std::any_of(systems.begin(), systems.end(),
                               [](const System& s) { return s.told.verdict == Verdict::passes; });
  if (!any) advice.relaxations = relaxations(systems);
  advice.needs = needs_of(systems, table, rows.model, question);
  for (const System& s : systems) {
    advice.expected =
        advice.expected || (s.told.first_place == 1 && s.told.provenance == Provenance::simulated);
    advice.candidates.push_back(s.told);
  }
  return advice;
}

}  // namespace
}  // namespace advising

std::vector<Advice> advise(const std::vector<Summary>& summaries, const Question& question,
                           const SystemTable& table) {
  advising::refuse_nonsense(question);
  std::vector<Advice> out;
  const auto all = advising::rows_of(summaries, question.model);
  if (all.empty() && !question.model.empty()) {
    std::set<std::string> known;
    for (const Summary& s : summaries) known.insert(s.model);
    throw UsageError(fmt::format("there is no model '{}'", question.model),
                     fmt::format("there is: {}", fmt::join(known, ", ")));
  }
  for (const auto& rows : all) out.push_back(advising::answer(rows, summaries, question, table));
  return out;
}

}  // namespace steelyard

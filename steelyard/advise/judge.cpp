// SPDX-License-Identifier: Apache-2.0
// Constraints, places and the Pareto front. Pure.
#include <fmt/format.h>

#include <array>
#include <cmath>

#include "steelyard/advise/system.h"

namespace steelyard::advising {
namespace {

constexpr double kDaysPerYear = 365.25;

const PercentileFigure* percentile(const Summary& s, double p) {
  for (const PercentileFigure& figure : s.latency_ns.percentiles)
    if (figure.p == p && figure.ns) return &figure;
  return nullptr;
}

// The bound of a percentile is one-sided: the true one lies at or below it.
Estimate estimate_of(const PercentileFigure& figure) {
  return {*figure.ns, *figure.ns, figure.upper_ns.value_or(*figure.ns)};
}

Verdict at_most(const Estimate& e, double limit) {
  return e.high <= limit ? Verdict::passes : e.low > limit ? Verdict::fails : Verdict::undecided;
}

class Checker {
 public:
  Checker(System& system, const Question& question, std::optional<double> best_rmse)
      : system_(system), c_(system.told), q_(question), best_rmse_(best_rmse) {}

  void run() {
    const Outcome& outcome = system_.row->outcome;
    if (outcome.kind != Outcome::Completed) {
      add({"outcome",
           "",
           0,
           {},
           outcome.kind == Outcome::Failed ? Verdict::fails : Verdict::undecided,
           outcome.reason});
      return;
    }
    if (system_.row->correctness.kind == "WRONG")
      add({"correctness", "", 0, {}, Verdict::fails, system_.row->correctness.reason});
    if (q_.measured_only && c_.provenance == Provenance::simulated)
      add({"provenance", "", 0, {}, Verdict::undecided, Reason{ReasonCode::modelled, {}, ""}});
    for (const LatencyLimit& limit : q_.latency) latency(limit);
    if (q_.rate) rate();
    if (q_.max_watts)
      at_most_or_missing("power", "W", *q_.max_watts, c_.busy_watts, c_.power_reason);
    if (q_.max_rmse_loss) loss();
    if (q_.budget) at_most_or_missing("budget", q_.currency, *q_.budget, c_.price, c_.price_reason);
  }

 private:
  void add(Check check) {
    c_.verdict = std::max(c_.verdict, check.verdict);
    c_.checks.push_back(std::move(check));
  }
  void at_most_or_missing(const char* metric, const std::string& unit, double limit,
                          const std::optional<Estimate>& value,
                          const std::optional<Reason>& reason) {
    if (value)
      add({metric, unit, limit, value, at_most(*value, limit), {}});
    else
      add({metric, unit, limit, {}, Verdict::undecided, reason});
  }
  void latency(const LatencyLimit& limit) {
    const std::string metric = fmt::format("latency.p{:g}", limit.percentile);
    const PercentileFigure* figure = percentile(*system_.load, limit.percentile);
    if (figure == nullptr) {
      add({metric,
           "ns",
           limit.ns,
           {},
           Verdict::undecided,
           Reason{ReasonCode::not_measured, {}, ""}});
      return;
    }
    const Estimate e = estimate_of(*figure);
    Verdict verdict = at_most(e, limit.ns);
    // Fewer arrivals than were tried may still be answered in time.
    if (verdict == Verdict::fails && rate_of(system_.load->scenario) > q_.rate.value_or(0))
      verdict = Verdict::undecided;
    // A percentile without a bound may be anything above what was seen.
    if (verdict == Verdict::passes && !figure->upper_ns) verdict = Verdict::undecided;
    add({metric, "ns", limit.ns, e, verdict, figure->upper_ns ? std::nullopt : figure->reason});
  }
  void rate() {
    if (!c_.capacity_per_second) {
      add({"rate",
           "1/s",
           *q_.rate,
           {},
           Verdict::undecided,
           Reason{ReasonCode::not_measured, {}, ""}});
      return;
    }
    const Estimate& e = *c_.capacity_per_second;
    add({"rate",
         "1/s",
         *q_.rate,
         e,
         e.low >= *q_.rate   ? Verdict::passes
         : e.high < *q_.rate ? Verdict::fails
                             : Verdict::undecided,
         {}});
  }
  void loss() {
    if (c_.rmse_loss_percent) {
      const Estimate e = exactly(*c_.rmse_loss_percent);
      add({"rmse_loss", "%", *q_.max_rmse_loss, e, at_most(e, *q_.max_rmse_loss), {}});
      return;
    }
    const Reason why =
        c_.rmse && !best_rmse_
            ? Reason{ReasonCode::no_reference, {}, "FP32"}
            : system_.row->accuracy.reason.value_or(Reason{ReasonCode::not_reported, {}, "RMSE"});
    add({"rmse_loss", "%", *q_.max_rmse_loss, {}, Verdict::undecided, why});
  }

  System& system_;
  Candidate& c_;
  const Question& q_;
  std::optional<double> best_rmse_;
};

// Is `a` better than `b` whatever the ranges say? What both take from the same host cancels.
bool certainly(const System& a, const Needs& x, const System& b, const Needs& y, double rate) {
  const bool same = !a.host_id.empty() && a.host_id == b.host_id;
  const Estimate left = same ? x.fixed + x.slope * rate : x.at(rate);
  const Estimate right = same ? y.fixed + y.slope * rate : y.at(rate);
  return left.high < right.low;
}

std::optional<Needs> objective(const System& s, const std::string& by, const Question& q,
                               double per_dollar) {
  if (by != "latency") return line_of(s, by, q, per_dollar);
  if (!s.told.latency_ns) return {};
  return Needs{{}, *s.told.latency_ns, {}};
}

}  // namespace

void check(System& system, const Question& question, std::optional<double> best_rmse,
           double per_dollar) {
  Candidate& c = system.told;
  c.percentile = 99;
  double strictest = 0;
  for (const LatencyLimit& limit : question.latency)
    if (limit.percentile > strictest) c.percentile = strictest = limit.percentile;
  const bool done = system.row->outcome.kind == Outcome::Completed;
  c.load = system.load->scenario;
  if (const auto* figure = percentile(*system.load, c.percentile); done && figure != nullptr)
    c.latency_ns = estimate_of(*figure);
  if (c.rmse && best_rmse && *best_rmse > 0) c.rmse_loss_percent = 100 * (*c.rmse / *best_rmse - 1);
  if (system.dollars) c.price = system.dollars->at(0) * per_dollar;
  if (question.rate && question.price_per_kwh)
    if (const auto line = line_of(system, "cost", question, per_dollar);
        line && c.capacity_per_second && *question.rate <= c.capacity_per_second->value)
      c.cost_per_day = line->at(*question.rate);
  Checker(system, question, best_rmse).run();
}

std::optional<Needs> line_of(const System& s, const std::string& by, const Question& q,
                             double per_dollar) {
  if (!s.watts || !s.told.capacity_per_second) return {};
  if (by == "energy") return s.watts;
  if (!s.dollars || !q.price_per_kwh) return {};
  const double a_day = per_dollar / (q.years * kDaysPerYear), per_watt = 0.024 * *q.price_per_kwh;
  return Needs{s.dollars->shared * a_day + s.watts->shared * per_watt,
               s.dollars->fixed * a_day + s.watts->fixed * per_watt, s.watts->slope * per_watt};
}

void rank(std::vector<System>& systems, const std::string& by, const Question& question,
          double per_dollar) {
  const double rate = question.rate.value_or(0);
  std::vector<std::pair<System*, Needs>> in;
  for (System& s : systems)
    if (s.told.verdict == Verdict::passes)
      if (const auto line = objective(s, by, question, per_dollar)) in.emplace_back(&s, *line);
  for (auto& [s, line] : in) {
    s->told.first_place = 1;
    s->told.last_place = static_cast<int>(in.size());
    for (const auto& [other, needs] : in) {
      if (other == s) continue;
      s->told.first_place += certainly(*other, needs, *s, line, rate);
      s->told.last_place -= certainly(*s, line, *other, needs, rate);
    }
  }
  const auto key = [&](const System& s) {
    const auto line = objective(s, by, question, per_dollar);
    const bool ranked = s.told.first_place > 0;
    return std::tuple(static_cast<int>(s.told.verdict), !ranked, ranked ? s.told.first_place : 0,
                      line ? line->at(rate).value : HUGE_VAL);
  };
  std::stable_sort(systems.begin(), systems.end(),
                   [&](const System& a, const System& b) { return key(a) < key(b); });
}

void mark_front(std::vector<System>& systems) {
  const auto figures = [](const Candidate& c) {
    const auto value = [](const std::optional<Estimate>& e) {
      return e ? std::optional(e->value) : std::nullopt;
    };
    return std::array<std::optional<double>, 4>{value(c.latency_ns),
                                                value(c.watts ? c.watts : c.busy_watts), c.rmse,
                                                value(c.cost_per_day ? c.cost_per_day : c.price)};
  };
  // At least as good in all that both tell, better in one, and silent about nothing that the other
  // tells.
  const auto dominates = [&](const Candidate& a, const Candidate& b) {
    const auto x = figures(a), y = figures(b);
    bool better = false;
    for (std::size_t i = 0; i < x.size(); ++i) {
      if (y[i] && !x[i]) return false;
      if (!x[i] || !y[i]) continue;
      if (*x[i] > *y[i]) return false;
      better = better || *x[i] < *y[i];
    }
    return better;
  };
  for (System& s : systems)
    s.told.on_front =
        s.told.verdict == Verdict::passes &&
        std::none_of(systems.begin(), systems.end(), [&](const System& other) {
          return other.told.verdict == Verdict::passes && dominates(other.told, s.told);
        });
}

}  // namespace steelyard::advising

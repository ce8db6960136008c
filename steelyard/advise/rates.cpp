// SPDX-License-Identifier: Apache-2.0
// Where the choice turns: crossings of straight lines over the request rate, and what else would
// change the winner. Pure.
#include <cmath>
#include <limits>

#include "steelyard/advise/system.h"

namespace steelyard::advising {
namespace {

constexpr double kNever = std::numeric_limits<double>::infinity();

struct Runner {
  std::size_t index;
  const System* system;
  Needs line;
  double capacity() const { return system->told.capacity_per_second->value; }
};

// Those that pass all but the rate itself; where none does, all that can work.
std::vector<Runner> runners(const std::vector<System>& systems, const std::string& by,
                            const Question& question, double per_dollar) {
  std::vector<Runner> all, able;
  for (std::size_t i = 0; i < systems.size(); ++i) {
    const System& s = systems[i];
    const auto line = line_of(s, by, question, per_dollar);
    if (!line) continue;
    const auto& checks = s.told.checks;
    const bool out = std::any_of(checks.begin(), checks.end(), [](const Check& c) {
      return c.metric != "rate" && c.verdict == Verdict::fails;
    });
    const bool wrong = std::any_of(checks.begin(), checks.end(), [](const Check& c) {
      return c.metric == "correctness" && c.verdict == Verdict::fails;
    });
    if (!wrong) all.push_back({i, &s, *line});
    if (!out) able.push_back({i, &s, *line});
  }
  return able.empty() ? all : able;
}

// The rate at which two lines meet; infinite: never.
double meeting(double fixed_a, double slope_a, double fixed_b, double slope_b) {
  const double gap = fixed_b - fixed_a, turn = slope_a - slope_b;
  if (gap <= 0) return 0;
  return turn <= 0 ? kNever : gap / turn;
}

std::optional<Crossing> crossing(const Runner& a, const Runner& b, const std::string& by) {
  const bool same = !a.system->host_id.empty() && a.system->host_id == b.system->host_id;
  const auto fixed = [&](const Needs& n) { return same ? n.fixed : n.shared + n.fixed; };
  const Estimate x = fixed(a.line), y = fixed(b.line);
  const Estimate &u = a.line.slope, &v = b.line.slope;
  const double at = meeting(x.value, u.value, y.value, v.value);
  if (at <= 0 || at == kNever || at > std::min(a.capacity(), b.capacity())) return {};
  return Crossing{
      by,
      a.index,
      b.index,
      {at, meeting(x.high, u.high, y.low, v.low), meeting(x.low, u.low, y.high, v.high)}};
}

// What changes the winner's lead when a number grows: a * x + b for each.
std::optional<double> turn_of(double slope_a, double fixed_a, double slope_b, double fixed_b) {
  const double turn = slope_a - slope_b;
  if (turn == 0) return {};
  const double at = (fixed_b - fixed_a) / turn;
  return at > 0 && std::isfinite(at) ? std::optional(at) : std::nullopt;
}

}  // namespace

std::vector<Crossing> crossings(const std::vector<System>& systems, const std::string& by,
                                const Question& question, double per_dollar) {
  std::vector<Crossing> out;
  const auto in = runners(systems, by, question, per_dollar);
  for (const Runner& a : in)
    for (const Runner& b : in)
      if (a.index != b.index)
        if (auto one = crossing(a, b, by)) out.push_back(*one);
  std::stable_sort(out.begin(), out.end(), [](const Crossing& a, const Crossing& b) {
    return a.rate.value < b.rate.value;
  });
  return out;
}

std::vector<RateRange> ranges(const std::vector<System>& systems, const std::string& by,
                              const Question& question, double per_dollar) {
  const auto in = runners(systems, by, question, per_dollar);
  std::vector<double> ends;
  for (const Crossing& c : crossings(systems, by, question, per_dollar))
    ends.push_back(c.rate.value);
  for (const Runner& r : in) ends.push_back(r.capacity());
  std::sort(ends.begin(), ends.end());
  std::vector<RateRange> out;
  double from = 0;
  for (const double to : ends) {
    if (to <= from) continue;
    const double middle = from + (to - from) / 2;
    const Runner* best = nullptr;
    for (const Runner& r : in)
      if (middle <= r.capacity() &&
          (best == nullptr || r.line.at(middle).value < best->line.at(middle).value))
        best = &r;
    if (best == nullptr) break;
    const bool capacity = to >= best->capacity();
    if (!out.empty() && out.back().winner == best->index) {
      out.back().to = to;
      out.back().ends_at_capacity = capacity;
    } else {
      out.push_back({by, best->index, from, to, capacity});
    }
    from = to;
  }
  return out;
}

std::vector<Sensitivity> sensitivities(const std::vector<System>& systems, const Question& question,
                                       double per_dollar) {
  std::vector<Sensitivity> out;
  if (!question.rate || !question.price_per_kwh) return out;
  const double rate = *question.rate;
  std::vector<std::size_t> in;
  for (std::size_t i = 0; i < systems.size(); ++i)
    if (systems[i].told.first_place > 0 && systems[i].told.cost_per_day) in.push_back(i);
  if (in.size() < 2) return out;
  const std::size_t winner = in.front();
  const auto kwh = [&](std::size_t i) { return systems[i].watts->at(rate).value * 0.024; };
  const auto price = [&](std::size_t i) { return systems[i].dollars->at(0).value * per_dollar; };
  const double days = question.years * 365.25, tariff = *question.price_per_kwh;
  // The nearest turn upwards and downwards of each number.
  const auto keep = [&](Sensitivity one) {
    for (Sensitivity& s : out) {
      if (s.what != one.what || (s.at > s.now) != (one.at > one.now)) continue;
      if (std::abs(one.at - one.now) < std::abs(s.at - s.now)) s = one;
      return;
    }
    out.push_back(one);
  };
  for (const std::size_t i : in) {
    if (i == winner) continue;
    if (const auto at = turn_of(kwh(winner), price(winner) / days, kwh(i), price(i) / days))
      keep({"price_per_kwh", winner, i, tariff, *at});
    // Over y years: price + 365.25 * y * kwh * tariff.
    if (const auto at = turn_of(kwh(winner) * tariff * 365.25, price(winner),
                                kwh(i) * tariff * 365.25, price(i)))
      keep({"years", winner, i, question.years, *at});
    const double dearer = price(i) + (kwh(i) - kwh(winner)) * tariff * days;
    if (dearer > price(winner)) keep({"price", winner, i, price(winner), dearer});
  }
  return out;
}

}  // namespace steelyard::advising

// SPDX-License-Identifier: Apache-2.0
// Why a system does not do, what to relax, where the choice turns, what to measure next. Pure.
#include <fmt/format.h>

#include <cmath>

#include "steelyard/report/advice_told.h"
#include "steelyard/report/explain.h"
#include "steelyard/report/format.h"
#include "steelyard/report/words_advise.h"

namespace steelyard {

// As a person would type it: limits are given, not measured.
std::string given(double value) { return fmt::format("{:.6g}", value); }
std::string rate_text(double rate) {
  return rate == std::round(rate) && rate < 1000 ? given(rate)
         : rate < 100                            ? significant(rate, 3)
                                                 : per_second(rate);
}
std::string AdviceTold::source(std::size_t i, const std::string& field) const {
  return advice.model + " " + advice.candidates[i].spec + " advice." + field;
}

std::string AdviceTold::money(double value) const {
  const std::string& currency = advice.question.currency;
  return with_unit(currency == "KRW" ? decimal(value, value < 10 ? 1 : 0) : significant(value, 3),
                   currency, language);
}

std::string AdviceTold::text(double value, const std::string& unit) const {
  if (unit == "ns") return duration(value);
  if (unit == "W") return watts(value);
  if (unit == "%") return percent(value);
  if (unit == "1/s") return say(kAdvise.c_rate_plain, {{"rate", rate_text(value)}});
  return money(value);
}

namespace {

class Teller : public AdviceTold {
 public:
  std::string what(const Check& check) const {
    if (check.metric == "rate") return say(kAdvise.what_rate);
    if (check.metric == "power") return say(kAdvise.what_power);
    if (check.metric == "rmse_loss") return say(kAdvise.what_loss);
    if (check.metric == "budget") return say(kAdvise.what_budget);
    if (check.metric == "outcome") return say(kAdvise.what_outcome);
    if (check.metric == "provenance") return say(kAdvise.what_provenance);
    return check.metric.substr(check.metric.find('.') + 1);
  }

  std::string reason_for(const Candidate& c, const Check& check) const {
    const std::string about = what(check);
    if (check.metric == "correctness") return say(kAdvise.wrong, {{"system", c.name}});
    if (!check.value)
      return say(kAdvise.unknown,
                 {{"system", c.name},
                  {"what", about},
                  {"reason", check.metric == "budget"
                                 ? say(kAdvise.no_price)
                                 : clause(check.reason.value_or(Reason{}), language)}});
    const Estimate& e = *check.value;
    const std::string value = text(e.value, check.unit), limit = limit_text(check);
    if (check.verdict == Verdict::undecided) {
      if (check.reason)
        return say(kAdvise.unbounded, {{"system", c.name},
                                       {"what", about},
                                       {"value", value},
                                       {"limit", limit},
                                       {"reason", clause(*check.reason, language)}});
      return say(kAdvise.straddles,
                 {{"system", c.name},
                  {"what", about},
                  {"range", range(e.low, e.high, [&](double v) { return text(v, check.unit); })},
                  {"limit", limit}});
    }
    if (check.metric == "rate")
      return say(kAdvise.under, {{"system", c.name},
                                 {"what", about},
                                 {"value", value},
                                 {"limit", limit},
                                 {"share", percent(100 * e.value / check.limit)}});
    return say(kAdvise.over, {{"system", c.name},
                              {"what", about},
                              {"value", value},
                              {"limit", limit},
                              {"factor", factor(e.value / check.limit)}});
  }

  Bullets why() const {
    Bullets out;
    for (std::size_t i = 0; i < advice.candidates.size(); ++i)
      for (const Check& check : advice.candidates[i].checks)
        if (check.verdict != Verdict::passes)
          out.items.push_back(
              {"",
               {{reason_for(advice.candidates[i], check), {source(i, "checks." + check.metric)}}}});
    return out;
  }

  Bullets relax() const {
    Bullets out;
    for (const Relaxation& r : advice.relaxations) {
      std::vector<std::string> list;
      for (const Check& check : r.checks)
        list.push_back(say(
            kAdvise.relax_to,
            {{"what", what(check)},
             {"limit", limit_text(check)},
             {"value",
              text(check.metric == "rate" ? check.value->low : check.value->high, check.unit)}}));
      out.items.push_back({"",
                           {{say(kAdvise.relax_one,
                                 {{"system", name(r.candidate)}, {"list", join(list, language)}}),
                             {source(r.candidate, "relaxations")}}}});
    }
    return out;
  }

  std::string by_word(const std::string& by) const {
    return say(by == "cost" ? kAdvise.by_cost : kAdvise.by_energy);
  }

  Bullets turns() const {
    Bullets out;
    for (const RateRange& r : advice.ranges) {
      const Phrase& phrase = r.from == 0 ? (r.ends_at_capacity ? kAdvise.alone : kAdvise.below)
                             : r.ends_at_capacity ? kAdvise.last
                                                  : kAdvise.between;
      out.items.push_back({"",
                           {{say(phrase, {{"by", by_word(r.by)},
                                          {"winner", name(r.winner)},
                                          {"from", rate_text(r.from)},
                                          {"to", rate_text(r.to)}}),
                             {source(r.winner, "ranges")}}}});
    }
    for (const Crossing& c : advice.crossings) {
      const bool exact = rate_text(c.rate.low) == rate_text(c.rate.high);
      const std::string high =
          std::isfinite(c.rate.high) ? rate_text(c.rate.high) : say(kAdvise.open_end);
      const std::string range =
          exact ? "" : say(kAdvise.break_range, {{"low", rate_text(c.rate.low)}, {"high", high}});
      out.items.push_back({"",
                           {{say(kAdvise.break_even, {{"below", name(c.below)},
                                                      {"above", name(c.above)},
                                                      {"by", by_word(c.by)},
                                                      {"rate", rate_text(c.rate.value)},
                                                      {"range", range}}),
                             {source(c.below, "crossings"), source(c.above, "crossings")}}}});
    }
    for (const Sensitivity& s : advice.sensitivities) {
      const bool years = s.what == "years";
      const auto shown = [&](double v) {
        return years ? given(std::round(v * 10) / 10) : money(v);
      };
      const Phrase& phrase = years                       ? kAdvise.s_years
                             : s.what == "price_per_kwh" ? kAdvise.s_tariff
                                                         : kAdvise.s_price;
      out.items.push_back({"",
                           {{say(phrase, {{"now", shown(s.now)},
                                          {"at", shown(s.at)},
                                          {"winner", name(s.winner)},
                                          {"other", name(s.other)}}),
                             {source(s.winner, "sensitivities")}}}});
    }
    return out;
  }

  void needs(Section& section) const {
    Bullets bullets;
    std::string commands;
    for (const Need& need : advice.needs) {
      const Phrase& phrase = need.why == "expected" ? kAdvise.need_expected
                             : need.why == "tie"    ? kAdvise.need_tie
                             : need.why == "power"  ? kAdvise.need_power
                                                    : kAdvise.need_cpu;
      bullets.items.push_back({"", {{say(phrase, {{"name", need.name}}), {}}}});
      if (commands.find(need.command + "\n") == std::string::npos) commands += need.command + "\n";
    }
    if (bullets.items.empty()) return;
    section.parts.push_back(Paragraph{say(kAdvise.needs), {}});
    section.parts.push_back(std::move(bullets));
    section.parts.push_back(Code{commands});
  }

  std::string limit_text(const Check& check) const {
    if (check.unit == "W" || check.unit == "%") return given(check.limit) + " " + check.unit;
    return text(check.limit, check.unit);
  }
};

}  // namespace

Bullets why_not(const AdviceTold& told) { return Teller{told}.why(); }
Bullets what_to_relax(const AdviceTold& told) { return Teller{told}.relax(); }
Bullets turning_points(const AdviceTold& told) { return Teller{told}.turns(); }
void add_needs(const AdviceTold& told, Section& section) { Teller{told}.needs(section); }

}  // namespace steelyard

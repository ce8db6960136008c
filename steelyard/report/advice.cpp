// SPDX-License-Identifier: Apache-2.0
// An Advice in words: the answer, the systems side by side, why not, where the choice turns, what
// to relax, what to measure next, and what was taken from the table of systems. Pure.
#include <algorithm>
#include <set>

#include "steelyard/report/advice_told.h"
#include "steelyard/report/explain.h"
#include "steelyard/report/format.h"
#include "steelyard/report/sections.h"
#include "steelyard/report/words_advise.h"
#include "steelyard/report/words_terms.h"

namespace steelyard {
namespace {

std::string kwh_text(double kwh) { return significant(kwh, 3) + " kWh"; }

class Teller : public AdviceTold {
 public:
  Section section() {
    Section section{"", say(kAdvise.title, {{"model", advice.model}}), 2, {}};
    section.parts.push_back(job());
    section.parts.push_back(answer());
    section.parts.push_back(table());
    const auto add = [&](const Phrase& lead, Bullets bullets) {
      if (bullets.items.empty()) return;
      section.parts.push_back(Paragraph{say(lead), {}});
      section.parts.push_back(std::move(bullets));
    };
    add(kAdvise.why, why_not(*this));
    add(kAdvise.relax, what_to_relax(*this));
    add(kAdvise.turns, turning_points(*this));
    if (auto chart = limits_chart(*this)) section.parts.push_back(std::move(*chart));
    for (const char* by : {"energy", "cost"})
      if (auto chart = rate_chart(*this, by)) section.parts.push_back(std::move(*chart));
    add_needs(*this, section);
    return section;
  }

 private:
  std::string born(const Candidate& c) const { return name_of(c.provenance, language); }

  Paragraph job() const {
    const Question& q = advice.question;
    std::vector<std::string> list;
    for (const LatencyLimit& limit : q.latency)
      list.push_back(
          say(kAdvise.c_latency, {{"p", given(limit.percentile)}, {"limit", duration(limit.ns)}}));
    if (q.rate) list.push_back(say(kAdvise.c_rate, {{"limit", rate_text(*q.rate)}}));
    if (q.max_watts) list.push_back(say(kAdvise.c_power, {{"limit", given(*q.max_watts) + " W"}}));
    if (q.max_rmse_loss)
      list.push_back(say(kAdvise.c_loss, {{"limit", given(*q.max_rmse_loss) + " %"}}));
    if (q.budget) list.push_back(say(kAdvise.c_budget, {{"limit", money(*q.budget)}}));
    if (q.measured_only) list.push_back(say(kAdvise.c_measured));
    const bool none = list.empty();
    list.push_back(say(q.boundary == "device" ? kAdvise.within_device : kAdvise.within_system));
    std::string all;
    for (const std::string& one : list) all += (all.empty() ? "" : "; ") + one;
    Paragraph out{say(kAdvise.job) + ":", {}};
    if (none) out.sentences.push_back({say(kAdvise.job_none), {}});
    out.sentences.push_back({say(kAdvise.job_list, {{"list", all}}), {}});
    return out;
  }

  Paragraph answer() const {
    Paragraph out{say(kAdvise.answer) + ":", {}};
    std::size_t passes = 0, fails = 0, open = 0;
    std::vector<std::string> leaders;
    for (const Candidate& c : advice.candidates) {
      (c.verdict == Verdict::passes ? passes : c.verdict == Verdict::fails ? fails : open)++;
      if (c.first_place == 1) leaders.push_back(c.name);
    }
    if (passes == 0) {
      out.sentences.push_back({say(kAdvise.none), {}});
    } else if (leaders.empty()) {
      out.sentences.push_back({say(kAdvise.unranked), {}});
    } else {
      out.sentences.push_back(winner(advice.candidates.front()));
      if (leaders.size() > 1)
        out.sentences.push_back({say(kAdvise.tie, {{"list", join(leaders, language)}}), {}});
    }
    if (fails + open > 0)
      out.sentences.push_back({say(kAdvise.count, {{"n", std::to_string(advice.candidates.size())},
                                                   {"passes", std::to_string(passes)},
                                                   {"fails", std::to_string(fails)},
                                                   {"open", std::to_string(open)}}),
                               {}});
    if (advice.expected) out.sentences.push_back({say(kAdvise.expected), {}});
    return out;
  }

  Sentence winner(const Candidate& c) const {
    if (advice.by == "cost" && c.cost_per_day)
      return {say(kAdvise.winner_cost,
                  {{"winner", c.name}, {"value", money(c.cost_per_day->value)}, {"born", born(c)}}),
              {source(0, "cost_per_day")}};
    if (advice.by == "energy" && c.kwh_per_day)
      return {
          say(kAdvise.winner_energy,
              {{"winner", c.name}, {"value", kwh_text(c.kwh_per_day->value)}, {"born", born(c)}}),
          {source(0, "kwh_per_day")}};
    return {
        say(kAdvise.winner_latency, {{"winner", c.name},
                                     {"p", given(c.percentile)},
                                     {"value", c.latency_ns ? duration(c.latency_ns->value) : ""},
                                     {"born", born(c)}}),
        {source(0, "latency_ns")}};
  }

  // A figure with its range, or why there is none.
  template <class Worded>
  Cell cell(const Candidate& c, const std::optional<Estimate>& e, Worded worded,
            const std::string& reason) const {
    if (!e) return {"", State::missing, {}, reason};
    Cell out{worded(e->value), state_of(c), {}, ""};
    if (worded(e->low) != worded(e->high))
      out.details.push_back(say(kAdvise.range, {{"range", range(e->low, e->high, worded)}}));
    return out;
  }
  static State state_of(const Candidate& c) {
    switch (c.provenance) {
      case Provenance::measured:
        return State::measured;
      case Provenance::simulated:
        return State::expected;
      case Provenance::imported:
        return State::imported;
      case Provenance::entered:
        return State::entered;
    }
    return State::plain;
  }
  const Phrase& verdict_phrase(Verdict v) const {
    return v == Verdict::passes  ? kAdvise.passes
           : v == Verdict::fails ? kAdvise.fails
                                 : kAdvise.undecided;
  }

  Cell place(const Candidate& c) const {
    Cell out{say(verdict_phrase(c.verdict)), State::plain, {}, ""};
    if (c.first_place > 0) {
      std::string where = std::to_string(c.first_place);
      if (c.last_place != c.first_place)
        where += "–" + std::to_string(c.last_place) + ", " + say(kAdvise.tied);
      out.details.push_back(say(kAdvise.place) + " " + where);
    }
    if (c.on_front) out.details.push_back(say(kAdvise.front));
    return out;
  }

  Table table() const {
    const Question& q = advice.question;
    const bool costs = q.rate && q.price_per_kwh;
    Table out{say(kAdvise.table), say(kAdvise.system), {}, {}, "", true};
    const auto head = [&](std::string text) {
      out.columns.push_back({std::move(text), {}, State::plain});
    };
    head(say(kAdvise.verdict));
    const double p = advice.candidates.empty() ? 99 : advice.candidates.front().percentile;
    head(say(kAdvise.latency, {{"p", given(p)}}));
    head(say(kAdvise.capacity));
    head(say(kAdvise.idle));
    head(say(kAdvise.busy));
    if (q.rate) {
      head(say(kAdvise.at_rate, {{"rate", rate_text(*q.rate)}}));
      head(say(kAdvise.a_day));
    } else {
      head(say(kAdvise.marginal));
    }
    head(say(kAdvise.price));
    if (costs) head(say(kAdvise.cost));
    for (const Candidate& c : advice.candidates) {
      const auto outcome = std::find_if(c.checks.begin(), c.checks.end(),
                                        [](const Check& k) { return k.metric == "outcome"; });
      const std::string none = clause(outcome != c.checks.end() && outcome->reason
                                          ? *outcome->reason
                                          : Reason{ReasonCode::not_measured, {}, ""},
                                      language);
      const std::string power =
          c.power_reason ? clause(*c.power_reason, language) : say(kAdvise.no_rate);
      const auto priced = [&](double v) { return money(v); };
      Row row{c.name, {place(c), cell(c, c.latency_ns, duration, none)}, ""};
      if (rate_of(c.load) > 0) row.cells.back().details.push_back(name_of(c.load, language));
      row.cells.push_back(cell(c, c.capacity_per_second, per_second, none));
      row.cells.push_back(cell(c, c.idle_watts, watts, power));
      row.cells.push_back(cell(c, c.busy_watts, watts, power));
      if (q.rate) {
        row.cells.push_back(cell(c, c.watts, watts, power));
        row.cells.push_back(cell(c, c.kwh_per_day, kwh_text, power));
      } else {
        row.cells.push_back(cell(c, c.marginal_joules, joules, power));
      }
      row.cells.push_back(cell(c, c.price, priced, say(kAdvise.no_price)));
      if (c.price) row.cells.back().state = State::plain;
      if (costs)
        row.cells.push_back(
            cell(c, c.cost_per_day, priced, c.price ? power : say(kAdvise.no_price)));
      out.rows.push_back(std::move(row));
    }
    return out;
  }
};

const Phrase& assumed_phrase(const std::string& item) {
  if (item == "idle_power") return kAdvise.a_idle;
  if (item == "core_power") return kAdvise.a_core;
  if (item == "efficiency") return kAdvise.a_efficiency;
  return item == "price" ? kAdvise.a_price : kAdvise.a_exchange;
}

// What all of them took from the table of systems, once.
Table assumed(const std::vector<Advice>& all, Language language) {
  const auto say = [&](const Phrase& phrase, Values values = {}) {
    return fill(phrase, language, values);
  };
  Table out{say(kAdvise.assumed), say(kAdvise.item), {}, {}, "", false};
  for (const Phrase* phrase : {&kAdvise.value, &kAdvise.as_of, &kAdvise.source})
    out.columns.push_back({say(*phrase), {}, State::plain});
  std::set<std::string> told;
  for (const Advice& advice : all)
    for (const Assumed& one : advice.assumed) {
      const std::string label = say(assumed_phrase(one.item), {{"what", one.what}});
      if (!told.insert(label).second) continue;
      const std::string unit = one.unit == "1" ? "" : " " + one.unit;
      Cell value{given(one.value.value) + unit, State::entered, {}, ""};
      if (one.value.low != one.value.high)
        value.details.push_back(say(
            kAdvise.range, {{"range", given(one.value.low) + "–" + given(one.value.high) + unit}}));
      out.rows.push_back({label,
                          {std::move(value),
                           {one.as_of, State::plain, {}, ""},
                           {one.source, State::plain, {}, ""}},
                          ""});
    }
  return out;
}

}  // namespace

std::vector<Section> advice_sections(const std::vector<Advice>& all, Language language) {
  std::vector<Section> out;
  for (const Advice& advice : all) {
    if (advice.candidates.empty()) continue;
    out.push_back(Teller{{advice, language}}.section());
    out.back().id = "advice-" + std::to_string(out.size());
  }
  Table table = assumed(all, language);
  if (!out.empty() && !table.rows.empty()) out.back().parts.push_back(std::move(table));
  return out;
}

std::string render(const std::vector<Advice>& all, const RenderOptions& options) {
  Document document;
  document.language = options.language;
  document.title = fill(kAdvise.document, options.language);
  document.sections = advice_sections(all, options.language);
  switch (options.format) {
    case Format::terminal:
      return write_terminal(document, options.columns, options.colour);
    case Format::markdown:
      return write_markdown(document);
    case Format::html:
      return write_html(document);
    case Format::latex:
      break;  // refused by the command line
  }
  return {};
}

}  // namespace steelyard

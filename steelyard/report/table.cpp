// SPDX-License-Identifier: Apache-2.0
// The seed's own table: figures x devices with a note, every cell with its birth. Devices without a
// result follow in a table of their own, with reason and way out.
#include <algorithm>
#include <set>

#include "steelyard/report/explain.h"
#include "steelyard/report/format.h"
#include "steelyard/report/sections.h"
#include "steelyard/report/words_prose.h"
#include "steelyard/report/words_terms.h"

namespace steelyard {
namespace {

const PercentileFigure* p99_of(const Summary& s) {
  for (const PercentileFigure& figure : s.latency_ns.percentiles)
    if (figure.p == 99) return &figure;
  return nullptr;
}

std::string band(const Context& c, const std::optional<double>& low,
                 const std::optional<double>& high, std::string (*text)(double)) {
  if (!low || !high) return "";
  return c.say(kTerms.band, {{"range", range(*low, *high, text)}});
}

// What stands in small print under a figure.
std::vector<std::string> details_of(const Context& c, const Column& column, Metric metric) {
  const Summary& s = *column.main;
  std::vector<std::string> out;
  const auto add = [&](std::string text) {
    if (!text.empty()) out.push_back(std::move(text));
  };
  switch (metric) {
    case Metric::mean:
    case Metric::median:
      if (const auto& ci = interval_of(column, metric); ci && s.provenance != Provenance::simulated)
        add(c.say(kTerms.interval_short, {{"range", range(ci->low, ci->high, duration)}}));
      break;
    case Metric::p99: {
      const auto* figure = p99_of(s);
      if (figure->upper_ns) add(c.say(kTerms.upper, {{"value", duration(*figure->upper_ns)}}));
      break;
    }
    case Metric::rmse:
      if (s.accuracy.skill) {
        add(c.say(kTerms.skill_cell, {{"value", signed_percent(100 * *s.accuracy.skill)}}));
      }
      if (s.accuracy.reason) add(clause(*s.accuracy.reason, c.language));
      break;
    case Metric::utilisation:
      add(band(c, s.utilisation.low_percent, s.utilisation.high_percent, percent));
      break;
    case Metric::power:
      add(band(c, s.power.low_watts, s.power.high_watts, watts));
      add(c.say(kTerms.boundary_cell, {{"where", boundary_name(s.power.boundary, c.language)}}));
      break;
    case Metric::total_energy:
      if (s.energy.dynamic_joules_per_query) {
        add(c.say(kTerms.dynamic_cell, {{"value", joules(*s.energy.dynamic_joules_per_query)}}));
      }
      break;
    default:
      break;
  }
  return out;
}

Row metric_row(const Context& c, const ModelView& model, const std::vector<const Column*>& columns,
               Metric metric, std::string label) {
  Row row{std::move(label), {}, note_for(c, model, metric)};
  for (const Column* column : columns) row.cells.push_back(cell_for(c, *column, metric));
  return row;
}

std::string unit_of(const ModelView& model) {
  for (const Column& column : model.columns)
    if (!column.main->accuracy.unit.empty()) return column.main->accuracy.unit;
  return "";
}

// Throughput of the Offline loads, a row for each batch and depth that occurs.
void add_offline_rows(const Context& c, const std::vector<const Column*>& columns, Table& table) {
  std::set<std::pair<int, int>> loads;
  for (const Column* column : columns) {
    for (const Summary* s : column->offline) {
      const auto& offline = std::get<Offline>(s->scenario);
      loads.insert({offline.batch, offline.in_flight});
    }
  }
  for (const auto& [batch, depth] : loads) {
    Row row{c.say(depth == 1 ? kTerms.offline : kTerms.offline_deep,
                  {{"batch", std::to_string(batch)}, {"depth", std::to_string(depth)}}),
            {},
            c.say(kNotes.batch)};
    for (const Column* column : columns) {
      const auto at =
          std::find_if(column->offline.begin(), column->offline.end(), [&](const Summary* s) {
            const auto& offline = std::get<Offline>(s->scenario);
            return offline.batch == batch && offline.in_flight == depth && s->throughput_per_second;
          });
      if (at != column->offline.end()) {
        row.cells.push_back({per_second(*(*at)->throughput_per_second), state_of(*column), {}, ""});
      } else {
        row.cells.push_back({"", State::missing, {}, c.say(kNotes.no_batch)});
      }
    }
    table.rows.push_back(std::move(row));
  }
}

Cell load_cell(const Context& c, const Column& column, const Summary& s) {
  if (s.outcome.kind != Outcome::Completed)
    return {"", State::missing, {}, clause(s.outcome.reason, c.language)};
  const RateFigures& rate = s.rate_per_second;
  const bool searched = std::holds_alternative<PeakRate>(s.scenario);
  const PercentileFigure* p99 = p99_of(s);
  if ((searched && !rate.peak) || p99 == nullptr || !p99->ns || !s.throughput_per_second)
    return {"", State::missing, {}, clause(rate.reason.value_or(Reason{}), c.language)};
  Cell cell{searched ? per_second(*rate.peak)
                     : c.say(kTerms.load_cell, {{"p99", duration(*p99->ns)},
                                                {"rate", per_second(*s.throughput_per_second)}}),
            state_of(column),
            {},
            ""};
  if (rate.peak_ci)
    cell.details.push_back(
        c.say(kTerms.interval_short,
              {{"range", range(rate.peak_ci->low, rate.peak_ci->high, per_second)}}));
  if (p99->upper_ns)
    cell.details.push_back(c.say(kTerms.load_bound, {{"upper", duration(*p99->upper_ns)}}));
  else if (p99->reason)
    cell.details.push_back(clause(*p99->reason, c.language));
  if (rate.reason) cell.details.push_back(clause(*rate.reason, c.language));
  if (rate.late_percent && *rate.late_percent > 0)
    cell.details.push_back(
        c.say(kTerms.load_late, {{"percent", significant(*rate.late_percent, 2)}}));
  return cell;
}

// A row for each load besides SingleStream and Offline.
void add_load_rows(const Context& c, const std::vector<const Column*>& columns, Table& table) {
  std::vector<Scenario> loads;
  for (const Column* column : columns)
    for (const Summary* s : column->loads)
      if (std::find(loads.begin(), loads.end(), s->scenario) == loads.end())
        loads.push_back(s->scenario);
  for (const Scenario& load : loads) {
    const bool searched = std::holds_alternative<PeakRate>(load);
    Row row{name_of(load, c.language), {}, c.say(searched ? kNotes.peak : kNotes.load)};
    for (const Column* column : columns) {
      const auto at = std::find_if(column->loads.begin(), column->loads.end(),
                                   [&](const Summary* s) { return s->scenario == load; });
      row.cells.push_back(at != column->loads.end()
                              ? load_cell(c, *column, **at)
                              : Cell{"", State::missing, {}, c.say(kNotes.no_load)});
    }
    table.rows.push_back(std::move(row));
  }
}

void add_verdict_rows(const Context& c, const std::vector<const Column*>& columns, Table& table) {
  Row trust{c.say(kTerms.trust), {}, ""},
      outputs{c.say(kTerms.correctness), {}, c.say(kNotes.outputs)};
  bool stable = true, wrong = false;
  for (const Column* column : columns) {
    const Summary& s = *column->main;
    stable = stable && s.trust.kind == "STABLE";
    wrong = wrong || column->wrong();
    trust.cells.push_back({trust_name(s.trust.kind, c.language), state_of(*column), {}, ""});
    Cell cell{correctness_name(s.correctness.kind, c.language), state_of(*column), {}, ""};
    if (s.correctness.reason) cell.details.push_back(clause(*s.correctness.reason, c.language));
    outputs.cells.push_back(std::move(cell));
  }
  trust.note = c.say(stable ? kNotes.trust_fine : kNotes.trust_look);
  if (wrong) outputs.note += " " + c.say(kNotes.outputs_wrong);
  table.rows.push_back(std::move(trust));
  table.rows.push_back(std::move(outputs));
}

Heading heading_of(const Context& c, const Column& column) {
  const Summary& s = *column.main;
  Heading heading{c.name(column), {s.spec}, state_of(column)};
  if (!s.host.empty()) heading.details.push_back(s.host);
  return heading;
}

Table key_figures(const Context& c, const ModelView& model,
                  const std::vector<const Column*>& columns) {
  Table table{c.say(kTerms.comparison, {{"model", model.title}}),
              c.say(kTerms.metric),
              {},
              {},
              c.say(kTerms.note),
              true};
  for (const Column* column : columns) table.columns.push_back(heading_of(c, *column));
  const auto add = [&](Metric metric, std::string label) {
    table.rows.push_back(metric_row(c, model, columns, metric, std::move(label)));
  };
  add(Metric::mean, c.say(kTerms.mean_latency));
  add(Metric::throughput, c.say(kTerms.throughput));
  add(Metric::rmse, c.say(kTerms.rmse, {{"unit", unit_name(unit_of(model), c.language)}}));
  add(Metric::utilisation, c.say(kTerms.utilisation));
  add(Metric::power, c.say(kTerms.power));
  add(Metric::median, c.say(kTerms.median));
  add(Metric::p99, c.say(kTerms.p99));
  add(Metric::total_energy, c.say(kTerms.total_energy));
  add_offline_rows(c, columns, table);
  add_load_rows(c, columns, table);
  add_verdict_rows(c, columns, table);
  return table;
}

Table left_out(const Context& c, const std::vector<const Column*>& columns) {
  Table table{c.say(kTerms.left_out), c.say(kTerms.device), {}, {}, "", false};
  table.columns = {{c.say(kTerms.outcome), {}, State::plain},
                   {c.say(kTerms.reason), {}, State::plain},
                   {c.say(kTerms.hint), {}, State::plain}};
  for (const Column* column : columns) {
    const Outcome& outcome = column->main->outcome;
    const std::string name = c.name(*column);
    table.rows.push_back({name == column->main->spec ? name : name + " · " + column->main->spec,
                          {{name_of(outcome.kind, c.language), State::not_run, {}, ""},
                           {explain(outcome.reason, c.language), State::plain, {}, ""},
                           {outcome.hint.empty() ? "-" : outcome.hint, State::plain, {}, ""}},
                          ""});
  }
  return table;
}

}  // namespace

State state_of(const Column& column) {
  if (!column.completed()) return State::not_run;
  switch (column.main->provenance) {
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

Cell cell_for(const Context& c, const Column& column, Metric metric) {
  if (const auto value = value_of(column, metric)) {
    return {text_of(*value, metric, column, c.language), state_of(column),
            details_of(c, column, metric), ""};
  }
  return {"", State::missing, {}, clause(why_missing(column, metric), c.language)};
}

Section comparison_section(const Context& c, const ModelView& model) {
  Section section{"model", c.say(kTerms.comparison, {{"model", model.title}}), 2, {}};
  std::vector<const Column*> done, rest;
  for (const Column& column : model.columns) (column.completed() ? done : rest).push_back(&column);
  if (!done.empty()) section.parts.push_back(key_figures(c, model, done));
  if (!rest.empty()) section.parts.push_back(left_out(c, rest));
  return section;
}

}  // namespace steelyard

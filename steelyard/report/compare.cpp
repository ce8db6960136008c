// SPDX-License-Identifier: Apache-2.0
// A comparison for people: one table, and below it what the table alone would hide. Pure.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "steelyard/report/explain.h"
#include "steelyard/report/format.h"
#include "steelyard/report/report.h"
#include "steelyard/report/sections.h"
#include "steelyard/report/text_layout.h"
#include "steelyard/report/words_compare.h"

namespace steelyard {
namespace {

constexpr std::size_t kColumns = 7;
using Line = std::array<std::string, kColumns>;

const Phrase& metric_phrase(std::string_view metric) {
  if (metric == "latency.p50") return kCompare.p50;
  if (metric == "latency.p99") return kCompare.p99;
  if (metric == "latency.mean") return kCompare.mean;
  if (metric == "throughput") return kCompare.throughput;
  return metric == "energy" ? kCompare.energy : kCompare.rmse;
}

const Phrase& verdict_phrase(std::string_view verdict) {
  if (verdict == "BETTER") return kCompare.better;
  if (verdict == "WORSE") return kCompare.worse;
  return verdict == "SAME" ? kCompare.same : kCompare.ambiguous;
}

std::string value_text(std::string_view metric, std::optional<double> value, Language language) {
  if (!value) return fill(kCompare.none, language);
  if (metric == "throughput") return per_second(*value);
  if (metric == "energy") return joules(*value);
  return metric == "rmse" ? quantity(*value) : duration(*value);
}

struct Told {
  const Comparison& comparison;
  Language language;
  std::vector<Line> lines;
  std::vector<std::string> notes;

  std::string say(const Phrase& phrase, Values values = {}) const {
    return fill(phrase, language, values);
  }

  // Apart from other cases as much as is needed.
  std::string device_of(const CaseComparison& c) const {
    std::string text = c.spec;
    for (const Setting& setting : c.settings) text += " " + setting.key + "=" + setting.value;
    const bool several =
        std::any_of(comparison.cases.begin(), comparison.cases.end(),
                    [&](const CaseComparison& other) { return other.model_a != c.model_a; });
    if (several) text = c.model_a + " · " + text;
    const bool loads =
        std::any_of(comparison.cases.begin(), comparison.cases.end(),
                    [&](const CaseComparison& other) { return !(other.scenario == c.scenario); });
    if (loads) text += " · " + name_of(c.scenario, language);
    return text;
  }

  std::string limit_of(const MetricComparison& m) const {
    if (!m.gate_percent) return "";
    const Phrase& phrase = m.gate == "PASS"   ? kCompare.pass
                           : m.gate == "FAIL" ? kCompare.fail
                                              : kCompare.undecided;
    return say(phrase, {{"percent", fmt::format("{:g}", *m.gate_percent)}});
  }

  void add_metric(const CaseComparison& c, const MetricComparison& m) {
    const std::string device = device_of(c), name = say(metric_phrase(m.metric));
    Line line{device,
              name,
              value_text(m.metric, m.a, language),
              value_text(m.metric, m.b, language),
              "",
              say(verdict_phrase(m.verdict)),
              limit_of(m)};
    if (m.ratio) {
      line[4] = decimal(*m.ratio, 3);
      if (m.level != "exact")
        line[4] += " (" + decimal(*m.low, 3) + ".." + decimal(*m.high, 3) + ")";
    }
    lines.push_back(std::move(line));
    if (m.reason && !m.ratio && m.gate_percent)
      notes.push_back(
          say(kCompare.missing,
              {{"device", device}, {"metric", name}, {"reason", clause(*m.reason, language)}}));
    if (m.verdict != "AMBIGUOUS" || m.gate == "PASS" || !m.ratio) return;
    const bool asked = m.gate == "UNDECIDED";
    if (!asked) return;
    const Phrase& advice = m.level == "blocks"                  ? kCompare.more_processes
                           : m.longer && *m.longer <= kHopeless ? kCompare.longer
                                                                : kCompare.at_the_limit;
    if (m.longer && *m.longer <= kHopeless && m.level != "blocks")
      notes.push_back(say(
          advice, {{"device", device}, {"metric", name}, {"times", significant(*m.longer, 2)}}));
    else
      notes.push_back(say(advice, {{"device", device}, {"metric", name}}));
  }

  void add_case(const CaseComparison& c) {
    const std::string device = device_of(c);
    if (c.lost) {
      const bool there = !c.model_b.empty();
      notes.push_back(say(kCompare.lost, {{"device", device},
                                          {"a", comparison.name_a},
                                          {"b", comparison.name_b},
                                          {"reason", there ? clause(c.outcome_b.reason, language)
                                                           : say(kCompare.not_there)}}));
    } else if (c.outcome_a.kind != Outcome::Completed) {
      notes.push_back(say(kCompare.not_compared, {{"device", device}, {"a", comparison.name_a}}));
    }
    if (c.correctness_b == "WRONG")
      notes.push_back(say(kCompare.wrong, {{"device", device}, {"b", comparison.name_b}}));
    if (c.metrics.empty()) return;
    for (const MetricComparison& m : c.metrics) add_metric(c, m);
    if (std::any_of(c.metrics.begin(), c.metrics.end(),
                    [](const MetricComparison& m) { return m.level == "blocks"; }))
      notes.push_back(say(kCompare.one_process, {{"device", device}}));
    if (c.trust_a != "STABLE" || c.trust_b != "STABLE")
      notes.push_back(say(kCompare.untrusted, {{"device", device},
                                               {"a", comparison.name_a},
                                               {"trust_a", trust_name(c.trust_a, language)},
                                               {"b", comparison.name_b},
                                               {"trust_b", trust_name(c.trust_b, language)}}));
  }

  void add_all() {
    bool gated = false, simulated = false;
    std::vector<std::string> changed;
    for (const CaseComparison& c : comparison.cases) {
      add_case(c);
      simulated = simulated || c.provenance == Provenance::simulated;
      for (const std::string& what : c.differing)
        if (std::find(changed.begin(), changed.end(), what) == changed.end())
          changed.push_back(what);
      for (const MetricComparison& m : c.metrics) gated = gated || m.gate_percent;
    }
    if (!changed.empty())
      notes.push_back(say(kCompare.unpaired, {{"list", join(changed, language)}}));
    if (simulated) notes.push_back(say(kCompare.simulated));
    if (!gated) notes.push_back(say(kCompare.usual));
  }

  static constexpr double kHopeless = 100;
};

Line heading_of(const Told& told) {
  return {told.say(kCompare.device), told.say(kCompare.metric), told.comparison.name_a,
          told.comparison.name_b,    told.say(kCompare.ratio),  told.say(kCompare.verdict),
          told.say(kCompare.limit)};
}

// A device once, its metrics below it, so that the lines fit 80 columns.
std::string terminal(const Told& told, const RenderOptions& options) {
  const Line heading = heading_of(told);
  std::array<int, kColumns> width{};
  for (std::size_t i = 1; i < kColumns; ++i) {
    width[i] = display_width(heading[i]);
    for (const Line& line : told.lines) width[i] = std::max(width[i], display_width(line[i]));
  }
  const auto row = [&](const Line& line) {
    std::string text;
    for (std::size_t i = 1; i < kColumns; ++i)
      text +=
          "  " + (i >= 2 && i <= 3 ? pad_left(line[i], width[i]) : pad_right(line[i], width[i]));
    while (text.ends_with(' ')) text.pop_back();
    return text + "\n";
  };
  std::string out =
      told.say(kCompare.title, {{"a", told.comparison.name_a}, {"b", told.comparison.name_b}}) +
      "\n";
  if (!told.lines.empty()) out += "\n" + row(heading);
  std::string device;
  for (const Line& line : told.lines) {
    if (line[0] != device) out += (device = line[0]) + "\n";
    out += row(line);
  }
  if (!told.notes.empty()) out += "\n";
  for (const std::string& note : told.notes) {
    bool first = true;
    for (const std::string& piece : wrap(note, std::max(40, options.columns) - 2)) {
      out += (first ? "- " : "  ") + piece + "\n";
      first = false;
    }
  }
  return out;
}

Document document_of(const Told& told) {
  Document document;
  document.language = told.language;
  document.title =
      told.say(kCompare.title, {{"a", told.comparison.name_a}, {"b", told.comparison.name_b}});
  Section section;
  section.id = "compare";
  section.title = document.title;
  Table table;
  const Line heading = heading_of(told);
  table.caption = document.title;
  table.corner = heading[0];
  table.numeric = false;
  for (std::size_t i = 1; i < kColumns; ++i)
    table.columns.push_back({heading[i], {}, State::plain});
  for (const Line& line : told.lines) {
    Row row{line[0], {}, ""};
    for (std::size_t i = 1; i < kColumns; ++i) row.cells.push_back({line[i], State::plain, {}, ""});
    table.rows.push_back(std::move(row));
  }
  if (!table.rows.empty()) section.parts.push_back(std::move(table));
  Bullets bullets;
  for (const std::string& note : told.notes) bullets.items.push_back({"", {{note, {}}}});
  if (!bullets.items.empty()) section.parts.push_back(std::move(bullets));
  document.sections.push_back(std::move(section));
  return document;
}

}  // namespace

std::string render(const Comparison& comparison, const RenderOptions& options) {
  Told told{comparison, options.language, {}, {}};
  told.add_all();
  switch (options.format) {
    case Format::terminal:
      return terminal(told, options);
    case Format::markdown:
      return write_markdown(document_of(told));
    case Format::html:
      return write_html(document_of(told));
    case Format::latex:
      break;  // refused by the command line
  }
  return {};
}

}  // namespace steelyard

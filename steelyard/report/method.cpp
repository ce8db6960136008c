// SPDX-License-Identifier: Apache-2.0
// Method in words, the environment of every campaign, and the commands that reproduce it.
#include <algorithm>
#include <set>

#include "steelyard/report/format.h"
#include "steelyard/report/sections.h"
#include "steelyard/report/words_method.h"
#include "steelyard/report/words_terms.h"

namespace steelyard {
namespace {

Section meanings(const Context& c) {
  Section section{"meanings", c.say(kTerms.meanings), 3, {}};
  const std::pair<const Phrase*, const Phrase*> list[] = {
      {&kTerms.latency_word, &kMethod.latency},
      {&kTerms.percentile, &kMethod.percentiles},
      {&kTerms.throughput, &kMethod.throughput},
      {&kTerms.rmse_plain, &kMethod.rmse},
      {&kTerms.utilisation, &kMethod.utilisation},
      {&kTerms.power, &kMethod.power},
      {&kTerms.energy, &kMethod.energy},
      {&kTerms.trust, &kMethod.trust},
      {&kTerms.correctness, &kMethod.correctness},
      {&kTerms.factor_word, &kMethod.factors},
      {&kTerms.simulated, &kMethod.simulated_value}};
  Bullets bullets;
  for (const auto& [term, meaning] : list)
    bullets.items.push_back({c.say(*term) + ":", {{c.say(*meaning), {}}}});
  section.parts.push_back(std::move(bullets));
  return section;
}

// One campaign on one host.
std::vector<const Summary*> environments(const std::vector<Summary>& summaries) {
  std::vector<const Summary*> out;
  std::set<std::pair<std::string, std::string>> seen;
  for (const Summary& s : summaries)
    if (seen.insert({s.campaign, s.manifest.host}).second) out.push_back(&s);
  return out;
}

Section environment(const Context& c, const std::vector<const Summary*>& campaigns) {
  Section section{"environment", c.say(kTerms.environment), 3, {}};
  for (const Summary* s : campaigns) {
    const Manifest& m = s->manifest;
    Table table{c.say(kTerms.campaign) + " " + s->campaign,
                c.say(kTerms.item),
                {{c.say(kTerms.value), {}, State::plain}},
                {},
                "",
                false};
    const auto add = [&](const Phrase& label, const std::string& value) {
      table.rows.push_back(
          {c.say(label),
           {{value.empty() ? c.say(kTerms.unreadable) : value, State::plain, {}, ""}},
           ""});
    };
    add(kTerms.host, m.host);
    add(kTerms.cpu, m.cpu);
    add(kTerms.cores, m.cores > 0 ? std::to_string(m.cores) : "");
    add(kTerms.kernel, m.kernel);
    add(kTerms.governor, m.governor);
    add(kTerms.boot, m.boot_id);
    add(kTerms.started, m.started_at);
    add(kTerms.effort, s->effort);
    add(kTerms.tool, m.tool_version);
    add(kTerms.build, m.build);
    add(kTerms.command, m.command);
    section.parts.push_back(std::move(table));
  }
  return section;
}

Paragraph harness(const Context& c) {
  Paragraph out;
  for (const Summary* s : c.view.nulls) {
    if (!s->latency_ns.mean || s->outcome.kind != Outcome::Completed) continue;
    if (!std::holds_alternative<SingleStream>(s->scenario)) continue;
    const std::string text =
        c.say(kHow.harness, {{"value", duration(*s->latency_ns.mean)},
                             {"host", s->manifest.host.empty() ? s->host : s->manifest.host}});
    const bool said = std::any_of(out.sentences.begin(), out.sentences.end(),
                                  [&](const Sentence& x) { return x.text == text; });
    if (!said) out.sentences.push_back({text, {s->spec + " latency_ns.mean"}});
  }
  if (out.sentences.empty()) out.sentences.push_back({c.say(kHow.no_harness), {}});
  return out;
}

Paragraph procedure(const Context& c, const std::vector<Summary>& summaries) {
  Paragraph out{"", {{c.say(kHow.worker), {}}, {c.say(kHow.seeds), {}}}};
  std::set<std::string> efforts;
  for (const Summary& s : summaries)
    if (s.outcome.kind == Outcome::Completed && s.backend != "null") efforts.insert(s.effort);
  for (const std::string& effort : efforts) {
    std::uint64_t queries = ~std::uint64_t{0};
    double seconds = 1e300;
    for (const Summary& s : summaries) {
      if (s.effort != effort || s.outcome.kind != Outcome::Completed || s.backend == "null")
        continue;
      queries = std::min(queries, s.queries);
      seconds = std::min(seconds, s.measured_seconds);
    }
    out.sentences.push_back({c.say(kHow.effort, {{"effort", effort.empty() ? "-" : effort},
                                                 {"queries", count(queries)},
                                                 {"seconds", duration(seconds * 1e9)}}),
                             {}});
  }
  return out;
}

Section reproduce(const Context& c, const std::vector<const Summary*>& campaigns) {
  Section section{"reproduce", c.say(kTerms.reproduce), 3, {}};
  std::string text;
  std::vector<std::string> commands;
  for (const Summary* s : campaigns) {
    const std::string& command = s->manifest.command;
    if (!command.empty() && std::find(commands.begin(), commands.end(), command) == commands.end())
      commands.push_back(command);
  }
  text += c.say(commands.empty() ? kHow.no_command : kHow.measure_again) + "\n";
  for (const std::string& command : commands) text += command + "\n";
  text += c.say(kHow.report_again) + "\n";
  text += std::string("steelyard report DB… --lang ") + (c.language == Language::ko ? "ko" : "en") +
          " --format html -o report.html\n";
  section.parts.push_back(Code{std::move(text)});
  return section;
}

}  // namespace

std::vector<Section> method_sections(const Context& c, const std::vector<Summary>& summaries) {
  const auto campaigns = environments(summaries);
  Section head{"method", c.say(kTerms.method), 2, {}};
  head.parts.push_back(procedure(c, summaries));
  head.parts.push_back(harness(c));
  return {std::move(head), meanings(c), environment(c, campaigns), reproduce(c, campaigns)};
}

}  // namespace steelyard

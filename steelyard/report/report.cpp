// SPDX-License-Identifier: Apache-2.0
// From summaries to a document to bytes. Pure.
#include "steelyard/report/report.h"

#include <algorithm>
#include <set>

#include "steelyard/report/explain.h"
#include "steelyard/report/format.h"
#include "steelyard/report/sections.h"
#include "steelyard/report/words_terms.h"

namespace steelyard {
namespace {

// "2026-11-20T09:30:00Z" -> "2026-11-20 09:30 UTC"; anything else as it is.
std::string readable(const std::string& time) {
  if (time.size() != 20 || time[10] != 'T' || time.back() != 'Z') return time;
  return time.substr(0, 10) + " " + time.substr(11, 5) + " UTC";
}

std::string subtitle(const Context& c, const std::vector<Summary>& summaries) {
  std::set<std::string> devices;
  std::size_t cases = 0;
  std::string latest;
  for (const Summary& s : summaries) latest = std::max(latest, s.manifest.started_at);
  for (const ModelView& model : c.view.models) {
    for (const Column& column : model.columns) {
      devices.insert(column.key);
      ++cases;
      for (const Summary* s : column.offline) cases += s != column.main;
    }
  }
  const std::string n = devices.size() == 1
                            ? c.say(kTerms.one_device)
                            : c.say(kTerms.device_count, {{"n", std::to_string(devices.size())}});
  std::string text =
      c.say(kTerms.subtitle,
            {{"devices", n}, {"cases", std::to_string(cases)}, {"when", readable(latest)}});
  while (text.ends_with(' ') || text.ends_with("·"))
    text.resize(text.size() - (text.ends_with(' ') ? 1 : 2));
  return text;
}

// As the report's models are.
std::vector<Advice> in_order(std::vector<Advice> advice, const View& view) {
  const auto place = [&](const Advice& a) {
    return std::find_if(view.models.begin(), view.models.end(), [&](const ModelView& model) {
      return model.columns.front().main->model == a.model;
    });
  };
  std::stable_sort(advice.begin(), advice.end(),
                   [&](const Advice& a, const Advice& b) { return place(a) < place(b); });
  return advice;
}

Document document_of(const std::vector<Summary>& summaries, const RenderOptions& options) {
  const Language language = options.language;
  const View view = arrange(summaries);
  const Context c{view, language};
  Document document;
  document.language = language;
  std::vector<std::string> models;
  for (const ModelView& model : view.models) models.push_back(model.title);
  document.title = models.empty()
                       ? c.say(kTerms.title)
                       : c.say(kTerms.title_models, {{"models", join(models, language)}});
  document.subtitle = subtitle(c, summaries);
  auto& sections = document.sections;
  const auto add = [&](Section section) {
    if (!section.parts.empty()) sections.push_back(std::move(section));
  };
  add(answer_section(c));
  if (view.models.empty()) return document;
  int number = 0;
  for (const ModelView& model : view.models) {
    Section section = comparison_section(c, model);
    section.id += "-" + std::to_string(++number);
    add(std::move(section));
  }
  if (!options.brief) {
    for (Section& section : analysis_sections(c)) sections.push_back(std::move(section));
    add(conclusion_section(c));
    for (Section& section : advice_sections(in_order(options.advice, view), language))
      add(std::move(section));
    add(charts_section(c));
    for (Section& section : details_sections(c)) sections.push_back(std::move(section));
    for (Section& section : method_sections(c, summaries)) sections.push_back(std::move(section));
  }
  document.legend_title = c.say(kTerms.legend);
  document.legend = {{State::measured, c.say(kTerms.measured)},
                     {State::expected, c.say(kTerms.simulated)},
                     {State::imported, c.say(kTerms.imported)},
                     {State::entered, c.say(kTerms.entered)},
                     {State::missing, c.say(kTerms.missing)}};
  document.version = summaries.front().manifest.tool_version;
  return document;
}

}  // namespace

std::string render(const std::vector<Summary>& summaries, const RenderOptions& options) {
  const Document document = document_of(summaries, options);
  switch (options.format) {
    case Format::terminal:
      return write_terminal(document, options.columns, options.colour);
    case Format::markdown:
      return write_markdown(document);
    case Format::html:
      return write_html(document);
    case Format::latex:
      return write_latex(document);
  }
  return {};
}

std::optional<Language> language_from(std::string_view text) {
  const std::string_view name = text.substr(0, text.find_first_of("_.@-"));
  if (name == "ko") return Language::ko;
  if (name == "en" || name == "C" || name == "POSIX") return Language::en;
  return {};
}

std::optional<Format> format_from(std::string_view text) {
  if (text == "terminal") return Format::terminal;
  if (text == "markdown") return Format::markdown;
  if (text == "html") return Format::html;
  if (text == "latex") return Format::latex;
  return {};
}

}  // namespace steelyard

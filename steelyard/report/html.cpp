// SPDX-License-Identifier: Apache-2.0
// A document as one self-contained HTML file: works from disk, in mail, printed, without scripts.
// Everything that comes from a record is escaped. Pure.
#include <cctype>
#include <kainjow/mustache.hpp>

#include "steelyard/report/marks.h"
#include "steelyard/report/page.h"
#include "steelyard/report/sections.h"
#include "steelyard/report/width.h"
#include "steelyard/report/words_terms.h"

namespace steelyard {
namespace {

std::string_view class_of(State state) {
  switch (state) {
    case State::measured:
      return "measured";
    case State::expected:
      return "expected";
    case State::imported:
      return "imported";
    case State::entered:
      return "entered";
    case State::missing:
      return "missing";
    case State::not_run:
      return "not_run";
    case State::plain:
      return "plain";
  }
  return "plain";
}

std::string_view shape_of(State state) {
  switch (state) {
    case State::measured:
      return "●";
    case State::expected:
      return "◇";
    case State::imported:
      return "▲";
    case State::entered:
      return "■";
    case State::missing:
      return "∅";
    case State::not_run:
      return "✕";
    case State::plain:
      return "";
  }
  return "";
}

bool begins_with_unit(std::string_view text) {
  for (const char* unit : {"%", "ns", "µs", "ms", "W", "mW", "J", "mJ", "µJ", "nJ", "kWh", "MiB"})
    if (text.starts_with(unit)) return true;
  return false;
}

// A number stays on one line with its unit.
std::string running(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool between = text[i] == ' ' && i > 0 &&
                         std::isdigit(static_cast<unsigned char>(text[i - 1])) != 0 &&
                         begins_with_unit(text.substr(i + 1));
    out += between ? "\u00A0" : std::string(1, text[i]);
  }
  return escape(out);
}

std::string small(const std::string& text) {
  return "<span class=\"small\">" + running(text) + "</span>";
}

// A name may be broken before its bracket.
std::string breakable(const std::string& name) {
  const auto bracket = name.find('(');
  if (bracket == std::string::npos || bracket == 0) return escape(name);
  return escape(name.substr(0, bracket)) + "<wbr>" + escape(name.substr(bracket));
}

class Writer {
 public:
  Writer(Language language, const std::string& title) : language_(language), title_(title) {}

  std::string operator()(const Paragraph& paragraph) const {
    const bool heading = !paragraph.lead.empty() && paragraph.sentences.size() == 1 &&
                         paragraph.sentences[0].text.starts_with('(');
    return std::string(heading ? "<p class=\"lead\">" : "<p>") + sentences(paragraph) + "</p>\n";
  }
  std::string operator()(const Bullets& bullets) const {
    std::string out = "<ul>\n";
    for (const Paragraph& item : bullets.items)
      out += "<li><span>" + sentences(item) + "</span></li>\n";
    return out + "</ul>\n";
  }
  std::string operator()(const Code& code) const {
    return "<pre tabindex=\"0\"><code>" + escape(code.text) + "</code></pre>\n";
  }
  std::string operator()(const Table& table) const {
    const bool sheet = !table.numeric && table.columns.size() == 1;
    if (!sheet) return scrolled(table);
    return "<details><summary>" + escape(table.caption) + "</summary>\n" + scrolled(table) +
           "</details>\n";
  }
  std::string operator()(const Chart& chart) const {
    return "<figure id=\"" + chart.id + "\">\n<h3>" + escape(chart.title) +
           "</h3>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"" +
           escape(chart.title) + "\">\n" + draw(chart) + "</div>\n<figcaption>" +
           escape(chart.description) + "</figcaption>\n<details><summary>" +
           escape(fill(kTerms.data_behind, language_)) + "</summary>\n" + scrolled(chart.data) +
           "</details>\n</figure>\n";
  }

 private:
  static std::string sentences(const Paragraph& paragraph) {
    std::string out =
        paragraph.lead.empty() ? "" : "<strong>" + escape(paragraph.lead) + "</strong>";
    for (const Sentence& sentence : paragraph.sentences) {
      out += out.empty() ? "" : " ";
      if (sentence.sources.empty()) {
        out += running(sentence.text);
        continue;
      }
      std::string sources;
      for (const std::string& source : sentence.sources)
        sources += (sources.empty() ? "" : "; ") + source;
      out += "<span data-from=\"" + escape(sources) + "\">" + running(sentence.text) + "</span>";
    }
    return out;
  }

  std::string badge(State state) const {
    const std::string word = word_of(state, language_);
    if (word.empty()) return "";
    return "<span class=\"badge " + std::string(class_of(state)) +
           "\"><span class=\"mark\" aria-hidden=\"true\">" + std::string(shape_of(state)) +
           "</span>" + escape(word) + "</span>";
  }

  std::string cell(const Cell& cell) const {
    // Bare, because tables behind charts have hundreds of them.
    if (cell.state == State::plain && cell.details.empty())
      return "<td>" + escape(cell.text) + "</td>";
    std::string out = "<td class=\"" + std::string(class_of(cell.state)) + "\">";
    const std::string shape(shape_of(cell.state)), word = word_of(cell.state, language_);
    if (!shape.empty()) out += "<span class=\"mark\" aria-hidden=\"true\">" + shape + "</span>";
    if (cell.state == State::missing) {
      out += "<b>" + escape(word) + "</b>" + small("(" + cell.reason + ")");
    } else {
      out += "<b>" + escape(cell.text) + "</b>";
      if (!word.empty()) out += "<span class=\"hidden\"> (" + escape(word) + ")</span>";
    }
    for (const std::string& detail : cell.details) out += small(detail);
    return out + "</td>";
  }

  std::string scrolled(const Table& table) const {
    const std::string hide = table.caption == title_ ? " class=\"hidden\"" : "";
    std::string out = "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"" +
                      escape(table.caption) + "\">\n<table class=\"" +
                      (table.numeric ? "numeric" : "text") + "\">\n<caption" + hide + ">" +
                      escape(table.caption) + "</caption>\n<thead><tr><th scope=\"col\">" +
                      escape(table.corner) + "</th>";
    for (const Heading& heading : table.columns) {
      out += "<th scope=\"col\">" + breakable(heading.text);
      for (const std::string& detail : heading.details) out += small(detail);
      out += badge(heading.state) + "</th>";
    }
    if (!table.note_heading.empty())
      out += "<th scope=\"col\" class=\"note\">" + escape(table.note_heading) + "</th>";
    out += "</tr></thead>\n<tbody>\n";
    for (const Row& row : table.rows) {
      out += "<tr><th scope=\"row\">" + escape(row.label) + "</th>";
      for (const Cell& c : row.cells) out += cell(c);
      if (!table.note_heading.empty()) out += "<td class=\"note\">" + escape(row.note) + "</td>";
      out += "</tr>\n";
    }
    return out + "</tbody>\n</table>\n</div>\n";
  }

  Language language_;
  const std::string& title_;
};

std::string legend_of(const Document& document) {
  std::string out = "<ul class=\"legend\" aria-label=\"" + escape(document.legend_title) + "\">\n";
  for (const auto& [state, word] : document.legend) {
    out += "<li><span class=\"badge " + std::string(class_of(state)) +
           "\"><span class=\"mark\" aria-hidden=\"true\">" + std::string(shape_of(state)) +
           "</span>" + escape(word) + "</span></li>\n";
  }
  return out + "</ul>\n";
}

std::string kind_of_section(const std::string& id) { return id.substr(0, id.find('-')); }

}  // namespace

std::string escape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::string_view before = text;
    const char32_t c = next_code_point(text);
    switch (c) {
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '&':
        out += "&amp;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      case 0xFFFD:
        out += "\uFFFD";
        break;
      default:
        if (c >= 0x20 || c == '\n' || c == '\t')
          out += before.substr(0, before.size() - text.size());
    }
  }
  return out;
}

std::string write_html(const Document& document) {
  using kainjow::mustache::data;
  const auto say = [&](const Phrase& phrase, Values values = {}) {
    return fill(phrase, document.language, values);
  };
  data page;
  page.set("language", document.language == Language::ko ? "ko" : "en");
  page.set("title", document.title);
  page.set("subtitle", document.subtitle);
  page.set("style", kStyle);
  page.set("skip", say(kTerms.skip_link));
  page.set("zoom_in", say(kTerms.zoom_in));
  page.set("zoom_out", say(kTerms.zoom_out));
  page.set("contents_title", say(kTerms.contents));
  page.set("footer", say(kTerms.footer, {{"version", document.version}}));
  data contents{data::type::list}, sections{data::type::list};
  bool legend = false;
  for (const Section& section : document.sections) {
    if (section.level == 2) {
      data entry;
      entry.set("id", section.id);
      entry.set("title", section.title);
      contents.push_back(entry);
    }
    std::string body;
    if (section.id.starts_with("model-") && !legend) {
      legend = true;
      body += legend_of(document);
    }
    for (const Part& part : section.parts)
      body += std::visit(Writer(document.language, section.title), part);
    const std::string h = "h" + std::to_string(section.level);
    data entry;
    entry.set("id", section.id);
    entry.set("kind", kind_of_section(section.id));
    entry.set("heading", "<" + h + ">" + escape(section.title) + "</" + h + ">");
    entry.set("body", body);
    sections.push_back(entry);
  }
  page.set("has_contents",
           document.sections.size() > 3 ? data::type::bool_true : data::type::bool_false);
  page.set("contents", contents);
  page.set("sections", sections);
  kainjow::mustache::mustache skeleton(kPage);
  skeleton.set_custom_escape([](const std::string& text) { return escape(text); });
  return skeleton.render(page);
}

}  // namespace steelyard

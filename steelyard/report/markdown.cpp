// SPDX-License-Identifier: Apache-2.0
// A document as GitHub Markdown. Charts become the table of their data. Pure.
#include <cctype>

#include "steelyard/report/marks.h"
#include "steelyard/report/sections.h"

namespace steelyard {
namespace {

// Text that Markdown must not take for markup. Backslashes are enough for GitHub and pandoc.
std::string plain(std::string_view text) {
  const auto word = [&](std::size_t i) {
    return i < text.size() && (std::isalnum(static_cast<unsigned char>(text[i])) != 0 ||
                               static_cast<unsigned char>(text[i]) >= 0x80);
  };
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\n') {
      out += ' ';
      continue;
    }
    const bool inside = c == '_' && i > 0 && word(i - 1) && word(i + 1);  // GRU_Apple
    if (!inside && std::string_view("\\`*_[]<>|").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

std::string cell_text(const Cell& cell, Language language) {
  std::string out = plain(marked(cell, language));
  for (const std::string& detail : cell.details) out += "<br>" + plain(detail);
  return out;
}

std::string table_text(const Table& table, Language language, const std::string& title = {}) {
  std::string out = table.caption == title ? "" : "**" + plain(table.caption) + "**\n\n";
  out += "| " + plain(table.corner);
  for (const Heading& heading : table.columns) {
    out += " | " + plain(heading.text);
    const std::string word = word_of(heading.state, language);
    if (!word.empty()) out += "<br>" + plain(word);
    for (const std::string& detail : heading.details) out += "<br>" + plain(detail);
  }
  if (!table.note_heading.empty()) out += " | " + plain(table.note_heading);
  out += " |\n| :---";
  for (std::size_t i = 0; i < table.columns.size(); ++i)
    out += table.numeric ? " | ---:" : " | :---";
  if (!table.note_heading.empty()) out += " | :---";
  out += " |\n";
  for (const Row& row : table.rows) {
    out += "| " + plain(row.label);
    for (const Cell& cell : row.cells) out += " | " + cell_text(cell, language);
    if (!table.note_heading.empty()) out += " | " + plain(row.note);
    out += " |\n";
  }
  return out + "\n";
}

std::string sentences(const Paragraph& paragraph) {
  std::string out = paragraph.lead.empty() ? "" : "**" + plain(paragraph.lead) + "**";
  for (const Sentence& sentence : paragraph.sentences)
    out += (out.empty() ? "" : " ") + plain(sentence.text);
  return out;
}

struct Writer {
  Language language;
  const std::string& title;
  std::string operator()(const Paragraph& p) const { return sentences(p) + "\n\n"; }
  std::string operator()(const Bullets& bullets) const {
    std::string out;
    for (const Paragraph& item : bullets.items) out += "- " + sentences(item) + "\n";
    return out + "\n";
  }
  std::string operator()(const Table& table) const { return table_text(table, language, title); }
  std::string operator()(const Code& code) const { return "```\n" + code.text + "```\n\n"; }
  std::string operator()(const Chart& chart) const {
    return "### " + plain(chart.title) + "\n\n" + plain(chart.description) + "\n\n" +
           table_text(chart.data, language, chart.title);
  }
};

}  // namespace

std::string write_markdown(const Document& document) {
  std::string out = "# " + plain(document.title) + "\n\n" + plain(document.subtitle) + "\n\n";
  for (const Section& section : document.sections) {
    out += std::string(static_cast<std::size_t>(section.level), '#') + " " + plain(section.title) +
           "\n\n";
    for (const Part& part : section.parts)
      out += std::visit(Writer{document.language, section.title}, part);
  }
  while (out.ends_with("\n\n")) out.pop_back();
  return out;
}

}  // namespace steelyard

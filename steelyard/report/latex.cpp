// SPDX-License-Identifier: Apache-2.0
// The key figures of each model as a LaTeX table (booktabs, threeparttable): metrics against
// devices, notes on boundary, definition and provenance below it. For a document with kotex where
// the language is Korean. Pure.
#include <algorithm>

#include "steelyard/report/marks.h"
#include "steelyard/report/sections.h"
#include "steelyard/report/width.h"

namespace steelyard {
namespace {

// Characters that LaTeX takes for commands, and those that its fonts lack.
std::string tex(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::string_view before = text;
    const char32_t c = next_code_point(text);
    switch (c) {
      case '\\':
        out += "\\textbackslash{}";
        break;
      case '~':
        out += "\\textasciitilde{}";
        break;
      case '^':
        out += "\\textasciicircum{}";
        break;
      case '&':
      case '%':
      case '$':
      case '#':
      case '_':
      case '{':
      case '}':
        out += '\\';
        out += static_cast<char>(c);
        break;
      case 0xB5:
        out += "\\textmu{}";
        break;
      case 0x2013:
        out += "--";
        break;
      case 0x2212:
        out += "$-$";
        break;
      case 0xD7:
        out += "$\\times$";
        break;
      case 0xB7:
        out += "\\textperiodcentered{}";
        break;
      default:
        if (c >= 0x20) out += before.substr(0, before.size() - text.size());
        if (c == '\n') out += ' ';
    }
  }
  return out;
}

// Notes below a table, each once; a mark refers to it.
class Notes {
 public:
  std::string mark(const std::string& note) {
    auto at = std::find(notes_.begin(), notes_.end(), note);
    if (at == notes_.end()) at = notes_.insert(notes_.end(), note);
    return "\\tnote{" + letters(static_cast<std::size_t>(at - notes_.begin())) + "}";
  }
  std::string text() const {
    std::string out;
    for (std::size_t i = 0; i < notes_.size(); ++i)
      out += "  \\item[" + letters(i) + "] " + tex(notes_[i]) + "\n";
    return out;
  }

 private:
  static std::string letters(std::size_t i) {
    std::string out(1, static_cast<char>('a' + i % 26));
    return i < 26 ? out : letters(i / 26 - 1) + out;
  }
  std::vector<std::string> notes_;
};

std::string cell_text(const Cell& cell, Notes& notes, Language language) {
  if (cell.state == State::missing || cell.state == State::not_run)
    return "---" + notes.mark(marked(cell, language));
  std::string out = tex(cell.text);
  for (const std::string& detail : cell.details) out += notes.mark(detail);
  return out;
}

std::string table_text(const Table& table, const std::string& label, Language language) {
  Notes notes;
  std::string head = " ";
  for (const Heading& heading : table.columns) {
    head += " & " + tex(heading.text);
    const std::string word = word_of(heading.state, language);
    if (!word.empty()) head += notes.mark(word);
    for (const std::string& detail : heading.details) head += notes.mark(detail);
  }
  std::string rows;
  for (const Row& row : table.rows) {
    rows += tex(row.label) + (row.note.empty() ? "" : notes.mark(row.note));
    for (const Cell& cell : row.cells) rows += " & " + cell_text(cell, notes, language);
    rows += " \\\\\n";
  }
  return "\\begin{table}\n\\centering\n\\begin{threeparttable}\n\\caption{" + tex(table.caption) +
         "}\\label{" + label + "}\n\\begin{tabular}{l" + std::string(table.columns.size(), 'r') +
         "}\n\\toprule\n" + head + " \\\\\n\\midrule\n" + rows +
         "\\bottomrule\n\\end{tabular}\n\\begin{tablenotes}\\footnotesize\n" + notes.text() +
         "\\end{tablenotes}\n\\end{threeparttable}\n\\end{table}\n";
}

}  // namespace

std::string write_latex(const Document& document) {
  std::string out = "% " + document.title + "\n% Steelyard " + document.version +
                    ". Packages: booktabs, threeparttable, textcomp" +
                    (document.language == Language::ko ? ", kotex" : "") + "\n";
  for (const Section& section : document.sections) {
    if (!section.id.starts_with("model-")) continue;
    for (const Part& part : section.parts)
      if (const auto* table = std::get_if<Table>(&part))
        out += "\n" + table_text(*table, "tab:" + section.id, document.language);
  }
  return out;
}

}  // namespace steelyard

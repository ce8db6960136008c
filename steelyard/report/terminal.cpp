// SPDX-License-Identifier: Apache-2.0
// A document for a terminal of a given width. Wide tables are cut into several; notes and the
// reasons of missing values follow the table. Only ASCII rules and marks, since box drawing is two
// columns wide in some Korean terminals. Pure.
#include <algorithm>
#include <cmath>

#include "steelyard/report/format.h"
#include "steelyard/report/marks.h"
#include "steelyard/report/sections.h"
#include "steelyard/report/text_layout.h"
#include "steelyard/report/words_terms.h"

namespace steelyard {
namespace {

constexpr int kGap = 2;
constexpr int kNarrowest = 13;  // of a column of figures

class Terminal {
 public:
  Terminal(int columns, bool colour, Language language)
      : width_(std::clamp(columns, 40, 200)), colour_(colour), language_(language) {}

  void title(const Document& document) {
    line(styled(document.title, "1"));
    line(styled(document.subtitle, "2"));
  }
  void heading(const Section& section) {
    title_ = section.title;
    line("");
    line(styled(section.title, section.level == 2 ? "1;4" : "1"));
    if (section.level == 2) line(std::string(static_cast<std::size_t>(width_), '-'));
  }

  void operator()(const Paragraph& paragraph) { say("", sentences(paragraph)); }
  void operator()(const Bullets& bullets) {
    for (const Paragraph& item : bullets.items) say("- ", sentences(item));
  }
  void operator()(const Code& code) {
    for (std::size_t at = 0; at < code.text.size();) {
      const auto end = code.text.find('\n', at);
      line("  " + code.text.substr(at, end - at));
      at = end + 1;
    }
  }
  void operator()(const Table& table) {
    line("");
    if (table.caption != title_) line(styled(table.caption, "1"));
    if (table.numeric) {
      figures(table);
    } else if (table.columns.size() == 1) {
      pairs(table);
    } else {
      records(table);
    }
  }
  void operator()(const Chart& chart) {
    if (chart.kind != Chart::distribution) return;
    line("");
    line(styled(chart.title, "1"));
    plot(chart);
    title_ = chart.data.caption;
    (*this)(chart.data);
  }

  void line(std::string_view text) {
    out_ += text;
    while (out_.ends_with(' ')) out_.pop_back();
    out_ += '\n';
  }
  void say(const std::string& first, const std::string& text) {
    const auto indent = static_cast<int>(first.size());
    bool begun = false;
    for (const std::string& piece : wrap(text, width_ - indent)) {
      line((begun ? std::string(first.size(), ' ') : first) + piece);
      begun = true;
    }
  }
  std::string take() { return std::move(out_); }

 private:
  std::string styled(const std::string& text, std::string_view code) const {
    if (!colour_ || code.empty() || text.empty()) return text;
    return "\x1b[" + std::string(code) + "m" + text + "\x1b[0m";
  }
  static std::string_view colour_of(State state) {
    if (state == State::expected) return "33";
    if (state == State::missing || state == State::not_run) return "31";
    return state == State::imported || state == State::entered ? "36" : "";
  }
  static std::string sentences(const Paragraph& paragraph) {
    std::string out = paragraph.lead;
    for (const Sentence& sentence : paragraph.sentences)
      out += (out.empty() ? "" : " ") + sentence.text;
    return out;
  }

  // A reason is said once, however many cells it explains.
  std::string footnote(const std::string& reason) {
    auto at = std::find(footnotes_.begin(), footnotes_.end(), reason);
    if (at == footnotes_.end()) at = footnotes_.insert(footnotes_.end(), reason);
    return "[" + std::to_string(at - footnotes_.begin() + 1) + "]";
  }

  std::vector<std::string> cell_lines(const Cell& cell, int width) {
    std::vector<std::string> lines;
    if (cell.state == State::missing) {
      lines = wrap(word_of(cell.state, language_) + footnote(cell.reason), width);
    } else {
      const char mark = mark_of(cell.state);
      lines = wrap((mark == ' ' ? "" : std::string(1, mark)) + cell.text, width);
    }
    for (const std::string& detail : cell.details)
      for (std::string& piece : wrap(detail, width)) lines.push_back(std::move(piece));
    return lines;
  }

  // One line of the grid: the label's piece, then right-aligned pieces of the cells.
  void grid(int label_width, int cell_width, const std::vector<std::string>& label,
            const std::vector<std::vector<std::string>>& cells,
            const std::vector<std::string_view>& colours) {
    std::size_t height = label.size();
    for (const auto& lines : cells) height = std::max(height, lines.size());
    for (std::size_t i = 0; i < height; ++i) {
      std::string text = pad_right(i < label.size() ? label[i] : "", label_width);
      for (std::size_t k = 0; k < cells.size(); ++k) {
        const std::string piece = i < cells[k].size() ? cells[k][i] : "";
        const std::string padded = pad_left(piece, cell_width);
        text += std::string(kGap, ' ') + styled(padded, i == 0 ? colours[k] : "2");
      }
      line(text);
    }
  }

  void figures(const Table& table) {
    int label_width = display_width(table.corner);
    for (const Row& row : table.rows) label_width = std::max(label_width, display_width(row.label));
    label_width = std::min(label_width, std::max(16, width_ / 4));
    const int room = width_ - label_width;
    const int most = std::max(1, room / (kNarrowest + kGap));
    const int n = static_cast<int>(table.columns.size());
    const int tables = std::max(1, (n + most - 1) / most);
    footnotes_.clear();
    for (int k = 0; k < tables; ++k) {
      const int from = n * k / tables, to = n * (k + 1) / tables;
      if (k > 0) line("");
      slice(table, label_width, std::min(24, room / std::max(1, (n + tables - 1) / tables) - kGap),
            static_cast<std::size_t>(from), static_cast<std::size_t>(to));
    }
    for (std::size_t i = 0; i < footnotes_.size(); ++i)
      say("[" + std::to_string(i + 1) + "] ", footnotes_[i]);
    if (table.note_heading.empty()) return;
    line(styled(table.note_heading, "1"));
    for (const Row& row : table.rows)
      if (!row.note.empty()) say("- ", row.label + ": " + row.note);
  }

  void slice(const Table& table, int label_width, int cell_width, std::size_t from,
             std::size_t to) {
    std::vector<std::vector<std::string>> cells;
    std::vector<std::string_view> colours;
    for (std::size_t k = from; k < to; ++k) {
      const Heading& heading = table.columns[k];
      cells.push_back(wrap(heading.text, cell_width));
      const std::string word = word_of(heading.state, language_);
      if (!word.empty()) {
        const char mark = mark_of(heading.state);
        for (auto& piece : wrap((mark == ' ' ? "" : std::string(1, mark) + " ") + word, cell_width))
          cells.back().push_back(std::move(piece));
      }
      colours.push_back("1");
    }
    grid(label_width, cell_width, {table.corner}, cells, colours);
    line(std::string(
        static_cast<std::size_t>(label_width + static_cast<int>(to - from) * (cell_width + kGap)),
        '-'));
    for (const Row& row : table.rows) {
      cells.clear();
      colours.clear();
      for (std::size_t k = from; k < to && k < row.cells.size(); ++k) {
        cells.push_back(cell_lines(row.cells[k], cell_width));
        colours.push_back(colour_of(row.cells[k].state));
      }
      grid(label_width, cell_width, wrap(row.label, label_width), cells, colours);
    }
  }

  void pairs(const Table& table) {
    int label_width = 0;
    for (const Row& row : table.rows) label_width = std::max(label_width, display_width(row.label));
    label_width = std::min(label_width, width_ / 3);
    for (const Row& row : table.rows) {
      const auto pieces = wrap(row.cells.front().text, width_ - label_width - kGap);
      for (std::size_t i = 0; i < pieces.size(); ++i)
        line(pad_right(i == 0 ? row.label : "", label_width + kGap) + pieces[i]);
    }
  }

  void records(const Table& table) {
    for (const Row& row : table.rows) {
      say("", row.label);
      for (std::size_t k = 0; k < row.cells.size() && k < table.columns.size(); ++k)
        say("  ", table.columns[k].text + ": " + row.cells[k].text);
    }
  }

  // One line a device on a common logarithmic axis.
  void plot(const Chart& chart) {
    double low = 1e300, high = 0;
    for (const Series& s : chart.series) {
      low = std::min(low, s.points.front().first);
      high = std::max(high, s.points.back().first);
    }
    if (!(low > 0) || !(high > low)) return;
    const int cells = width_ - 2;
    const auto at = [&](double x) {
      const double share = std::log(x / low) / std::log(high / low);
      return static_cast<std::size_t>(std::clamp(std::lround(share * (cells - 1)), 0L, cells - 1L));
    };
    const auto reach = [](const Series& s, double share) {
      const auto found = std::find_if(s.points.begin(), s.points.end(),
                                      [&](const auto& p) { return p.second >= share; });
      return found == s.points.end() ? s.points.back().first : found->first;
    };
    for (const Series& s : chart.series) {
      line((s.expected ? "~ " : "") + s.name);
      std::string bar(static_cast<std::size_t>(cells), ' ');
      const std::size_t first = at(s.points.front().first), last = at(s.points.back().first);
      const std::size_t p50 = at(reach(s, 0.5)), p99 = at(reach(s, 0.99));
      for (std::size_t i = first; i <= last; ++i) bar[i] = i <= p99 ? '=' : '.';
      bar[first] = '|';
      bar[last] = '>';
      bar[p99] = '+';
      bar[p50] = 'O';
      line("  " + bar);
    }
    say("  ",
        fill(kTerms.plot_legend, language_, {{"low", duration(low)}, {"high", duration(high)}}));
  }

  int width_;
  bool colour_;
  Language language_;
  std::string out_;
  std::string title_;  // of the section: a caption that repeats it is left out
  std::vector<std::string> footnotes_;
};

}  // namespace

std::string write_terminal(const Document& document, int columns, bool colour) {
  Terminal terminal(columns, colour, document.language);
  terminal.title(document);
  bool marks_told = false;
  for (const Section& section : document.sections) {
    if (section.id.starts_with("details-")) continue;
    terminal.heading(section);
    if (section.id == "details")
      terminal.say("", fill(kTerms.details_elsewhere, document.language));
    if (section.id.starts_with("model-") && !marks_told) {
      marks_told = true;
      const auto word = [&](State state) { return word_of(state, document.language); };
      terminal.say("", fill(kTerms.marks_legend, document.language,
                            {{"measured", word(State::measured)},
                             {"expected", word(State::expected)},
                             {"imported", word(State::imported)},
                             {"entered", word(State::entered)},
                             {"missing", word(State::missing)}}));
    }
    for (const Part& part : section.parts) std::visit(terminal, part);
  }
  return terminal.take();
}

}  // namespace steelyard

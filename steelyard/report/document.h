// SPDX-License-Identifier: Apache-2.0
// A report without a format: what answer.cpp, table.cpp and the others make of the figures, and
// what terminal.cpp, markdown.cpp and html.cpp write. Plain data; all words are already chosen.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "steelyard/report/report.h"

namespace steelyard {

// What a value is, told apart by word and by shape in every format.
enum class State { plain, measured, expected, imported, entered, missing, not_run };

// A value with its birth and, in smaller print, what belongs to it (bound, band, boundary).
struct Cell {
  std::string text;
  State state = State::plain;
  std::vector<std::string> details;
  std::string reason;  // of a missing value: goes behind it in brackets, or into a footnote
};

struct Heading {  // of a column: a device or a word
  std::string text;
  std::vector<std::string> details;
  State state = State::plain;
};

struct Row {
  std::string label;
  std::vector<Cell> cells;
  std::string note;  // only in tables that have notes
};

struct Table {
  std::string caption;
  std::string corner;  // over the row labels
  std::vector<Heading> columns;
  std::vector<Row> rows;
  std::string note_heading;  // empty: the table has no notes
  bool numeric = true;       // cells are right-aligned figures; false: running text
};

// A sentence and the figures it was computed from, e.g. "GRU_Apple native-cpu latency_ns.mean".
struct Sentence {
  std::string text;
  std::vector<std::string> sources;
};
struct Paragraph {
  std::string lead;  // printed strongly before the sentences; may be empty
  std::vector<Sentence> sentences;
};
struct Bullets {
  std::vector<Paragraph> items;
};
struct Code {
  std::string text;  // commands, one a line
};

// Axes and marks of a chart in data units; svg.cpp draws, the others print `data`.
struct Series {
  std::string name;
  int style = 0;  // colour, dash and shape: the same for a device throughout a report
  std::vector<std::pair<double, double>> points;
  std::optional<std::pair<double, double>>
      bound;  // from, to along x at y = 0.99; or a band along y
  bool expected = false;
  std::optional<double> part;  // bars: what of the value is drawn apart, e.g. the idle share
  bool marked = false;         // lines: a shape at every point, because only these were measured
};
struct Mark {
  double x;
  std::string label;
};
struct Span {  // along x
  double from, to;
  std::string label;
};
struct Limit {
  double value;
  std::string label;
};
struct Chart {
  enum Kind { distribution, scatter, bars, lines, stacked } kind = distribution;
  std::string id, title, description;
  std::string x_label, y_label;
  enum Unit { time_ns, power_w, energy_j, plain } x_unit = time_ns, y_unit = plain;
  std::vector<Series> series;
  std::vector<std::string> values;  // bars: the text at each bar's end
  std::optional<double> line;       // bars: a reference, with its label
  std::string line_label;
  std::vector<Mark> marks;                // lines: where they cross, or bend
  bool log_x = true, log_y = true;        // lines
  std::vector<Span> spans;                // lines: phases
  std::vector<std::string> segments;      // stacked: names; a series has one point for each, at x
  std::optional<Limit> x_limit, y_limit;  // scatter: what was asked for
  std::vector<std::pair<double, double>> front;  // scatter: the Pareto front
  std::string front_label;
  Table data;
};

using Part = std::variant<Paragraph, Bullets, Table, Code, Chart>;

struct Section {
  std::string id;
  std::string title;
  int level = 2;
  std::vector<Part> parts;
};

struct Document {
  Language language = Language::en;
  std::string title, subtitle;
  std::vector<Section> sections;
  std::string legend_title;
  std::vector<std::pair<State, std::string>> legend;
  std::string version;
};

}  // namespace steelyard

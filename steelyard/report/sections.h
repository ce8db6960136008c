// SPDX-License-Identifier: Apache-2.0
// The sections of a report, in the order in which they are read. Each is a pure function of the
// arranged figures, in a file of its own name.
#pragma once

#include <vector>

#include "steelyard/report/document.h"
#include "steelyard/report/figures.h"

namespace steelyard {

Section answer_section(const Context&);                          // answer.cpp
Section comparison_section(const Context&, const ModelView&);    // table.cpp: the seed's table
std::string note_for(const Context&, const ModelView&, Metric);  // notes.cpp: 비고
// "A, B는 정의 1, C는 정의 2": what each group of devices means by the figure, or where it is
// measured.
std::string conditions(const Context&, const std::vector<Ranked>&, Metric);
std::vector<Section> analysis_sections(const Context&);  // analysis.cpp
Section conclusion_section(const Context&);              // conclusion.cpp
Section charts_section(const Context&);                  // charts.cpp
std::vector<Section> details_sections(const Context&);   // details.cpp
std::vector<Section> method_sections(const Context&, const std::vector<Summary>&);  // method.cpp

std::vector<Section> advice_sections(const std::vector<Advice>&, Language);  // advice.cpp

// A cell for a figure: its text and birth, or why it is missing.
Cell cell_for(const Context&, const Column&, Metric);
State state_of(const Column&);

// Writers.
std::string write_terminal(const Document&, int columns, bool colour);
std::string write_markdown(const Document&);
std::string write_html(const Document&);
std::string write_latex(const Document&);  // the tables of key figures only
// Inline SVG, coloured by the style sheet of the page.
std::string draw(const Chart&);
// < > & " ' as entities; characters that XML forbids are dropped.
std::string escape(std::string_view);

}  // namespace steelyard

// SPDX-License-Identifier: Apache-2.0
// What the four parts of the analysis share: one paragraph on one model, sentence by sentence, each
// with the figures it was computed from. Pure.
#pragma once

#include <string>
#include <vector>

#include "steelyard/report/document.h"
#include "steelyard/report/figures.h"

namespace steelyard {

// The first model is told in full; the others name themselves and leave out what would be repeated.
struct Telling {
  bool named = false;
  bool full = true;
};

class Talk {
 public:
  Talk(const Context&, const ModelView&, Telling);

  void add(const Phrase&, Values, const std::vector<Ranked>& from = {}, Metric = Metric::mean);
  // One item a device, in order: "{device} {value}" and whatever else the phrase asks for.
  std::vector<std::string> items(const std::vector<Ranked>&, const Phrase& item, Metric) const;
  // Why the first completed device has no such figure.
  std::string reason(Metric) const;
  Paragraph take() { return std::move(paragraph_); }

 private:
  const Context& c_;
  const ModelView& model_;
  Paragraph paragraph_;
};

Paragraph speed_of(const Context&, const ModelView&, Telling);       // analysis.cpp
Paragraph accuracy_of(const Context&, const ModelView&, Telling);    // analysis_accuracy.cpp
Paragraph resources_of(const Context&, const ModelView&, Telling);   // analysis_cost.cpp
Paragraph efficiency_of(const Context&, const ModelView&, Telling);  // analysis_cost.cpp

}  // namespace steelyard

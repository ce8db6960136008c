// SPDX-License-Identifier: Apache-2.0
// What the parts of an advice share: its words, and how its figures are written. Pure.
#pragma once

#include <optional>
#include <string>

#include "steelyard/record/advice.h"
#include "steelyard/report/document.h"
#include "steelyard/report/words.h"

namespace steelyard {

// As a person would type it: limits are given, not measured.
std::string given(double value);
std::string rate_text(double rate);

struct AdviceTold {
  const Advice& advice;
  Language language;

  std::string say(const Phrase& phrase, Values values = {}) const {
    return fill(phrase, language, values);
  }
  const std::string& name(std::size_t i) const { return advice.candidates[i].name; }
  // Where the figure is in the published JSON: "GRU_Apple native-cpu advice.ranges".
  std::string source(std::size_t i, const std::string& field) const;
  std::string money(double value) const;
  std::string text(double value, const std::string& unit) const;  // a check's figure
};

// advice_turns.cpp: why not, what to relax, where the choice turns, what to measure next.
Bullets why_not(const AdviceTold&);
Bullets what_to_relax(const AdviceTold&);
Bullets turning_points(const AdviceTold&);
void add_needs(const AdviceTold&, Section&);
// advice_chart.cpp: what each system needs a day over the rate, by energy or cost.
std::optional<Chart> limits_chart(const AdviceTold&);  // latency against power, with the limits
std::optional<Chart> rate_chart(const AdviceTold&, const std::string& by);

}  // namespace steelyard

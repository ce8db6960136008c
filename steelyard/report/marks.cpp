// SPDX-License-Identifier: Apache-2.0
// Where a value was born, told by word and by shape. Pure.
#include "steelyard/report/marks.h"

#include "steelyard/report/explain.h"
#include "steelyard/report/words_terms.h"

namespace steelyard {

std::string word_of(State state, Language language) {
  switch (state) {
    case State::measured:
      return name_of(Provenance::measured, language);
    case State::expected:
      return name_of(Provenance::simulated, language);
    case State::imported:
      return name_of(Provenance::imported, language);
    case State::entered:
      return name_of(Provenance::entered, language);
    case State::missing:
      return fill(kTerms.missing, language);
    case State::plain:
    case State::not_run:
      return "";
  }
  return "";
}

char mark_of(State state) {
  switch (state) {
    case State::expected:
      return '~';
    case State::imported:
      return '^';
    case State::entered:
      return '#';
    case State::missing:
      return '-';
    case State::measured:
    case State::plain:
    case State::not_run:
      return ' ';
  }
  return ' ';
}

std::string marked(const Cell& cell, Language language) {
  if (cell.state == State::missing)
    return fill(kTerms.missing_because, language, {{"reason", cell.reason}});
  const bool told = cell.state == State::expected || cell.state == State::imported ||
                    cell.state == State::entered;
  return told ? cell.text + " · " + word_of(cell.state, language) : cell.text;
}

}  // namespace steelyard

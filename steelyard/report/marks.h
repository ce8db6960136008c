// SPDX-License-Identifier: Apache-2.0
// Where a value was born, told by word and by shape, in every format. Pure.
#pragma once

#include <string>

#include "steelyard/report/document.h"

namespace steelyard {

// "실측", "expected (simulated)", ...; empty for plain.
std::string word_of(State, Language);
// One ASCII character for tables where words do not fit: ' ' measured, '~' expected, '^' imported,
// '#' entered, '-' missing.
char mark_of(State);
// The cell in one piece: "1.326 ms", "1.326 ms · 예상(모의)", "값 없음(사유)".
std::string marked(const Cell&, Language);

}  // namespace steelyard

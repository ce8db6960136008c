// SPDX-License-Identifier: Apache-2.0
// Sentences in two languages and how values are put into them. The sentences themselves are in
// words_*.h, one file a topic. Pure and thread-safe.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "steelyard/report/report.h"

namespace steelyard {

// One sentence or term. Placeholders are {name}; the Korean side may ask for the particle that fits
// the inserted value: {name|은/는}, {name|이/가}, {name|을/를}, {name|과/와}, {name|으로/로}.
struct Phrase {
  std::string_view ko, en;
  consteval Phrase(const char* korean, const char* english) : ko(korean), en(english) {
    if (ko.empty() || en.empty()) throw "a phrase needs both languages";
  }
  constexpr std::string_view in(Language language) const {
    return language == Language::ko ? ko : en;
  }
};

using Values = std::initializer_list<std::pair<std::string_view, std::string>>;

// The phrase with its placeholders replaced. Inserted text is not looked into again. A placeholder
// without a value is a bug of ours (assert).
std::string fill(const Phrase&, Language, Values values = {});

// Which of "은/는" and the like follows `word`: the side before the slash after a final consonant.
// A closing bracket at the end is skipped with its content, as it is when reading aloud. Digits and
// Latin letters are judged by how they are read in Korean.
std::string_view particle(std::string_view word, std::string_view pair);

// "a", "a and b", "a, b and c"; "a, b, c" in Korean.
std::string join(const std::vector<std::string>& items, Language);

// Every phrase of the room, for tests.
std::vector<Phrase> all_phrases();

}  // namespace steelyard

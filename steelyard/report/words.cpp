// SPDX-License-Identifier: Apache-2.0
// Filling phrases in, and the Korean particles that depend on the inserted word. Pure.
#include "steelyard/report/words.h"

#include <array>
#include <bit>
#include <cassert>
#include <cctype>

#include "steelyard/report/width.h"
#include "steelyard/report/words_advise.h"
#include "steelyard/report/words_charts.h"
#include "steelyard/report/words_compare.h"
#include "steelyard/report/words_method.h"
#include "steelyard/report/words_prose.h"
#include "steelyard/report/words_reasons.h"
#include "steelyard/report/words_terms.h"

namespace steelyard {
namespace {

enum class Final { vowel, consonant, rieul };  // 으로/로 treats ㄹ as a vowel

Final final_of_digit(char32_t digit) {
  switch (digit) {  // 영 일 이 삼 사 오 육 칠 팔 구
    case '1':
    case '7':
    case '8':
      return Final::rieul;
    case '0':
    case '3':
    case '6':
      return Final::consonant;
    default:
      return Final::vowel;
  }
}

// Capital letters are read by name (엘, 엠, 엔, 알); words in small letters roughly as they sound:
// "Runtime" 런타임, "Apple" 애플, "Orin" 오린, "chip" 칩, "board" 보드.
Final final_of_latin(std::string_view word) {
  const char last = word.back();
  if (std::isupper(static_cast<unsigned char>(last))) {
    if (last == 'L' || last == 'R') return Final::rieul;
    return last == 'M' || last == 'N' ? Final::consonant : Final::vowel;
  }
  const char before = word.size() > 1 ? word[word.size() - 2] : ' ';
  const char sound = last == 'e' ? before : last;
  if (sound == 'l') return Final::rieul;
  if (sound == 'm' || sound == 'n') return Final::consonant;
  const bool after_vowel = std::string_view("aeiou").find(before) != std::string_view::npos;
  if (last == 'p' && after_vowel) return Final::consonant;
  if (last == 'k' && (after_vowel || before == 'c')) return Final::consonant;
  if (last == 'g' && before == 'n') return Final::consonant;
  return Final::vowel;
}

Final final_of(std::string_view word) {
  while (word.ends_with(')') && word.rfind('(') != std::string_view::npos && word.rfind('(') > 0)
    word = word.substr(0, word.rfind('('));
  char32_t last = 0;
  std::size_t end = 0;  // just after the last letter or digit
  for (std::string_view rest = word; !rest.empty();) {
    const char32_t c = next_code_point(rest);
    if (c == '%') {  // 퍼센트
      last = 0;
      end = 0;
      continue;
    }
    const bool letter = c >= 0xAC00 ? c <= 0xD7A3 : c < 0x80 && std::isalnum(static_cast<int>(c));
    if (!letter) continue;
    last = c;
    end = word.size() - rest.size();
  }
  if (last >= 0xAC00) {
    const auto final = (last - 0xAC00) % 28;
    return final == 0 ? Final::vowel : final == 8 ? Final::rieul : Final::consonant;
  }
  if (last >= '0' && last <= '9') return final_of_digit(last);
  return last == 0 ? Final::vowel : final_of_latin(word.substr(0, end));
}

template <class Topic>
void append(std::vector<Phrase>& to, const Topic& topic) {
  const auto phrases = std::bit_cast<std::array<Phrase, sizeof(Topic) / sizeof(Phrase)>>(topic);
  to.insert(to.end(), phrases.begin(), phrases.end());
}

}  // namespace

std::string_view particle(std::string_view word, std::string_view pair) {
  const auto slash = pair.find('/');
  assert(slash != std::string_view::npos && "a particle is written as 은/는");
  const std::string_view closed = pair.substr(0, slash), open = pair.substr(slash + 1);
  const Final final = final_of(word);
  if (final == Final::rieul) return closed.starts_with("으로") ? open : closed;
  return final == Final::consonant ? closed : open;
}

std::string fill(const Phrase& phrase, Language language, Values values) {
  std::string_view text = phrase.in(language);
  std::string out;
  for (;;) {
    const auto open = text.find('{');
    out += text.substr(0, open);
    if (open == std::string_view::npos) return out;
    const auto close = text.find('}', open);
    assert(close != std::string_view::npos && "a placeholder is closed");
    const std::string_view inside = text.substr(open + 1, close - open - 1);
    const auto bar = inside.find('|');
    const std::string_view name = inside.substr(0, bar);
    bool found = false;
    for (const auto& [key, value] : values) {
      if (key != name) continue;
      found = true;
      out += value;
      if (bar != std::string_view::npos) out += particle(value, inside.substr(bar + 1));
      break;
    }
    assert(found && "every placeholder of a phrase is given a value");
    (void)found;
    text.remove_prefix(close + 1);
  }
}

std::string join(const std::vector<std::string>& items, Language language) {
  std::string out;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i > 0) out += language == Language::en && i + 1 == items.size() ? " and " : ", ";
    out += items[i];
  }
  return out;
}

std::vector<Phrase> all_phrases() {
  std::vector<Phrase> all;
  append(all, kCharts);
  append(all, kTerms);
  append(all, kAnswer);
  append(all, kNotes);
  append(all, kAnalysis);
  append(all, kConclusion);
  append(all, kReasons);
  append(all, kAdvise);
  append(all, kCompare);
  append(all, kMethod);
  append(all, kHow);
  return all;
}

}  // namespace steelyard

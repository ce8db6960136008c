// SPDX-License-Identifier: Apache-2.0
#include "steelyard/report/words.h"

#include <gtest/gtest.h>

#include <regex>
#include <set>

namespace steelyard {
namespace {

std::set<std::string> placeholders(std::string_view text) {
  static const std::regex pattern(R"(\{([a-z_0-9]+)(\|[^}]*)?\})");
  const std::string copy(text);
  std::set<std::string> out;
  for (std::sregex_iterator at(copy.begin(), copy.end(), pattern), end; at != end; ++at)
    out.insert((*at)[1]);
  return out;
}

// The third column of docs/glossary.md, less what is allowed in a wider word of the first column.
constexpr std::string_view kAvoided[] = {
    "지연시간",  "레이턴시",    "중간값",   "99% 지연", "테일",          "로딩",       "질의",
    "쿼리",      "나이브",      "스킬",     "활용률",   "점유율",        "전력 소비",  "소비전력",
    "대기 전력", "동적 에너지", "kWh/일",   "바운더리", "시뮬레이션 값", "임포트",     "N/A",
    "노이즈",    "불충분",      "하네스",   "틀림",     "더 좋음",       "악화",       "같음",
    "모호함",    "싱글 스트림", "오프라인", "예열",     "케이스",        "매니페스트", "작업자",
    "워커",      "교정",        "게이트",   "페어드",   "듀티",          "초저전력",   "훨씬",
    "압도적"};

TEST(Words, HaveNoAvoidedSpelling) {
  for (const Phrase& phrase : all_phrases())
    for (const std::string_view avoided : kAvoided)
      EXPECT_EQ(phrase.ko.find(avoided), std::string_view::npos) << avoided << " in: " << phrase.ko;
}

TEST(Words, SpeakOfTheParetoFrontAloneAsKyeonggye) {
  for (const Phrase& phrase : all_phrases()) {
    if (phrase.ko.find("경계") != std::string_view::npos) {
      EXPECT_NE(phrase.ko.find("파레토 경계"), std::string_view::npos) << phrase.ko;
    }
  }
}

TEST(Words, SayFpsInBracketsOnly) {
  for (const Phrase& phrase : all_phrases()) {
    const auto at = phrase.ko.find("FPS");
    if (at == std::string_view::npos) continue;
    const auto open = phrase.ko.rfind('(', at), close = phrase.ko.rfind(')', at);
    EXPECT_TRUE(open != std::string_view::npos && (close == std::string_view::npos || close < open))
        << phrase.ko;
  }
}

TEST(Words, AskForTheSameValuesInBothLanguages) {
  for (const Phrase& phrase : all_phrases())
    EXPECT_EQ(placeholders(phrase.ko), placeholders(phrase.en)) << phrase.ko << " / " << phrase.en;
}

TEST(Words, AreManyAndNeverEmpty) {
  EXPECT_GT(all_phrases().size(), 200u);
  for (const Phrase& phrase : all_phrases()) {
    EXPECT_FALSE(phrase.ko.empty());
    EXPECT_FALSE(phrase.en.empty());
  }
}

TEST(Particle, FollowsTheFinalSoundOfTheWord) {
  EXPECT_EQ(particle("장치", "은/는"), "는");
  EXPECT_EQ(particle("값", "은/는"), "은");
  EXPECT_EQ(particle("Hailo-8L", "이/가"), "이");               // 엘
  EXPECT_EQ(particle("RTX 3070 Ti", "이/가"), "가");            // 티아이
  EXPECT_EQ(particle("RTX 3070", "이/가"), "이");               // 공
  EXPECT_EQ(particle("RTX 3070 Ti(TensorRT)", "은/는"), "는");  // the bracket is not read
  EXPECT_EQ(particle("ONNX Runtime", "을/를"), "을");           // 런타임
  EXPECT_EQ(particle("GRU_Apple", "과/와"), "과");              // 애플
  EXPECT_EQ(particle("native-cpu", "은/는"), "는");             // 시피유
  EXPECT_EQ(particle("Xeon 8481C", "이/가"), "가");             // 시
}

TEST(Particle, TreatsRieulAsAVowelBeforeRo) {
  EXPECT_EQ(particle("서울", "으로/로"), "로");
  EXPECT_EQ(particle("int8", "으로/로"), "로");  // 팔
  EXPECT_EQ(particle("시그널 11", "으로/로"), "로");
  EXPECT_EQ(particle("값", "으로/로"), "으로");
  EXPECT_EQ(particle("1.30 %", "으로/로"), "로");  // 퍼센트
  EXPECT_EQ(particle("1.326 ms", "으로/로"), "로");
  EXPECT_EQ(particle("68.3 W", "이/가"), "가");
}

TEST(Fill, PutsValuesAndParticlesIn) {
  static constexpr Phrase phrase{"{who|이/가} {what|을/를} 봄", "{who} sees {what}"};
  EXPECT_EQ(fill(phrase, Language::ko, {{"who", "Hailo-8L"}, {"what", "값"}}),
            "Hailo-8L이 값을 봄");
  EXPECT_EQ(fill(phrase, Language::en, {{"who", "A"}, {"what", "{who}"}}), "A sees {who}");
}

TEST(Join, ReadsAsAListInEachLanguage) {
  EXPECT_EQ(join({"a"}, Language::en), "a");
  EXPECT_EQ(join({"a", "b", "c"}, Language::en), "a, b and c");
  EXPECT_EQ(join({"a", "b", "c"}, Language::ko), "a, b, c");
}

}  // namespace
}  // namespace steelyard

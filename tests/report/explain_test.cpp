// SPDX-License-Identifier: Apache-2.0
#include "steelyard/report/explain.h"

#include <gtest/gtest.h>

#include <set>

namespace steelyard {
namespace {

constexpr int kCodes = 64;  // more than there are

std::vector<ReasonCode> all_codes() {
  std::vector<ReasonCode> out;
  for (int i = 0; i < kCodes; ++i) {
    const auto code = static_cast<ReasonCode>(i);
    if (i > static_cast<int>(ReasonCode::another_graph)) break;
    out.push_back(code);
  }
  return out;
}

TEST(Explain, HasItsOwnWordsForEveryCodeInBothLanguages) {
  for (const Language language : {Language::ko, Language::en}) {
    std::set<std::string> sentences;
    for (const ReasonCode code : all_codes()) {
      const std::string sentence = explain({code, {}, ""}, language);
      EXPECT_TRUE(sentences.insert(sentence).second) << sentence;
      EXPECT_TRUE(sentence.ends_with('.') || sentence.ends_with('?')) << sentence;
      EXPECT_EQ(sentence.find('{'), std::string::npos) << sentence;
    }
  }
}

TEST(Explain, PutsTheNumbersOfTheReasonIn) {
  const Reason few{ReasonCode::too_few_queries, {{"n", 50, ""}, {"needed", 662, ""}}, ""};
  EXPECT_EQ(explain(few, Language::ko), "추론 요청 50회로는 부족하며 662회 이상 필요함.");
  EXPECT_EQ(explain(few, Language::en), "50 queries are too few, at least 662 are needed.");
  EXPECT_EQ(explain({ReasonCode::crashed, {{"signal", 11, ""}}, "last words"}, Language::ko),
            "측정 프로세스가 시그널 11로 비정상 종료됨: last words.");
}

TEST(Explain, QuotesVendorTextOnOneBoundedLine) {
  const std::string text = explain(
      {ReasonCode::error, {}, "first\n\x1b[31msecond" + std::string(1000, 'x')}, Language::en);
  EXPECT_EQ(text.find('\n'), std::string::npos);
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_LT(text.size(), 400u);
}

TEST(Explain, DoesNotCutAHangulSyllableInHalf) {
  std::string quoted = "x";
  for (int i = 0; i < 400; ++i) quoted += "값";
  const std::string text = explain({ReasonCode::error, {}, quoted}, Language::ko);
  EXPECT_EQ(text.find("\uFFFD"), std::string::npos);
  EXPECT_NE(text.find("값 …"), std::string::npos);
}

TEST(Explain, NamesAMissingFigureInTheReadersLanguage) {
  EXPECT_EQ(explain({ReasonCode::not_reported, {}, "memory"}, Language::ko),
            "런타임이 메모리를 보고하지 않음.");
  EXPECT_EQ(explain({ReasonCode::not_reported, {}, "utilisation"}, Language::en),
            "The runtime does not report utilisation.");
}

TEST(Names, KnowTheDefinitionsThatStatsAndProfilesWrite) {
  EXPECT_EQ(definition_name("CPU time of the measuring process / wall time; 100 % = one core",
                            Language::ko),
            "측정 프로세스의 CPU 시간 비율(코어 1개 = 100 %)");
  EXPECT_EQ(definition_name("a vendor's own words", Language::ko), "a vendor's own words");
  EXPECT_EQ(boundary_name("module", Language::ko), "모듈");
  EXPECT_EQ(boundary_name("rail 3", Language::ko), "rail 3");
}

}  // namespace
}  // namespace steelyard

// SPDX-License-Identifier: Apache-2.0
#include "steelyard/report/width.h"

#include <gtest/gtest.h>

#include "steelyard/report/report.h"
#include "steelyard/report/text_layout.h"

namespace steelyard {
namespace {

TEST(DisplayWidth, CountsHangulAsTwo) {
  EXPECT_EQ(display_width("abc"), 3);
  EXPECT_EQ(display_width("지연 시간"), 9);
  EXPECT_EQ(display_width("µs · ±0.5 – 1×"), 14);
  EXPECT_EQ(display_width("漢字かな"), 8);
  EXPECT_EQ(display_width("ｆｕｌｌ"), 8);
  EXPECT_EQ(display_width(""), 0);
}

TEST(DisplayWidth, CountsCombiningMarksAsNothing) {
  EXPECT_EQ(display_width("e\u0301"), 1);
  EXPECT_EQ(display_width("\u1112\u1161\u11AB"), 2);  // 한 in conjoining letters
}

TEST(DisplayWidth, SurvivesBrokenBytes) {
  EXPECT_EQ(display_width("\xff\xfe"), 2);
  EXPECT_EQ(display_width("\xea\xb0"), 2);
}

TEST(Wrap, KeepsEveryLineWithinItsWidth) {
  const std::string text =
      "평균 지연 시간은 Xeon 8481C(ONNX Runtime)보다 6.36배 짧고 "
      "averyveryveryverylongwordwithoutspaces 입니다.";
  for (int width = 2; width < 60; ++width)
    for (const std::string& line : wrap(text, width)) EXPECT_LE(display_width(line), width) << line;
}

TEST(Wrap, LosesNothingButSpaces) {
  const std::string text =
      "소비 전력은 68.3 W(45.5–102 W)이며 RTX 3070 Ti(TensorRT)에서 가장 높습니다.";
  const auto without_spaces = [](std::string s) {
    std::erase(s, ' ');
    return s;
  };
  for (int width = 4; width < 90; ++width) {
    std::string joined;
    for (const std::string& line : wrap(text, width)) joined += line;
    EXPECT_EQ(without_spaces(joined), without_spaces(text));
  }
}

TEST(Wrap, KeepsANumberWithItsUnit) {
  EXPECT_EQ(wrap("값은 99.8 %", 9), (std::vector<std::string>{"값은", "99.8 %"}));
  EXPECT_EQ(wrap("3 models", 7), (std::vector<std::string>{"3", "models"}));
}

TEST(Wrap, BreaksADeviceNameBeforeItsBracket) {
  EXPECT_EQ(wrap("573,537–973,083", 14), (std::vector<std::string>{"573,537–", "973,083"}));
  EXPECT_EQ(wrap("RTX 3070 Ti(TensorRT)", 13),
            (std::vector<std::string>{"RTX 3070 Ti", "(TensorRT)"}));
}

TEST(Pad, CountsColumnsNotBytes) {
  EXPECT_EQ(pad_left("시간", 6), "  시간");
  EXPECT_EQ(pad_right("시간", 6), "시간  ");
  EXPECT_EQ(pad_left("too wide", 3), "too wide");
}

}  // namespace
}  // namespace steelyard

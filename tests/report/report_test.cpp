// SPDX-License-Identifier: Apache-2.0
// What a report says and does not say, for campaigns of every shape.
#include "steelyard/report/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <regex>

#include "tests/report/fixture.h"

namespace steelyard {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr Format kFormats[] = {Format::terminal, Format::markdown, Format::html};
constexpr Language kLanguages[] = {Language::ko, Language::en};

std::string shown(const std::vector<Summary>& summaries, Language language, Format format) {
  RenderOptions options;
  options.language = language;
  options.format = format;
  return render(summaries, options);
}

std::string korean(const std::vector<Summary>& summaries) {
  return shown(summaries, Language::ko, Format::markdown);
}

// The summaries of GRU_Apple on the five devices.
std::vector<Summary> five() {
  std::vector<Summary> all;
  add_fixture_model(all, "GRU_Apple", 1);
  return all;
}

std::string section(const std::string& markdown, const std::string& heading) {
  const auto from = markdown.find("\n## " + heading);
  EXPECT_NE(from, std::string::npos) << heading;
  return markdown.substr(from, markdown.find("\n## ", from + 4) - from);
}

TEST(Report, BeginsWithTheAnswerThenTheSeedsTableOfGruApple) {
  const std::string text = korean(fixture());  // LSTM_Apple comes first in the input
  const std::vector<std::string> order = {"## 요약",
                                          "## 주요 성능 지표 비교: GRU_Apple",
                                          "| 평균 지연 시간",
                                          "| 처리량",
                                          "| 평균제곱근오차",
                                          "| 사용률",
                                          "| 소비 전력",
                                          "## 주요 성능 지표 비교: LSTM_Apple",
                                          "## 분석",
                                          "추론 속도",
                                          "정확도",
                                          "자원 사용률",
                                          "전력 효율성",
                                          "## 결론 및 사용 사례",
                                          "## 그래프",
                                          "## 모델·장치별 상세",
                                          "## 측정 방법과 재현",
                                          "### 재현 명령"};
  std::size_t at = 0;
  for (const std::string& next : order) {
    const auto found = text.find(next, at);
    ASSERT_NE(found, std::string::npos) << next;
    at = found;
  }
}

TEST(Report, AnswersInThreeSentences) {
  const std::string answer = section(korean(fixture()), "요약");
  int items = 0;
  for (std::size_t at = answer.find("\n- "); at != std::string::npos;
       at = answer.find("\n- ", at + 1))
    ++items;
  EXPECT_EQ(items, 3);
  EXPECT_THAT(answer, AllOf(HasSubstr("가장 빠른 장치는 Xeon 8481C(Steelyard)로"),
                            HasSubstr("실측 1.199 µs"), HasSubstr("예상(모의) 1.52 W"),
                            HasSubstr("단순 예측(내일=오늘)은 2.298달러")));
}

TEST(Report, TellsExpectedCellsFromMeasuredOnesByWord) {
  const std::string text = korean(five());
  EXPECT_THAT(text, HasSubstr("| 1.199 µs |"));
  EXPECT_THAT(text, HasSubstr("| 71.68 µs · 예상(모의) |"));
  EXPECT_THAT(shown(five(), Language::ko, Format::terminal), HasSubstr("~71.68 µs"));
  EXPECT_THAT(shown(five(), Language::en, Format::html),
              HasSubstr("71.68 µs</b><span class=\"hidden\"> (expected (simulated))</span>"));
}

TEST(Report, GivesAMissingValueItsReason) {
  for (const Format format : kFormats) {
    const std::string text = shown(five(), Language::ko, format);
    EXPECT_THAT(text, HasSubstr("값 없음"));
    EXPECT_THAT(text, HasSubstr("이 장치에서 읽을 수 있는 센서가 없음"));
    EXPECT_THAT(text, Not(HasSubstr("N/A")));
  }
}

TEST(Report, ShowsFailedAndSkippedDevicesWithReasonAndWayOut) {
  for (const Language language : kLanguages) {
    for (const Format format : kFormats) {
      const std::string text = shown(fixture(), language, format);
      EXPECT_THAT(text, HasSubstr("openvino:cpu"));
      EXPECT_THAT(text, HasSubstr("hailort:0"));
      EXPECT_THAT(text, HasSubstr("libhailort.so.4"));
      EXPECT_THAT(text, HasSubstr("Install HailoRT"));
    }
  }
}

TEST(Report, LetsAMeasuredRowReplaceTheExpectedOneAndSaysSo) {
  auto all = five();
  Summary card = measured_row({"GRU_Apple", "tensorrt:0", "tensorrt", "NVIDIA GeForce RTX 3070 Ti",
                               "TensorRT 10.3", 69'000, 0.1, 2.307, 5e-7},
                              12);
  card.power = {};
  card.power.watts = 70;
  card.power.idle_watts = 28;
  card.power.boundary = "board";
  all.push_back(card);
  const std::string text = korean(all);
  EXPECT_THAT(text, Not(HasSubstr("71.68 µs")));
  EXPECT_THAT(text, HasSubstr("simulated:rtx-3070-ti+tensorrt의 예상(모의) 값은"));
  EXPECT_THAT(text, HasSubstr("185.2 µs · 예상(모의)"));  // the other runtime is still expected
}

TEST(Report, GivesNoRankToWrongOutputs) {
  auto all = five();
  all[0].correctness = {
      "WRONG",
      Reason{ReasonCode::outputs_differ, {{"error", 0.5, ""}, {"tolerance", 1e-4, ""}}, ""}};
  const std::string text = korean(all);
  EXPECT_THAT(section(text, "요약"), AllOf(HasSubstr("가장 빠른 장치는 Xeon 8481C(ONNX Runtime)"),
                                           HasSubstr("출력 불일치")));
  EXPECT_THAT(text, HasSubstr("출력 불일치: 결과를 쓸 수 없음"));
}

TEST(Report, NeverComparesUnlikeBoundariesOrDefinitions) {
  const std::string table = section(korean(five()), "주요 성능 지표 비교: GRU_Apple");
  EXPECT_THAT(table,
              HasSubstr("직접 비교 불가: RTX 3070 Ti(TensorRT), RTX 3070 Ti(ONNX Runtime)는 SM"));
  EXPECT_THAT(table, HasSubstr("측정 지점이 달라 직접 비교 불가: Hailo-8L은 모듈"));
  auto alike = five();
  alike[4].power.boundary = alike[4].energy.boundary = "board";
  EXPECT_THAT(
      section(korean(alike), "주요 성능 지표 비교: GRU_Apple"),
      HasSubstr("Hailo-8L이 RTX 3070 Ti(ONNX Runtime)보다 40.3배, RTX 3070 Ti(TensorRT)보다 "
                "44.9배 적음(예상(모의) 기준)"));
}

TEST(Report, KeepsTwoHostsApart) {
  auto all = five();
  Summary pi = measured_row({"GRU_Apple", "native-cpu", "native-cpu", "Cortex-A76",
                             "Steelyard engine 0.1.0 (NEON)", 4000, 0.2, 2.307, 4e-7},
                            99);
  pi.host = pi.manifest.host = "pi5";
  pi.campaign = "0123456789abcdef";
  all.push_back(pi);
  Summary twin = all[0];
  twin.host = twin.manifest.host = "twin";
  all.push_back(twin);
  const std::string text = korean(all);
  EXPECT_THAT(text, AllOf(HasSubstr("Cortex-A76"), HasSubstr("Xeon 8481C(Steelyard, bench)"),
                          HasSubstr("Xeon 8481C(Steelyard, twin)"),
                          HasSubstr("측정 캠페인 0123456789abcdef")));
}

TEST(Report, ShowsTheLatestOfRepeatedResultsAndSaysSo) {
  auto all = five();
  Summary again = all[0];
  again.manifest.started_at = "2026-11-21T09:30:00Z";
  again.latency_ns = fixture_latency(2000, 0.1);
  all.push_back(again);
  const std::string text = korean(all);
  EXPECT_THAT(text, HasSubstr("| 2.016 µs |"));
  EXPECT_THAT(text, Not(HasSubstr("1.199 µs")));
  EXPECT_THAT(text, HasSubstr("이전 결과 1개 생략"));
}

TEST(Report, PrefersAnOldResultToANewFailure) {
  auto all = five();
  Summary broken = all[0];
  broken.manifest.started_at = "2026-11-21T09:30:00Z";
  broken.outcome = {Outcome::Failed, {ReasonCode::timed_out, {{"seconds", 60, "s"}}, ""}, ""};
  all.push_back(broken);
  EXPECT_THAT(korean(all), HasSubstr("| 1.199 µs |"));
}

TEST(Report, DoesNotListTheHarnessAsADevice) {
  const std::string text = korean(fixture());
  EXPECT_THAT(text, Not(HasSubstr("| null")));
  EXPECT_THAT(text, HasSubstr("null 백엔드의 요청 하나가 52.25 ns 걸립니다"));
}

TEST(Report, HasAllFormatsForAnyInput) {
  std::vector<std::vector<Summary>> inputs = {{}, {fixture_null()}, {five()[0]}, {five()[4]}};
  Summary failed = five()[0];
  failed.outcome = {Outcome::Failed, {ReasonCode::interrupted, {}, ""}, ""};
  inputs.push_back({failed});
  Summary bare;
  bare.model = "m";
  bare.spec = "x:0";
  bare.backend = "x";
  inputs.push_back({bare});
  Summary offline = five()[0];
  offline.scenario = Offline{16, 2};
  inputs.push_back({offline});
  Summary strange = five()[0];
  strange.latency_ns.mean = std::numeric_limits<double>::quiet_NaN();
  strange.accuracy.rmse = std::numeric_limits<double>::infinity();
  strange.throughput_per_second = 0;
  strange.power.watts = -1;
  strange.latency_ns.curve_ns = {0, -1, std::numeric_limits<double>::infinity()};
  inputs.push_back({strange, five()[1]});
  for (const auto& input : inputs) {
    for (const Language language : kLanguages) {
      for (const Format format : kFormats) {
        const std::string text = shown(input, language, format);
        EXPECT_FALSE(text.empty());
        EXPECT_FALSE(std::regex_search(text, std::regex("\\b(nan|inf)\\b")));
        EXPECT_THAT(text, Not(HasSubstr("{best")));
      }
    }
  }
}

TEST(Report, SaysWhatToDoWhenThereIsNothing) {
  EXPECT_THAT(korean({}), HasSubstr("steelyard run"));
}

TEST(Report, StaysWithinTheTerminalAtAnyNumberOfDevices) {
  std::vector<Summary> many;
  for (int i = 0; i < 13; ++i) {
    Summary s = five()[static_cast<std::size_t>(i % 5)];
    s.spec += "-" + std::to_string(i);
    s.device.name += " no. " + std::to_string(i);
    s.device.stands_for.reset();
    many.push_back(s);
  }
  for (const int columns : {60, 80, 120}) {
    RenderOptions options;
    options.language = Language::ko;
    options.columns = columns;
    const std::string text = render(many, options);
    for (std::size_t at = 0; at < text.size();) {
      const auto end = text.find('\n', at);
      const std::string line = text.substr(at, end - at);
      if (!line.starts_with("  steelyard ")) {
        EXPECT_LE(display_width(line), columns) << line;  // but a command stays whole, to be copied
      }
      at = end + 1;
    }
  }
}

TEST(Report, ColoursTheTerminalOnlyWhenAsked) {
  EXPECT_THAT(shown(fixture(), Language::ko, Format::terminal), Not(HasSubstr("\x1b[")));
  RenderOptions options;
  options.colour = true;
  EXPECT_THAT(render(fixture(), options), HasSubstr("\x1b[33m"));
}

TEST(Report, GivesTheSameBytesTwice) {
  for (const Format format : kFormats)
    EXPECT_EQ(shown(fixture(), Language::ko, format), shown(fixture(), Language::ko, format));
}

TEST(Report, SaysHowSureEnergyIsAndWhoReadIt) {
  auto all = five();
  Summary& s = all.front();
  s.power = {};
  s.power.watts = 4.6;
  s.power.context_idle_watts = 3.7;
  s.power.boundary = s.energy.boundary = "wall";
  s.power.provenance = s.energy.provenance = Provenance::entered;
  s.energy.joules_per_query = 0.002;
  s.energy.low_joules_per_query = 0.0019;
  s.energy.high_joules_per_query = 0.0021;
  s.energy.reason.reset();
  const std::string text = shown(all, Language::en, Format::html);
  EXPECT_THAT(text, AllOf(HasSubstr("Idle power, model loaded"), HasSubstr("3.7"),
                          HasSubstr("entered by hand"), HasSubstr("1.90–2.10\u00a0mJ")));
}

}  // namespace
}  // namespace steelyard

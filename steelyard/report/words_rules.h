// SPDX-License-Identifier: Apache-2.0
// The sentences of the conclusion: strengths, weaknesses and use cases. Which of them a device gets
// is decided by the table of thresholds in conclusion.cpp.
#pragma once

#include "steelyard/report/words.h"

namespace steelyard {

struct ConclusionWords {
  Phrase strengths{"강점:", "Strengths:"};
  Phrase weaknesses{"약점:", "Weaknesses:"};
  Phrase uses{"주요 사용 사례:", "Use cases:"};
  Phrase basis{"{model} 기준, {born}", "on {model}, {born}"};
  Phrase none_strength{"이 비교에서 기준을 넘는 강점이 없습니다.",
                       "nothing above the thresholds of this comparison."};
  Phrase none_weakness{"이 비교에서 기준에 걸리는 약점이 없습니다.",
                       "nothing below the thresholds of this comparison."};
  Phrase none_use{"이 수치만으로 권할 사용 사례가 없습니다.",
                  "none that these figures alone support."};
  // strengths
  Phrase fastest{"평균 지연 시간 {value|으로/로} 비교 대상 중 가장 빠름(그다음의 {factor}배)",
                 "fastest of those compared with a mean of {value} ({factor} times the next)"};
  Phrase fastest_tied{"평균 지연 시간 {value|으로/로} 가장 빠른 장치와 5 % 이내",
                      "mean latency {value}, within 5 % of the fastest"};
  Phrase steady{"p99가 p50의 {factor}배로 지연 시간이 고름",
                "even latency: p99 is {factor} times p50"};
  Phrase busy{"초당 {value}회를 처리함", "answers {value} inferences a second"};
  Phrase frugal{"소비 전력 {value|으로/로} {limit} W 이하", "needs {value}, at most {limit} W"};
  Phrase saver{
      "추론당 총에너지 {value|으로/로} 비교 대상 중 가장 적음(그다음의 1/{factor})",
      "least total energy per inference of those compared, {value} (1/{factor} of the next)"};
  Phrase exact{"FP32 기준 대비 RMSE 차이 {value} 이내", "RMSE within {value} of FP32"};
  Phrase spare{"사용률 {value|으로/로} 다른 작업을 함께 실행할 여유가 있음",
               "utilisation {value}: room for other work beside it"};
  // weaknesses
  Phrase slowest{"평균 지연 시간이 가장 빠른 장치의 {factor}배({value})",
                 "mean latency {factor} times that of the fastest ({value})"};
  Phrase tail{"p99가 p50의 {factor}배로 꼬리 지연 시간이 김",
              "long tail: p99 is {factor} times p50"};
  Phrase hungry{"소비 전력 {value|으로/로} PoE+ 한도인 {limit} W를 넘음",
                "needs {value}, more than the {limit} W of PoE+"};
  Phrase hungrier{"소비 전력이 가장 낮은 장치의 {factor}배({value})",
                  "power {factor} times that of the lowest ({value})"};
  Phrase no_power{"소비 전력 값이 없어 전력 효율성을 판단할 수 없음",
                  "no power figure, so its efficiency cannot be judged"};
  Phrase idle{"유휴 전력 {value|이/가} 소비 전력의 {share}",
              "idles at {value}, {share} of its power"};
  Phrase coarse{"연산 정밀도 {precision|으로/로} 인해 RMSE가 FP32보다 {gap} 큼",
                "RMSE {gap} larger than in FP32 because of {precision}"};
  Phrase slow_start{"첫 추론까지 {value|이/가} 걸림", "takes {value} to its first answer"};
  Phrase unsure{"측정 신뢰도가 '{trust}'임", "trust of the measurement is {trust}"};
  Phrase expected{"예상(모의) 값뿐이므로 실측으로 확인해야 함",
                  "known only as expected (simulated) values: to be confirmed by measurement"};
  Phrase wrong{"출력 불일치: 결과를 쓸 수 없음", "its outputs are WRONG: not usable"};
  // use cases
  Phrase use_trading{
      "p99 {p99}: 100 µs 이내 응답이 필요한 시세 처리와 고속 제어 루프",
      "p99 {p99}: market data and fast control loops that need an answer within 100 µs"};
  Phrase use_realtime{"p99 {p99}: 1 ms 주기의 실시간 제어와 설비 이상 감지",
                      "p99 {p99}: real-time control and fault detection at a period of 1 ms"};
  Phrase use_interactive{
      "p99 {p99}: 10 ms 이내 응답이면 충분한 현장 예측과 대화형 서비스",
      "p99 {p99}: on-site forecasts and interactive services content with 10 ms"};
  Phrase use_server{"초당 {value}회: 수천 개 종목·센서를 한 대에서 처리하는 서버",
                    "{value} a second: one server for thousands of symbols or sensors"};
  Phrase use_gateway{"초당 {value}회: 센서 수백 개를 초당 한 번씩 처리하는 현장 서버",
                     "{value} a second: an on-site server for hundreds of sensors once a second"};
  Phrase use_battery{"{power}: 배터리 또는 PoE로 동작하는 엣지 장치",
                     "{power}: edge devices on a battery or PoE"};
  Phrase use_fanless{"{power}: 팬 없는 산업용 함체", "{power}: a fanless industrial cabinet"};
  Phrase use_desktop{"{power}: 전원과 냉각이 갖춰진 데스크톱·서버",
                     "{power}: desktops and servers with mains and cooling"};
  // last words
  Phrase summary{"요약하자면,", "In short:"};
  Phrase choose_one{"지연 시간과 소비 전력 모두에서 {device|이/가} 앞섭니다({latency}, {power}).",
                    "{device} leads in both latency and power ({latency}, {power})."};
  Phrase choose_two{
      "최저 지연 시간이 필요하고 전력 제약이 없으면 {fast}({latency}), 소비 전력을 낮춰야 하면 "
      "{frugal}({power}, {frugal_latency})를 선택하십시오.",
      "Where latency counts and power does not, choose {fast} ({latency}); where power must be "
      "low, "
      "{frugal} ({power}, {frugal_latency})."};
  Phrase choose_fast{
      "소비 전력을 비교할 수 없으므로 지연 시간만으로는 {fast|이/가} 앞섭니다({latency}).",
      "Power cannot be compared; by latency alone {fast} leads ({latency})."};
  Phrase choose_unknown{"{fast|은/는} 소비 전력 값이 없어 전력 비율은 알 수 없습니다.",
                        "{fast} has no power figure, so the ratio of powers is unknown."};
  Phrase choose_limit{
      "{frugal|은/는} {fast}보다 {slower}배 느리고 소비 전력은 {less}배 적습니다.",
      "{frugal} is {slower} times as slow as {fast} and needs {less} times less power."};
  Phrase choose_boundary{
      "다만 측정 지점이 다르므로({fast} {fast_where}, {frugal} {frugal_where}) 전력 비율은 참고 "
      "값입니다.",
      "The boundaries differ, though ({fast} {fast_where}, {frugal} {frugal_where}), so the ratio "
      "of "
      "powers is a guide only."};
  Phrase choose_expected{
      "{list|은/는} 예상(모의) 값이므로 이 판단은 실측으로 확인해야 합니다.",
      "{list}: expected (simulated), so this judgement has to be confirmed by measurement."};
};
inline constexpr ConclusionWords kConclusion;

}  // namespace steelyard

// SPDX-License-Identifier: Apache-2.0
// What a comparison of two versions says.
#pragma once

#include "steelyard/report/words.h"

namespace steelyard {

struct CompareWords {
  Phrase title{"{a} → {b} 비교", "{a} → {b}"};
  Phrase device{"장치", "device"};
  Phrase metric{"지표", "metric"};
  Phrase ratio{"비율(95 % 신뢰 구간)", "ratio (95 % CI)"};
  Phrase verdict{"판정", "verdict"};
  Phrase limit{"허용 기준", "gate"};
  // metrics
  Phrase p50{"지연 시간 중앙값(p50)", "latency p50"};
  Phrase p99{"지연 시간 p99", "latency p99"};
  Phrase mean{"평균 지연 시간", "latency mean"};
  Phrase throughput{"처리량(추론/초)", "throughput (/s)"};
  Phrase energy{"추론당 에너지", "energy per inference"};
  Phrase rmse{"RMSE", "RMSE"};
  // verdicts
  Phrase better{"개선", "BETTER"};
  Phrase worse{"저하", "WORSE"};
  Phrase same{"동등", "SAME"};
  Phrase ambiguous{"판정 보류", "AMBIGUOUS"};
  Phrase pass{"{percent} % 이내", "PASS ({percent} %)"};
  Phrase fail{"{percent} % 초과", "FAIL ({percent} %)"};
  Phrase undecided{"{percent} %: 판정 보류", "? ({percent} %)"};
  Phrase none{"값 없음", "missing"};
  // below the table
  Phrase unpaired{"짝지은 비교가 아님({list}). 측정 환경의 변화분으로 ±2 %의 편차를 더해 판정함.",
                  "Unpaired ({list}): a spread of 2 % is allowed for what changed meanwhile."};
  Phrase simulated{"예상(모의) 값끼리의 비교이며 실측이 아님.",
                   "Expected (simulated) against expected: nothing here was measured."};
  Phrase one_process{
      "{device}: 측정 프로세스가 3개 미만이라 프로세스 사이의 편차를 2 %로 가정함.",
      "{device}: fewer than 3 processes a side, so a spread of 2 % between processes "
      "is assumed."};
  Phrase lost{"{device}: {a}에서는 완료되었으나 {b}에는 결과가 없음({reason}).",
              "{device}: completed in {a}, lost in {b} ({reason})."};
  Phrase not_there{"측정하지 않음", "not measured"};
  Phrase not_compared{"{device}: {a}에서 완료되지 않아 비교하지 않음.",
                      "{device}: not completed in {a}, so there is nothing to compare."};
  Phrase wrong{"{device}: {b}의 출력 불일치(FP32 기준 출력과의 차이가 허용 차를 넘음).",
               "{device}: the outputs of {b} are WRONG (beyond the tolerance against FP32)."};
  Phrase untrusted{"{device}: 측정 신뢰도 {a} {trust_a}, {b} {trust_b}.",
                   "{device}: trust is {trust_a} in {a}, {trust_b} in {b}."};
  Phrase missing{"{device}, {metric}: {reason}.", "{device}, {metric}: {reason}."};
  Phrase longer{"{device}, {metric}: 약 {times}배 더 오래 측정하면 판정할 수 있을 것으로 보임.",
                "{device}, {metric}: measuring about {times} times as long may decide."};
  Phrase at_the_limit{
      "{device}, {metric}: 차이가 판정 기준과 거의 같아 더 측정해도 판정하기 어려움.",
      "{device}, {metric}: the difference lies at the limit itself, more time will "
      "hardly decide."};
  Phrase more_processes{"{device}, {metric}: 새 측정 프로세스를 3개 이상 사용하면 판정할 수 있음.",
                        "{device}, {metric}: at least 3 fresh processes a side may decide."};
  Phrase usual{"허용 기준을 지정하지 않아 1 %를 넘는 차이만 개선 또는 저하로 판정함.",
               "No gate was given: only what differs by more than 1 % is called."};
};
inline constexpr CompareWords kCompare;

}  // namespace steelyard

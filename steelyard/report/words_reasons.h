// SPDX-License-Identifier: Apache-2.0
// One clause for each ReasonCode: in a cell it stands in brackets, in a list it is a sentence.
#pragma once

#include "steelyard/report/words.h"

namespace steelyard {

struct Reasons {
  Phrase none{"사유가 기록되지 않음", "no reason was recorded"};
  Phrase too_few_queries{"추론 요청 {n}회로는 부족하며 {needed}회 이상 필요함",
                         "{n} queries are too few, at least {needed} are needed"};
  Phrase no_sensor{"이 장치에서 읽을 수 있는 센서가 없음",
                   "no instrument for this was found on this device"};
  Phrase too_few_updates{
      "측정량 부족: 센서 값이 {n}번 갱신되었으며 {needed}번 이상 필요함(부하를 {seconds}초 이상 "
      "유지)",
      "INSUFFICIENT: the instrument gave {n} updates, at least {needed} are needed; keep the load "
      "up for {seconds} s"};
  Phrase sensor_lost{"측정 도중 센서가 응답하지 않음", "the instrument stopped answering midway"};
  Phrase sensor_lags{
      "측정량 부족: 부하가 끝난 뒤에도 에너지의 {percent} %에 해당하는 값이 남아 센서가 "
      "늦음(부하를 "
      "{seconds}초 이상 유지)",
      "INSUFFICIENT: after the load the instrument still showed {percent} % of its energy, so it "
      "lags; keep the load up for {seconds} s"};
  Phrase sensor_phase{
      "측정량 부족: 일부 시간만 보는 센서가 추론 요청의 주기와 맞물려 {percent} % 치우침",
      "INSUFFICIENT: the instrument looks only part of the time and fell into step with the "
      "queries, {percent} % off"};
  Phrase unsteady_idle{"측정량 부족: 유휴 전력이 부하로 늘어난 전력의 {percent} %만큼 흔들림",
                       "INSUFFICIENT: idle power wandered by {percent} % of what the load added"};
  Phrase misaligned{
      "측정량 부족: 전력계 기록과 부하의 상관 계수 {quality|이/가} 기준 {needed_quality}에 못 미침",
      "INSUFFICIENT: the meter's file fits the load with a correlation of {quality}, at least "
      "{needed_quality} is needed"};
  Phrase outside_file{"전력계 기록이 에너지 측정 구간을 모두 포함하지 않음",
                      "the meter's file does not cover the energy pass"};
  Phrase not_in_file{"다른 도구의 파일에 없음", "the other tool's file does not say"};
  Phrase not_reported{"런타임이 {asked|을/를} 보고하지 않음",
                      "the runtime does not report {asked}"};
  Phrase this_value{"이 값", "this"};
  Phrase no_targets{"모델에 입력 윈도 정보가 없어 예측 오차를 계산할 수 없음",
                    "the model carries no window recipe, so there is no prediction error"};
  Phrase incomplete_pass{"시험 윈도 {windows}개 중 {seen}개만 추론함",
                         "the timed run reached only {seen} of {windows} test windows"};
  Phrase no_reference{"FP32 기준 출력을 계산할 수 없음", "no FP32 reference could be computed"};
  Phrase outputs_meaningless{"이 백엔드의 출력에는 의미가 없음",
                             "the outputs of this backend mean nothing"};
  Phrase not_measured{"이 부하에서는 측정하지 않음", "this load does not measure it"};
  Phrase not_built{"이 빌드에 백엔드가 포함되지 않음", "the backend is not in this build"};
  Phrase no_runtime{"런타임 라이브러리를 찾을 수 없음", "the runtime library was not found"};
  Phrase no_device{"장치를 찾을 수 없음", "the device was not found"};
  Phrase unsupported{"이 장치에서 지원하지 않음", "not supported on this device"};
  Phrase error{"오류 발생", "an error occurred"};
  Phrase crashed{"측정 프로세스가 시그널 {signal|으로/로} 비정상 종료됨",
                 "the measuring process crashed with signal {signal}"};
  Phrase exited{"측정 프로세스가 종료 코드 {status}번으로 끝남",
                "the measuring process ended with exit status {status}"};
  Phrase timed_out{"제한 시간 {seconds}초 안에 응답하지 않음", "no answer within {seconds} s"};
  Phrase interrupted{"측정이 끝나기 전에 중단됨", "interrupted before it was complete"};
  Phrase harness_overhead{"측정 도구 오버헤드가 지연 시간의 {percent} %를 차지함",
                          "the harness's own cost is {percent} % of the latency"};
  Phrase drifting{"가장 느린 블록이 가장 빠른 블록보다 {ratio}배 느림",
                  "the slowest block is {ratio} times as slow as the fastest"};
  Phrase modelled{"측정값이 아니라 장치 프로파일에서 계산한 값",
                  "calculated from a device profile, not read from an instrument"};
  Phrase outputs_differ{
      "FP32 기준 출력과의 차이 {error|이/가} 허용 차 {tolerance|을/를} 넘음",
      "the error {error} against the FP32 reference exceeds the tolerance {tolerance}"};
  Phrase bimodal{"지연 시간이 두 무리로 나뉨", "the latencies fall into two groups"};
  Phrase other_load{"측정 중 다른 프로세스가 코어의 {percent} %를 사용함",
                    "other processes used {percent} % of a core meanwhile"};
  Phrase correlated{"앞뒤 추론 요청의 지연 시간이 서로 닮아 {n}회로는 상한을 정할 수 없음",
                    "no bound: correlated, neighbouring queries are too much alike for {n} of them "
                    "to give one"};
  Phrase too_few_blocks{"측정 블록 {n}개로는 판정할 수 없으며 {needed}개 이상 필요함",
                        "{n} blocks cannot tell a difference from chance, at least {needed} are "
                        "needed"};
  Phrase nodes_on_cpu{"노드 {n}개를 장치가 아닌 CPU에서 실행함",
                      "{n} nodes ran on the CPU, not on the device"};
  Phrase sent_late{"추론 요청의 {percent} %를 예정보다 1 ms 넘게 늦게 보냄",
                   "{percent} % of the queries were sent over 1 ms late"};
  Phrase overloaded{"초당 {offered}회를 요청했으나 {answered}회만 처리함",
                    "asked {offered} queries a second, but only {answered} were answered"};
  Phrase no_rate_holds{"어떤 요청률에서도 p99를 {ms} ms 이내로 지키지 못함",
                       "no rate keeps the 99th percentile within {ms} ms"};
  Phrase imprecise{"평균 또는 중앙값의 신뢰 구간이 ±{percent} %로 목표 ±{target} %보다 넓음",
                   "the interval of mean or median is ±{percent} %, wider than the ±{target} % "
                   "asked for"};
  Phrase over_memory{"측정 프로세스가 허용된 메모리 {megabytes} MB를 넘음",
                     "the measuring process needed more than the {megabytes} MB it was allowed"};
  Phrase throttled{"측정 중 클럭이 {times}번 낮아짐",
                   "clocks were lowered {times} times meanwhile"};
  Phrase another_graph{
      "다른 그래프로 만든 파일이며, FP32 기준 RMSE는 이 그래프 {rmse}, 원래 모델 {original}: 그 "
      "차이는 장치의 몫이 아님",
      "made from another graph, whose FP32 RMSE is {rmse} where the model's is {original}: the "
      "difference is not the device's"};
  // around a clause
  Phrase with_quote{"{clause}: {quoted}", "{clause}: {quoted}"};
  Phrase not_completed{"{outcome}: {reason}", "{outcome}: {reason}"};
};
inline constexpr Reasons kReasons;

}  // namespace steelyard

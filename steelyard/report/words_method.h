// SPDX-License-Identifier: Apache-2.0
// What every figure means, in words; docs/method.md has the formulas. In two structs: the meanings,
// and how the campaign was made.
#pragma once

#include "steelyard/report/words.h"

namespace steelyard {

struct MethodWords {
  Phrase latency{
      "추론 요청 하나를 호출 쪽 메모리의 입력에서 호출 쪽 메모리의 출력까지 처리하는 데 걸린 "
      "시간입니다. 런타임 버퍼로 복사하는 시간을 "
      "모든 장치에서 똑같이 포함합니다(호스트 왕복 지연 시간). 시계를 두 번 읽는 사이에 추론 호출 "
      "한 번만 있습니다.",
      "Time of one query from input in the caller's memory to output in the caller's memory. The "
      "copies into and out of "
      "the runtime's buffers are inside, alike for every device (end-to-end latency). Between two "
      "clock reads there is "
      "one inference call and nothing else."};
  Phrase percentiles{
      "pN은 측정한 추론 요청의 N %가 그 시간 이하인 순서 통계량입니다. 신뢰 상한은 99 % 신뢰도로 "
      "참값이 넘지 않는 값이며 MLPerf "
      "LoadGen의 조기 종료 규칙을 이웃한 요청 사이의 상관에 맞춰 적용합니다. p50, p90, p95, p99, "
      "p99.9에는 추론 요청이 각각 11, "
      "64, 130, 662, 6,636회 이상 "
      "있어야 하고, 모자라면 사유를 적습니다.",
      "pN is the order statistic that N % of the queries do not exceed. The upper bound is not "
      "exceeded by the true "
      "value at 99 % confidence, by the early-stopping rule of MLPerf "
      "LoadGen, allowing for queries that resemble their neighbours. For p50, p90, p95, "
      "p99 and p99.9 it "
      "takes 11, 64, 130, 662 and 6,636 queries; below that the reason stands in its place."};
  Phrase throughput{
      "측정 블록의 시간 합계로 나눈, 초당 응답한 입력 윈도 수입니다. 평균 지연 시간의 역수로 "
      "추정하지 않습니다.",
      "Windows answered a second over the measured blocks; not estimated as the inverse of the "
      "mean latency."};
  Phrase rmse{
      "시간 계측 중에 나온 출력을 목표 값의 단위로 되돌려 실제 값과 비교한 평균제곱근오차이며, "
      "시험 윈도마다 한 번만 셉니다. 단순 "
      "예측(내일=오늘)은 마지막으로 알려진 값을 그대로 예측으로 쓰는 것이고, 개선율은 1 − RMSE ÷ "
      "단순 예측 RMSE입니다. 음수이면 "
      "단순 예측보다 나쁩니다.",
      "Root mean square error of the outputs of the timed run, turned back into the target's unit, "
      "against what really "
      "came; each test window counts once. The naive forecast (tomorrow = today) repeats the last "
      "known value; skill is "
      "1 − RMSE ÷ RMSE of the naive forecast, negative where the model is worse."};
  Phrase utilisation{
      "장치마다 정의가 다르므로 값 옆에 정의를 적습니다. GPU는 SM에 실행 중인 워프가 있던 시간의 "
      "비율 또는 커널이 하나라도 실행 중이던 "
      "시간의 비율(NVML), NPU는 전송·대기를 포함한 점유 시간의 비율, CPU는 측정 프로세스가 쓴 CPU "
      "시간의 비율입니다. 정의가 다른 "
      "값은 비교하지 않습니다.",
      "Devices define it differently, so the definition stands beside the value: GPUs count the "
      "time in which their SMs "
      "held a running warp, or any kernel ran (NVML); NPUs the time in which they were occupied, "
      "transfers and waiting "
      "included; CPUs the CPU time of the measuring process. Values of unlike definition are never "
      "compared."};
  Phrase power{
      "측정 지점(칩·모듈·보드·시스템·콘센트)에서 부하가 걸린 동안의 평균입니다. 센서가 없으면 0이 "
      "아니라 '값 없음'과 사유를 "
      "적습니다.",
      "Mean under load at the stated boundary (chip, module, board, system or wall). Without an "
      "instrument the value is "
      "missing, with its reason, never 0."};
  Phrase energy{
      "추론당 총에너지(유휴 포함)는 소비 전력을 시간으로 적분해 추론 수로 나눈 값이고, 추론당 "
      "순에너지(유휴 제외)는 유휴 전력을 뺀 "
      "값입니다. 전성비(추론/J)는 추론당 총에너지의 역수입니다.",
      "Total energy per inference (idle included) is the power integrated over time, divided by "
      "the inferences; dynamic "
      "energy per inference has the idle power taken off. Inferences per joule is the inverse of "
      "the total."};
  Phrase trust{
      "안정은 걸리는 점이 없음, 변동 큼은 블록 사이의 차이나 다른 부하가 큼, 측정량 부족은 추론 "
      "요청이 모자람, 측정 도구 한계는 "
      "오버헤드가 지연 시간의 10 %를 넘음, 스로틀링 발생은 클록이 낮아졌음을 뜻합니다. 가장 나쁜 "
      "판정을 표에, 나머지는 상세에 적습니다.",
      "STABLE: nothing found. NOISY: the blocks differ or others used the machine. INSUFFICIENT: "
      "too few queries. "
      "HARNESS-BOUND: overhead above 10 % of the latency. THROTTLED: clocks were lowered. The "
      "worst is in the table, "
      "all are in the details."};
  Phrase correctness{
      "시간 계측 중의 출력을 같은 모델의 FP32 기준 출력과 비교합니다. 차이가 연산 정밀도의 허용 "
      "차를 넘으면 출력 불일치이고 순위에서 "
      "제외합니다. 빠르지만 맞지 않는 답은 결과가 아닙니다.",
      "Outputs of the timed run against the FP32 reference of the same model. Beyond the "
      "precision's tolerance they are "
      "WRONG and get no rank: a fast wrong answer is not a result."};
  Phrase factors{
      "'몇 배'는 표에 적힌 두 값의 비율입니다. 95 % 신뢰 구간은 측정 프로세스 사이, 프로세스가 "
      "하나이면 블록 사이의 편차에서 계산한 각 "
      "값의 구간을 로그 눈금에서 합친 것입니다. 구간이 1을 포함하면 판정 보류로 적습니다. "
      "예상(모의) 값에는 구간을 적지 않습니다. 모형의 "
      "흔들림은 실제 장치에 대해 아무것도 말해 주지 않기 때문입니다.",
      "A factor is the ratio of the two values in the table. Its 95 % confidence interval "
      "combines, on a log scale, those "
      "of the two values, which come from the spread between measuring processes, or between "
      "blocks where there is one "
      "process. Where it contains 1 the verdict is open. Expected (simulated) values have none: "
      "the noise of a model "
      "says nothing about the device."};
  Phrase simulated_value{
      "예상(모의)은 장치 프로파일(공개된 데이터시트와 측정 결과, 수치마다 출처 기재)에서 계산한 "
      "값입니다. 출력과 RMSE는 그 장치의 연산 "
      "정밀도로 실제 계산합니다. 같은 장치의 실측이 입력에 있으면 실측으로 대체합니다.",
      "Expected (simulated) values are calculated from a device profile (published data sheets and "
      "measurements, the "
      "source of every number in the profile). Outputs and RMSE are really computed at the "
      "device's precision. A "
      "measured result of the same device takes their place."};
};
inline constexpr MethodWords kMethod;

struct HowWords {
  Phrase harness{
      "측정 도구 오버헤드: 아무 계산도 하지 않는 null 백엔드의 요청 하나가 {value} "
      "걸립니다({host}). 표의 값에서 빼지 "
      "않았습니다.",
      "Harness overhead: one query on the null backend, which computes nothing, takes {value} "
      "({host}). It "
      "is not subtracted anywhere."};
  Phrase no_harness{
      "측정 도구 오버헤드: null 백엔드를 함께 측정하지 않아 값이 없습니다. --device null을 더하면 "
      "측정됩니다.",
      "Harness overhead: not measured with these cases; add --device null."};
  Phrase worker{
      "측정 항목마다 별도의 측정 프로세스에서 실행하고, 작업을 블록으로 나누어 모든 항목을 시드로 "
      "정한 무작위 순서로 "
      "번갈아 실행했습니다. 온도나 다른 부하의 변화가 모든 장치에 고르게 나타나게 하기 "
      "위해서입니다.",
      "Every case ran in a process of its own, cut into blocks that alternate with those of the "
      "other cases in "
      "a random order fixed by the seed, so that drift hits every device alike."};
  Phrase seeds{
      "블록 순서와 모의 장치의 난수는 시드로 정해집니다. 명령에 --seed가 없으면 기본값 1입니다.",
      "The order of blocks and the random numbers of simulated devices come from the seed: 1 "
      "unless the "
      "command says --seed."};
  Phrase effort{
      "측정 강도 {effort}: 항목당 추론 요청 {queries}회 이상, 가장 짧게 측정한 항목 {seconds}.",
      "Effort {effort}: at least {queries} queries a case; the shortest case was measured for "
      "{seconds}."};
  Phrase report_again{"# 저장된 결과로 이 보고서를 다시 만들기",
                      "# this report again from the stored results"};
  Phrase measure_again{"# 다시 측정하기", "# measure again"};
  Phrase no_command{"# 측정 명령이 기록되지 않았습니다",
                    "# the measuring command was not recorded"};
};
inline constexpr HowWords kHow;

}  // namespace steelyard

// SPDX-License-Identifier: Apache-2.0
// The sentences that are made from figures: the answer, the notes of the seed's table, the
// analysis. The conclusion's are in words_rules.h.
#pragma once

#include "steelyard/report/words.h"
#include "steelyard/report/words_rules.h"

namespace steelyard {

struct AnswerWords {
  Phrase nothing{"비교할 결과가 없습니다. steelyard run으로 먼저 측정하십시오.",
                 "There is nothing to compare. Measure first with steelyard run."};
  Phrase none_completed{"{model}에서는 끝까지 측정된 장치가 없습니다.",
                        "On {model} no device was measured to the end."};
  Phrase fastest{
      "{model}에서 가장 빠른 장치는 {best|으로/로}, 평균 지연 시간이 {born} {value}이며 그다음인 "
      "{next}의 "
      "{next_born} {next_value}보다 {factor}배 빠릅니다.",
      "On {model} the fastest device is {best} with a mean latency of {value} ({born}), {factor} "
      "times as "
      "fast as the next, {next}, with {next_value} ({next_born})."};
  Phrase fastest_interval{
      "{model}에서 가장 빠른 장치는 {best|으로/로}, 평균 지연 시간이 {born} {value}이며 그다음인 "
      "{next}의 "
      "{next_born} {next_value}보다 {factor}배({interval}) 빠릅니다.",
      "On {model} the fastest device is {best} with a mean latency of {value} ({born}), {factor} "
      "times ({interval}) as fast as the next, {next}, with {next_value} ({next_born})."};
  Phrase fastest_open{
      "{model}에서는 {best}({born} {value})와 {next}({next_born} {next_value})의 평균 지연 시간이 "
      "가장 짧으며, "
      "둘의 차이는 판정 보류입니다({factor}배, {interval}).",
      "On {model} the mean latency is shortest on {best} ({value}, {born}) and {next} "
      "({next_value}, "
      "{next_born}); between the two the verdict is open (factor {factor}, {interval})."};
  Phrase fastest_expected{
      "{model}에서 가장 빠른 장치는 {best|으로/로}, 평균 지연 시간이 {born} {value}이며 실측된 "
      "장치 중에서는 {next|이/가} "
      "{next_value|으로/로} 가장 빠릅니다.",
      "On {model} the fastest device is {best} with a mean latency of {value} ({born}); of those "
      "measured it is {next} "
      "with {next_value}."};
  Phrase only{
      "{model}의 평균 지연 시간은 {best}에서 {born} {value}이며, 비교할 다른 장치의 값은 없습니다.",
      "On {model} the mean latency of {best} is {value} ({born}); there is no other device to "
      "compare."};
  Phrase no_latency{"{model}의 평균 지연 시간 값은 어느 장치에도 없습니다.",
                    "On {model} no device has a mean latency."};
  Phrase least_power{
      "소비 전력 값이 있는 장치 {n}개 중 {best|이/가} {born} {value|으로/로} 가장 낮습니다(측정 "
      "지점: {where}).",
      "Of the {n} devices with a power figure {best} needs least: {value} ({born}; boundary: "
      "{where})."};
  Phrase least_same{
      "소비 전력 값이 있는 장치 {n}개 중 {best|이/가} {born} {value|으로/로} 가장 낮고 추론당 "
      "총에너지도 "
      "{energy|으로/로} 가장 적습니다(측정 지점: {where}).",
      "Of the {n} devices with a power figure {best} needs least, {value} ({born}), and least "
      "total "
      "energy per inference too, {energy} (boundary: {where})."};
  Phrase least_both{
      "소비 전력 값이 있는 장치 {n}개 중 {best|이/가} {born} {value|으로/로} 가장 낮고, 추론당 "
      "총에너지는 "
      "{saver|이/가} {saver_born} {energy|으로/로} 가장 적습니다(측정 지점: {where}).",
      "Of the {n} devices with a power figure {best} needs least, {value} ({born}); the least "
      "total "
      "energy per inference has {saver} with {energy} ({saver_born}; boundary: {where})."};
  Phrase where_unlike{"{best|은/는} {where}, 다른 장치와 달라 직접 비교는 불가",
                      "{where} on {best}, unlike the others, so "
                      "not directly comparable"};
  Phrase no_power{"소비 전력은 어느 장치에서도 값이 없습니다({reason}).",
                  "No device has a power figure ({reason})."};
  Phrase same_error{
      "예측 오차(RMSE)는 모든 장치에서 {value|으로/로} 같고, 단순 예측(내일=오늘)의 {naive}보다 "
      "{gap} "
      "{direction}.",
      "The prediction error (RMSE) is {value} on every device, {gap} {direction} than the naive "
      "forecast "
      "(tomorrow = today), {naive}."};
  Phrase as_naive{
      "예측 오차(RMSE)는 {value|으로/로}, 단순 예측(내일=오늘)의 {naive}와의 차이가 {gap}입니다.",
      "The prediction error (RMSE) is {value}, {gap} away from the naive forecast (tomorrow = "
      "today), {naive}."};
  Phrase one_error{
      "예측 오차(RMSE)는 {value|으로/로}, 단순 예측(내일=오늘)의 {naive}보다 {gap} {direction}.",
      "The prediction error (RMSE) is {value}, {gap} {direction} than the naive forecast (tomorrow "
      "= "
      "today), {naive}."};
  Phrase error_range{
      "예측 오차(RMSE)는 {best}의 {value}에서 {worst}의 {worst_value}까지이며(차이 {gap}), 단순 "
      "예측(내일=오늘)은 {naive}입니다.",
      "The prediction error (RMSE) runs from {value} on {best} to {worst_value} on {worst} ({gap} "
      "apart); the naive forecast (tomorrow = today) has {naive}."};
  Phrase error_without_naive{
      "예측 오차(RMSE)는 {best}의 {value}에서 {worst}의 {worst_value}까지입니다(차이 {gap}).",
      "The prediction error (RMSE) runs from {value} on {best} to {worst_value} on {worst} "
      "({gap} apart)."};
  Phrase no_error{"예측 오차(RMSE)는 어느 장치에서도 값이 없습니다({reason}).",
                  "No device has a prediction error ({reason})."};
  Phrase smaller{"작습니다", "smaller"};
  Phrase larger{"큽니다", "larger"};
  Phrase others_agree{"{models}에서도 가장 빠른 장치는 {best}입니다.",
                      "On {models} too, the fastest device is {best}."};
  Phrase others_differ{"{model}에서는 {best|이/가} {value|으로/로} 가장 빠릅니다.",
                       "On {model} the fastest is {best} with {value}."};
  Phrase expected_lead{"유의:", "Note:"};
  Phrase expected_caveat{
      "{list}의 값은 예상(모의)입니다. 장치 프로파일에서 계산한 것이므로 구매·배치 결정 전에 "
      "실측으로 확인해야 "
      "합니다.",
      "The values of {list} are expected (simulated): calculated from device profiles, to be "
      "confirmed by measurement before anything is bought or deployed."};
  Phrase replaced{
      "{expected}의 예상(모의) 값은 같은 장치의 실측이 있으므로 표시하지 않았습니다({real}).",
      "The expected (simulated) values of {expected} are not shown because the same device was "
      "measured "
      "({real})."};
  Phrase wrong{"{list|은/는} 출력 불일치이므로 순위에서 제외했습니다.",
               "{list}: the outputs are WRONG, so no rank is given."};
  Phrase unsure{
      "{list|은/는} 측정 신뢰도가 '안정'이 아니므로 다른 부하가 없는 상태에서 다시 측정하는 것이 "
      "좋습니다.",
      "{list}: not STABLE; better measured again with nothing else running."};
  Phrase left_out{"{list|은/는} 결과가 없습니다. 사유와 조치는 표 아래에 있습니다.",
                  "{list} gave no result; reason and way out are below the table."};
  Phrase repeated{
      "같은 조건의 결과가 여러 개인 항목은 가장 최근 것을 표시했습니다(이전 결과 {n}개 생략).",
      "Where the same question was answered more than once, the latest answer is shown ({n} "
      "earlier left "
      "out)."};
};
inline constexpr AnswerWords kAnswer;

struct NoteWords {
  Phrase lower{"낮을수록 좋음.", "Lower is better."};
  Phrase higher{"높을수록 좋음.", "Higher is better."};
  Phrase faster{"{best|이/가} {others} 빠름{caveat}.", "{best} is faster than {others}{caveat}."};
  Phrase less{"{best|이/가} {others} 적음{caveat}.", "{best} needs less than {others}{caveat}."};
  Phrase more{"{best|이/가} {others} 높음{caveat}.", "{best} is ahead of {others}{caveat}."};
  Phrase undecided{"{best|과/와} {next} 중 어느 쪽이 나은지 판정 보류({factor}배, {interval}).",
                   "Between {best} and {next} the verdict is open (factor {factor}, {interval})."};
  Phrase than_interval{"{device}보다 {factor}배({interval})",
                       "{device} by a factor of {factor} ({interval})"};
  Phrase than{"{device}보다 {factor}배", "{device} by a factor of {factor}"};
  Phrase equal{"{best|과/와} {next}의 차이 없음{caveat}.", "{best} and {next} are equal{caveat}."};
  Phrase alone{"값이 있는 장치는 {best}뿐임.", "Only {best} has a value."};
  Phrase nobody{"값이 있는 장치가 없음.", "No device has a value."};
  Phrase mixed{"(실측과 예상(모의)의 비교)", " (measured against expected)"};
  Phrase all_expected{"(예상(모의) 기준)", " (all expected)"};
  Phrase tail{"p99/p50은 {best|이/가} {low}배로 가장 작고 {worst|이/가} {high}배로 가장 큼.",
              "p99/p50 is smallest on {best} with {low}, largest on {worst} with {high}."};
  Phrase tail_one{"p99/p50은 {best} {low}배.", "p99/p50: {best} {low}."};
  Phrase error{"단순 예측(내일=오늘) {naive}, 장치 간 최대 차이 {gap}.",
               "Naive forecast (tomorrow = today) {naive}; devices at most {gap} apart."};
  Phrase error_one{"단순 예측(내일=오늘) {naive}.", "Naive forecast (tomorrow = today) {naive}."};
  Phrase error_plain{"장치 간 최대 차이 {gap}.", "Devices at most {gap} apart."};
  Phrase one_definition{"정의: {definition}. 낮을수록 남는 자원이 많음.",
                        "Definition: {definition}. Lower leaves more to spare."};
  Phrase unlike_definitions{"직접 비교 불가: {list}.", "Not comparable: {list}."};
  Phrase definition_of{"{devices|은/는} {condition}", "{devices}: {condition}"};
  Phrase unlike_boundaries{"측정 지점이 달라 직접 비교 불가: {list}.",
                           "Unlike boundaries, not comparable: {list}."};
  Phrase boundary_of{"{devices|은/는} {condition}", "{devices}: {condition}"};
  Phrase trust_fine{"모든 항목이 안정.", "All STABLE."};
  Phrase trust_look{"안정이 아닌 항목의 사유는 상세에 있음.",
                    "Why an item is not STABLE is said in the details."};
  Phrase outputs{"측정 중의 출력을 FP32 기준 출력과 비교함.",
                 "Outputs of the timed run against the FP32 reference."};
  Phrase outputs_wrong{"출력 불일치는 순위에서 제외함.", "WRONG outputs get no rank."};
  Phrase load{"예정 시각부터 잰 지연 시간", "latency from the time at which a query was due"};
  Phrase peak{"클수록 좋음", "higher is better"};
  Phrase no_load{"이 장치는 이 부하로 측정하지 않음",
                 "not measured under this load on this device"};
  Phrase no_batch{"이 장치는 일괄 처리로 측정하지 않음", "not measured Offline on this device"};
  Phrase batch{"한 요청에 입력 윈도 여러 개를 담아 쉬지 않고 보낸 결과.",
               "Several windows a query, sent without a pause."};
};
inline constexpr NoteWords kNotes;

struct AnalysisWords {
  Phrase order{"평균 지연 시간은 {best|이/가} {born} {value|으로/로} 가장 짧고, {others} 순입니다.",
               "The mean latency is shortest on {best} with {value} ({born}), then {others}."};
  Phrase order_item{"{device} {value}({factor}배)", "{device} {value} ({factor} times)"};
  Phrase alone{
      "평균 지연 시간은 {best}에서 {born} {value}이며, 비교할 다른 장치의 값이 없습니다.",
      "The mean latency on {best} is {value} ({born}); there is no other device to compare."};
  Phrase nothing{"값이 있는 장치가 없습니다({reason}).", "No device has a value ({reason})."};
  Phrase throughput{
      "처리량은 {best|이/가} 초당 {value}회로 가장 높고, 가장 낮은 {worst}의 초당 "
      "{worst_value}회보다 "
      "{factor}배 높습니다.",
      "Throughput is highest on {best} with {value} inferences a second, {factor} times that of "
      "the "
      "lowest, {worst}, with {worst_value}."};
  Phrase tail{
      "꼬리 지연 시간을 나타내는 p99/p50 비율은 {best|이/가} {low}배로 가장 작고 {worst|이/가} "
      "{high}배로 가장 큽니다.",
      "The tail, p99 over p50, is smallest on {best} with {low} and largest on {worst} with "
      "{high}."};
  Phrase offline{
      "일괄 처리(배치 {batch})에서는 {best|이/가} 초당 {value}회로 가장 높으며, 같은 장치의 단일 "
      "요청 연속보다 "
      "{factor}배 높습니다.",
      "Offline (batch {batch}) is highest on {best} with {value} inferences a second, {factor} "
      "times that "
      "of SingleStream on the same device."};
  Phrase offline_plain{
      "일괄 처리(배치 {batch})에서는 {best|이/가} 초당 {value}회로 가장 높습니다.",
      "Offline (batch {batch}) is highest on {best} with {value} inferences a second."};
  Phrase rank_expected{
      "이 가운데 {list|은/는} 예상(모의) 값이므로 실측 전에는 순위를 확정할 수 없습니다.",
      "Of these, {list} are expected (simulated), so the order is not final before they are "
      "measured."};
  Phrase rank_one_expected{
      "이 가운데 {list|은/는} 예상(모의) 값이므로 실측 전에는 순위를 확정할 수 없습니다.",
      "Of these, {list} is expected (simulated), so the order is not final before it is measured."};
  // accuracy
  Phrase one_error{"RMSE는 {value}입니다.", "The RMSE is {value}."};
  Phrase same_error{"RMSE는 모든 장치에서 {value|으로/로} 같습니다.",
                    "The RMSE is {value} on every device."};
  Phrase error_range{
      "RMSE는 {best|이/가} {value|으로/로} 가장 작고 {worst|이/가} {worst_value|으로/로} 가장 "
      "크며, 차이는 "
      "{gap}입니다.",
      "The RMSE is smallest on {best} with {value} and largest on {worst} with {worst_value}, "
      "{gap} "
      "apart."};
  Phrase better_than_naive{
      "단순 예측(내일=오늘)의 RMSE {naive}보다 {gap} 작습니다(가장 정확한 장치 기준).",
      "That is {gap} below the naive forecast (tomorrow = today) with {naive}, taking the most "
      "accurate device."};
  Phrase as_naive{
      "단순 예측(내일=오늘)의 RMSE {naive}와의 차이는 {gap}입니다(가장 정확한 장치 기준).",
      "The naive forecast (tomorrow = today) with {naive} is {gap} away, taking the most accurate "
      "device."};
  Phrase worse_than_naive{
      "단순 예측(내일=오늘)의 RMSE {naive}보다 {gap} 크므로, 이 모델은 내일 값을 오늘 값으로 두는 "
      "것보다 "
      "정확하지 않습니다(가장 정확한 장치 기준).",
      "That is {gap} above the naive forecast (tomorrow = today) with {naive}: the model predicts "
      "no better than repeating today's value, taking the most accurate device."};
  Phrase reference{"FP32 기준 출력과의 최대 차이는 {list}입니다.",
                   "The largest error against the FP32 reference: {list}."};
  Phrase reference_item{"{device} {value}", "{device} {value}"};
  Phrase quantised{"{device|은/는} {precision} 연산으로 RMSE가 FP32보다 {gap} {direction}.",
                   "{device} computes in {precision}; its RMSE is {gap} {direction} than in FP32."};
  Phrase quantised_same{
      "{device|은/는} {precision} 연산이지만 RMSE는 FP32와 차이가 {gap}입니다.",
      "{device} computes in {precision}; its RMSE is {gap} away from that in FP32."};
  Phrase wrong{"{device|은/는} 출력 불일치입니다: {reason}.", "{device} is WRONG: {reason}."};
  Phrase variant{
      "{device|은/는} 변형 모델을 실행했으므로 원래 모델과 정확도를 직접 비교할 수 없습니다.",
      "{device} ran a VARIANT of the model, so its accuracy does not compare with the original."};
  // resources
  Phrase use{"사용률은 {list}입니다.", "Utilisation: {list}."};
  Phrase use_item{"{device} {value}", "{device} {value}"};
  Phrase use_unlike{"정의가 서로 다르므로 나란히 비교할 수 없습니다: {list}.",
                    "The definitions differ, so the figures do not compare: {list}."};
  Phrase use_low{
      "{list|은/는} 사용률이 {limit} % 미만이므로 이 모델 하나로는 장치 자원의 대부분이 남습니다.",
      "{list}: below {limit} %, so this model alone leaves most of the device unused."};
  Phrase memory{"메모리 사용량은 {list}입니다.", "Memory: {list}."};
  Phrase memory_item{"{device} {value}(측정 지점: {where})",
                     "{device} {value} (boundary: {where})"};
  // energy
  Phrase power{"소비 전력은 {list}입니다.", "Power: {list}."};
  Phrase power_item{"{device} {born} {value}", "{device} {value} ({born})"};
  Phrase power_item_band{"{device} {born} {value}({range})", "{device} {value} ({born}, {range})"};
  Phrase power_unlike{
      "측정 지점이 서로 다르므로({list}) 값을 나란히 비교할 수 없습니다.",
      "The boundaries differ ({list}), so the figures do not compare side by side."};
  Phrase energy{
      "추론당 총에너지(유휴 포함)는 {best|이/가} {value|으로/로} 가장 적고, {worst}의 "
      "{worst_value}보다 {factor}배 "
      "적습니다.",
      "Total energy per inference (idle included) is least on {best} with {value}, {factor} times "
      "less than "
      "{worst} with {worst_value}."};
  Phrase energy_list{"추론당 총에너지(유휴 포함)는 {list}입니다.",
                     "Total energy per inference (idle included): {list}."};
  Phrase per_joule{"전성비(추론/J, 추론당 총에너지의 역수)로는 {list}입니다.",
                   "In inferences per joule (the inverse of the total energy): {list}."};
  Phrase idle_share{
      "{device|은/는} 유휴 전력 {idle|이/가} 소비 전력의 {share|을/를} 차지하므로, 요청이 뜸할수록 "
      "추론당 "
      "에너지가 늘어납니다.",
      "{device} idles at {idle}, {share} of its power, so its energy per inference grows as "
      "requests "
      "become rare."};
  Phrase without_power{"{list|은/는} 소비 전력 값이 없어 비교에서 제외했습니다({reason}).",
                       "{list}: no power figure, hence not compared ({reason})."};
};
inline constexpr AnalysisWords kAnalysis;

}  // namespace steelyard

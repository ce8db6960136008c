// SPDX-License-Identifier: Apache-2.0
// What the advice says: which system for the job, why not the others, and where the choice turns.
#pragma once

#include "steelyard/report/words.h"

namespace steelyard {

struct AdviseWords {
  Phrase title{"어떤 시스템을 쓸 것인가: {model}", "Which system to use: {model}"};
  Phrase document{"작업에 맞는 시스템", "The system for the job"};
  // the job
  Phrase job{"조건", "The job"};
  Phrase job_none{"조건을 주지 않았으므로 모든 시스템을 비교합니다.",
                  "No constraint was given, so that all systems are compared."};
  Phrase job_list{"{list}.", "{list}."};
  Phrase within_system{"호스트의 유휴 전력을 포함한 시스템 전체 기준",
                       "whole systems, the host's idle power included"};
  Phrase within_device{"장치만의 기준", "devices alone"};
  Phrase c_latency{"p{p} {limit} 이내", "p{p} within {limit}"};
  Phrase c_rate{"초당 {limit}회 이상", "at least {limit}/s"};
  Phrase c_rate_plain{"초당 {rate}회", "{rate}/s"};
  Phrase c_power{"소비 전력 {limit} 이하", "power at most {limit}"};
  Phrase c_loss{"FP32 대비 RMSE 증가 {limit} 이하", "RMSE at most {limit} over FP32"};
  Phrase c_budget{"구입비 {limit} 이하", "hardware at most {limit}"};
  Phrase c_measured{"실측만", "measured only"};
  // the answer
  Phrase answer{"답", "Answer"};
  Phrase winner_cost{"{winner|이/가} 비용이 가장 적습니다: 하루 {value}({born}).",
                     "{winner} costs least: {value} a day ({born})."};
  Phrase winner_energy{"{winner|이/가} 에너지를 가장 적게 씁니다: 하루 {value}({born}).",
                       "{winner} needs the least energy: {value} a day ({born})."};
  Phrase winner_latency{"{winner|이/가} 가장 빠릅니다: p{p} {value}({born}).",
                        "{winner} is fastest: p{p} {value} ({born})."};
  Phrase tie{"다음 시스템은 값의 범위가 겹쳐 순위를 가릴 수 없습니다: {list}.",
             "Their ranges overlap, so that these cannot be told apart: {list}."};
  Phrase count{
      "시스템 {n}개 가운데 {passes}개가 조건을 만족하고, {fails}개는 만족하지 않으며, {open}개는 "
      "판정 보류입니다.",
      "Of {n} systems: {passes} pass, {fails} fail, {open} undecided."};
  Phrase none{"조건을 만족하는 시스템이 없습니다.", "No system passes."};
  Phrase unranked{"조건을 만족하는 시스템이 있으나 순위를 매길 값이 없습니다.",
                  "Systems pass, but the figure to rank them by is missing."};
  Phrase expected{
      "이 답은 예상(모의) 값에 의존하므로 예상 답입니다. 아래의 측정으로 확정할 수 있습니다.",
      "This answer is expected: it stands on simulated figures. The measurement below "
      "would settle it."};
  // the table
  Phrase table{"시스템 비교", "Systems compared"};
  Phrase system{"시스템", "System"};
  Phrase verdict{"판정", "Verdict"};
  Phrase place{"순위", "Place"};
  Phrase latency{"p{p} 지연 시간", "p{p} latency"};
  Phrase capacity{"처리량(추론/초)", "Throughput (/s)"};
  Phrase idle{"유휴 전력", "Idle power"};
  Phrase busy{"쉬지 않을 때 소비 전력", "Power without pause"};
  Phrase at_rate{"초당 {rate}회일 때 소비 전력", "Power at {rate}/s"};
  Phrase marginal{"추론 1회가 더하는 에너지", "Energy that one inference adds"};
  Phrase a_day{"하루 에너지", "Energy per day"};
  Phrase price{"구입비", "Hardware"};
  Phrase cost{"하루 비용", "Cost per day"};
  Phrase passes{"만족", "passes"};
  Phrase fails{"불만족", "fails"};
  Phrase undecided{"판정 보류", "undecided"};
  Phrase front{"파레토 경계", "Pareto front"};
  Phrase tied{"동률", "tie"};
  Phrase no_price{"가격표에 없음", "not in the table of systems"};
  Phrase no_rate{"처리할 수 없는 요청률", "cannot serve the rate"};
  Phrase unranked_cell{"순위 없음", "not ranked"};
  Phrase range{"범위 {range}", "range {range}"};
  // why not
  Phrase why{"만족하지 않는 이유", "Why not"};
  Phrase over{"{system}: {what} {value}, 한도 {limit}의 {factor}배.",
              "{system}: {what} {value}, {factor} times the limit of {limit}."};
  Phrase under{"{system}: {what} {value}, 필요한 {limit}의 {share}.",
               "{system}: {what} {value}, {share} of the {limit} needed."};
  Phrase straddles{
      "{system}: {what} {range} 범위에 한도 {limit|이/가} 들어 있어 판정할 수 없습니다.",
      "{system}: {what} lies within {range}, which holds the limit of {limit}."};
  Phrase unbounded{
      "{system}: {what} {value|은/는} 한도 {limit} 이내이지만 신뢰 상한이 없습니다({reason}).",
      "{system}: {what} {value} is within {limit}, but has no upper bound ({reason})."};
  Phrase unknown{"{system}: {what} 값 없음({reason}).", "{system}: {what} missing ({reason})."};
  Phrase what_rate{"처리량", "throughput"};
  Phrase what_power{"소비 전력", "power"};
  Phrase what_loss{"RMSE 증가", "RMSE over FP32"};
  Phrase what_budget{"구입비", "hardware"};
  Phrase what_outputs{"출력 확인", "outputs"};
  Phrase what_outcome{"측정 결과", "result"};
  Phrase what_provenance{"실측값", "measured figures"};
  Phrase wrong{"{system}: 출력이 FP32 기준 출력과 일치하지 않습니다.",
               "{system}: its outputs differ from the FP32 reference."};
  // where it turns
  Phrase turns{"요청률에 따른 선택", "The choice by request rate"};
  Phrase by_energy{"에너지", "energy"};
  Phrase by_cost{"비용", "cost"};
  Phrase below{"{by}: 초당 {to}회 미만에서는 {winner|이/가} 가장 유리합니다.",
               "By {by}: below {to}/s {winner} wins."};
  Phrase between{"{by}: 초당 {from}회부터 {to}회까지는 {winner|이/가} 가장 유리합니다.",
                 "By {by}: from {from} to {to}/s {winner} wins."};
  Phrase alone{
      "{by}: 초당 {to}회까지는 {winner|이/가} 가장 유리합니다. 그보다 많으면 처리할 수 없습니다.",
      "By {by}: up to {to}/s {winner} wins; beyond that it cannot serve."};
  Phrase last{
      "{by}: 초당 {from}회부터 {to}회까지는 {winner|이/가} 가장 유리합니다. 그보다 많으면 처리할 "
      "수 "
      "없습니다.",
      "By {by}: from {from} to {to}/s {winner} wins; beyond that it cannot serve."};
  Phrase break_even{"{below|과/와} {above}의 손익분기 요청률({by}): 초당 {rate}회{range}.",
                    "Break-even rate of {below} and {above} ({by}): {rate}/s{range}."};
  Phrase break_range{"(범위 {low}–{high})", " (range {low}–{high})"};
  Phrase open_end{"끝없음", "no end"};
  Phrase s_tariff{"전기 요금이 kWh당 {now}에서 {at|으로/로} 바뀌면 {other|이/가} 앞섭니다.",
                  "At {at} per kWh instead of {now}, {other} would be first."};
  Phrase s_years{"사용 기간이 {now}년에서 {at}년으로 바뀌면 {other|이/가} 앞섭니다.",
                 "Over {at} years instead of {now}, {other} would be first."};
  Phrase s_price{"{winner}의 구입비가 {now}에서 {at|으로/로} 오르면 {other|이/가} 앞섭니다.",
                 "If {winner} cost {at} instead of {now}, {other} would be first."};
  Phrase limits_chart{"{model}: 지연 시간과 전력의 한계", "{model}: limits of latency and power"};
  Phrase limits_latency{"p{p} 지연 시간(로그 눈금)", "p{p} latency (log scale)"};
  Phrase limits_watts{"쉬지 않고 일할 때의 전력(로그 눈금)", "power without pause (log scale)"};
  Phrase limit_latency{"목표 지연 시간(SLO) {value}", "service level {value}"};
  Phrase limit_watts{"전력 상한 {value}", "power budget {value}"};
  Phrase limits_desc{
      "두 점선의 왼쪽 아래가 조건을 만족하는 영역입니다. 세로 막대는 전력이 놓일 수 있는 "
      "범위입니다.",
      "Left of and below the dashed lines is what was asked for. Vertical bars are the ranges in "
      "which the power lies."};
  Phrase rate_chart{"요청률에 따른 하루 {by}: {model}", "{by} per day by request rate: {model}"};
  Phrase rate_axis{"초당 요청 수(로그 눈금)", "requests a second (log scale)"};
  Phrase energy_axis{"하루 에너지(kWh, 로그 눈금)", "energy per day (kWh, log scale)"};
  Phrase cost_axis{"하루 비용({currency}, 로그 눈금)", "cost per day ({currency}, log scale)"};
  Phrase energy_noun{"에너지", "Energy"};
  Phrase cost_noun{"비용", "Cost"};
  Phrase rate_desc{
      "각 시스템이 처리할 수 있는 요청률까지 그렸습니다. 세로 점선은 두 시스템의 값이 같아지는 "
      "손익분기 요청률입니다.",
      "Each system up to the rate that it can serve. Vertical dashes: break-even rates, "
      "where two systems need the same."};
  Phrase at_idle{"요청이 없을 때", "without requests"};
  Phrase per_request{"요청 하나마다", "each request adds"};
  Phrase up_to{"처리할 수 있는 요청률", "rate that it can serve"};
  // what to relax, what to measure
  Phrase relax{"조건을 이렇게 바꾸면 만족합니다", "What to relax"};
  Phrase relax_one{"{system}: {list}.", "{system}: {list}."};
  Phrase relax_to{"{what} 조건을 {limit}에서 {value|으로/로}", "{what} from {limit} to {value}"};
  Phrase needs{"다음에 할 측정", "What to measure next"};
  Phrase need_expected{"{name}: 예상(모의) 값을 실측으로 바꾸면 답이 확정됩니다.",
                       "{name}: a measurement in place of the simulated figures would settle it."};
  Phrase need_tie{"{name}: 더 오래 재면 겹친 범위가 갈라질 수 있습니다.",
                  "{name}: measuring longer may part the ranges."};
  Phrase need_power{
      "{name}: 소비 전력이 없어 에너지를 비교할 수 없습니다. 전력계 기록을 붙이십시오.",
      "{name}: without its power, energy cannot be compared. Attach a meter's record."};
  Phrase need_cpu{"{name}: 가속기 없이 CPU만으로 되는지 알려면 이 호스트에서 재십시오.",
                  "{name}: whether its CPU alone would do, a run on that host tells."};
  // the table of systems
  Phrase assumed{"측정이 아닌 가격·전력 표의 값",
                 "Figures from the table of systems, not measured"};
  Phrase item{"항목", "Item"};
  Phrase a_idle{"{what}: 유휴 전력", "{what}: idle power"};
  Phrase a_core{"{what}: 코어 1개가 일할 때 더해지는 전력",
                "{what}: power that one working core adds"};
  Phrase a_efficiency{"{what}: 전원 공급 장치 효율", "{what}: efficiency of the supply"};
  Phrase a_price{"{what}: 가격", "{what}: price"};
  Phrase a_exchange{"1 {what}의 환율", "exchange rate of 1 {what}"};
  Phrase value{"값", "Value"};
  Phrase as_of{"기준 시점", "As of"};
  Phrase source{"근거", "Source"};
};
inline constexpr AdviseWords kAdvise;

}  // namespace steelyard

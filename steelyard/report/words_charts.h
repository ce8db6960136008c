// SPDX-License-Identifier: Apache-2.0
// Titles and descriptions of the charts over batch, rate and time. docs/glossary.md gives the
// words.
#pragma once

#include "steelyard/report/words.h"

namespace steelyard {

struct ChartWords {
  // over batch, queries in flight, rate
  Phrase batch_rate{"{model}: 배치 크기와 처리량", "{model}: throughput against batch"};
  Phrase batch_tail{"{model}: 배치 크기와 p99", "{model}: p99 against batch"};
  Phrase depth_rate{"{model}: 동시 추론 요청 수와 처리량",
                    "{model}: throughput against queries in flight"};
  Phrase depth_tail{"{model}: 동시 추론 요청 수와 p99", "{model}: p99 against queries in flight"};
  Phrase load_rate{"{model}: 요청률과 처리량", "{model}: throughput against offered rate"};
  Phrase load_tail{"{model}: 요청률과 p99", "{model}: p99 against offered rate"};
  Phrase batch_axis{"배치 크기(로그 눈금)", "batch (log scale)"};
  Phrase depth_axis{"동시 추론 요청 수(로그 눈금)", "queries in flight (log scale)"};
  Phrase load_axis{"초당 요청 수(로그 눈금)", "offered rate per second (log scale)"};
  Phrase batch{"배치", "batch"};
  Phrase depth{"동시 요청", "in flight"};
  Phrase load{"초당 요청", "per second offered"};
  Phrase rate_axis{"처리량(추론/초, 로그 눈금)", "throughput (inferences/s, log scale)"};
  Phrase tail_axis{"p99(로그 눈금)", "p99 (log scale)"};
  Phrase knee_desc{
      "점선은 최대 처리량의 90 %에 처음 이르는 지점입니다. {list}",
      "A dashed line marks where 90 % of the highest throughput is first reached. {list}"};
  Phrase load_desc{
      "점선은 요청의 98 % 이상을 처리한 가장 높은 요청률입니다. {list}",
      "A dashed line marks the highest rate of which at least 98 % was answered. {list}"};
  Phrase knee_item{"{device}: {setting} {x}, 처리량 {rate}/초, p99 {p99}.",
                   "{device}: {setting} {x}, {rate}/s, p99 {p99}."};
  Phrase knee_mark{"{device}: {x}", "{device}: {x}"};
  // over time
  Phrase power_time{"{device}, {model}: 시간에 따른 소비 전력",
                    "{device}, {model}: power over time"};
  Phrase clock_time{"{device}, {model}: 시간에 따른 클록", "{device}, {model}: clocks over time"};
  Phrase seconds_axis{"시간(초, 블록을 이어 붙임)", "time (s, blocks laid end to end)"};
  Phrase watts_axis{"소비 전력(W)", "power (W)"};
  Phrase clock_axis{"클록(MHz)", "clock (MHz)"};
  Phrase time_desc{"단계: {phases}. 긴 기록은 구간마다 최솟값과 최댓값을 남겨 솎았습니다. {list}",
                   "Phases: {phases}. Long records are thinned; of each stretch the least and the "
                   "greatest reading stay. {list}"};
  Phrase time_item{"{channel}: {range}.", "{channel}: {range}."};
  Phrase channel{"채널", "Channel"};
  Phrase phase{"단계", "Phase"};
  Phrase least{"최솟값", "Least"};
  Phrase mean{"평균", "Mean"};
  Phrase greatest{"최댓값", "Greatest"};
  Phrase idle{"유휴", "idle"};
  Phrase warm_up{"워밍업", "warm-up"};
  Phrase measure{"측정", "measuring"};
  Phrase context{"모델 적재 후 유휴", "loaded, idle"};
  Phrase running{"추론 중", "load"};
  Phrase rest{"추론 직후", "rest"};
  Phrase mark{"표시 부하", "mark"};
  // forecast
  Phrase forecast{"{model}: 예측, 실제, 단순 예측", "{model}: forecast, actual, naive"};
  Phrase forecast_desc{
      "시험 구간의 마지막 입력 윈도 {n}개입니다. 전체 시험 구간의 RMSE는 {device} {rmse}, 단순 "
      "예측(내일=오늘) {naive}입니다.",
      "The last {n} windows of the test part. Over the whole test part the RMSE of {device} is "
      "{rmse}, that of the naive forecast (tomorrow = today) {naive}."};
  Phrase window_axis{"시험 구간의 입력 윈도 번호", "window of the test part"};
  Phrase window{"입력 윈도", "Window"};
  Phrase price_axis{"예측 대상({unit})", "target ({unit})"};
  Phrase actual{"실제", "actual"};
  Phrase naive{"단순 예측", "naive"};
  // parts
  Phrase parts{"{model}: 지연 시간의 구성", "{model}: parts of the latency"};
  Phrase parts_desc{
      "런타임 자체 시계로 따로 잰 구간별 평균입니다. {list}",
      "Means of the parts by the runtime's own clocks, from a pass of its own. {list}"};
  Phrase parts_item{"{device}: {parts}.", "{device}: {parts}."};
  Phrase part{"구간", "Part"};
  Phrase definition{"정의", "Definition"};
  Phrase prepare{"다음 입력 준비", "work between ticks"};
};
inline constexpr ChartWords kCharts;

}  // namespace steelyard

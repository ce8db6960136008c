// SPDX-License-Identifier: Apache-2.0
// The terms of tables, headings and verdicts. docs/glossary.md gives each its one meaning.
#pragma once

#include "steelyard/report/words.h"

namespace steelyard {

struct Terms {
  // headings
  Phrase title{"AI 추론 성능 비교", "AI inference performance compared"};
  Phrase title_models{"AI 추론 성능 비교: {models}", "AI inference performance compared: {models}"};
  Phrase subtitle{"{devices} · 측정 항목 {cases}개 · {when}",
                  "{devices} · cases: {cases} · {when}"};
  Phrase device_count{"장치 {n}개", "{n} devices"};
  Phrase one_device{"장치 1개", "1 device"};
  Phrase contents{"차례", "Contents"};
  Phrase answer{"요약", "The answer"};
  Phrase comparison{"주요 성능 지표 비교: {model}", "Key figures compared: {model}"};
  Phrase analysis{"분석", "Analysis"};
  Phrase speed{"추론 속도", "Inference speed"};
  Phrase accuracy{"정확도", "Accuracy"};
  Phrase resources{"자원 사용률", "Use of resources"};
  Phrase efficiency{"전력 효율성", "Energy efficiency"};
  Phrase conclusion{"결론 및 사용 사례", "Conclusion and use cases"};
  Phrase charts{"그래프", "Charts"};
  Phrase details{"모델·장치별 상세", "Details per model and device"};
  Phrase method{"측정 방법과 재현", "Method and reproduction"};
  Phrase meanings{"각 수치의 의미", "What every figure means"};
  Phrase environment{"측정 환경 기록", "Measurement environment record"};
  Phrase reproduce{"재현 명령", "Commands to reproduce"};
  Phrase left_out{"측정하지 못한 장치", "Devices without a result"};
  // rows of the seed's table
  Phrase metric{"성능 지표", "Metric"};
  Phrase note{"비고", "Note"};
  Phrase mean_latency{"평균 지연 시간(latency)", "Mean latency"};
  Phrase throughput{"처리량(추론/초, FPS)", "Throughput (inferences/s, FPS)"};
  Phrase rmse{"평균제곱근오차(RMSE, {unit})", "RMSE ({unit})"};
  Phrase utilisation{"사용률(정의 병기)", "Utilisation (definition stated)"};
  Phrase use{"사용률", "utilisation"};
  Phrase power{"소비 전력", "Power"};
  Phrase median{"중앙값(p50)", "Median (p50)"};
  Phrase p99{"99백분위(p99)", "99th percentile (p99)"};
  Phrase offline{"처리량(일괄 처리, 배치 {batch})", "Throughput (Offline, batch {batch})"};
  Phrase offline_deep{"처리량(일괄 처리, 배치 {batch}, 동시 {depth})",
                      "Throughput (Offline, batch {batch}, {depth} in flight)"};
  Phrase energy{"추론당 에너지", "Energy per inference"};
  Phrase trust{"측정 신뢰도", "Trust"};
  Phrase correctness{"출력 확인", "Outputs checked"};
  // parts of cells
  Phrase upper{"신뢰 상한 {value}", "upper bound {value}"};
  Phrase interval{"95 % 신뢰 구간 {range}", "95 % confidence interval {range}"};
  Phrase interval_short{"95 % 구간 {range}", "95 % interval {range}"};
  Phrase mean_interval{"평균의 95 % 신뢰 구간", "95 % confidence interval of the mean"};
  Phrase median_interval{"중앙값의 95 % 신뢰 구간", "95 % confidence interval of the median"};
  Phrase level_workers{"측정 프로세스 사이의 편차에서 계산", "from the spread between processes"};
  Phrase level_blocks{"블록 사이의 편차에서 계산", "from the spread between blocks"};
  Phrase level_queries{"한 블록 안의 편차에서 계산", "from the spread within one block"};
  Phrase tiny{"0.01 % 미만", "less than 0.01 %"};
  Phrase band{"범위 {range}", "band {range}"};
  Phrase skill_cell{"단순 예측 대비 {value}", "skill {value}"};
  Phrase boundary_cell{"측정 지점: {where}", "boundary: {where}"};
  Phrase idle_cell{"유휴 {value}", "idle {value}"};
  Phrase total_cell{"총에너지(유휴 포함)", "total, idle included"};
  Phrase dynamic_cell{"순에너지 {value}", "dynamic {value}"};
  Phrase missing{"값 없음", "missing"};
  Phrase missing_because{"값 없음({reason})", "missing ({reason})"};
  Phrase not_run{"{outcome}({reason})", "{outcome} ({reason})"};
  // provenance
  Phrase measured{"실측", "measured"};
  Phrase simulated{"예상(모의)", "expected (simulated)"};
  Phrase expected_short{"예상(모의)", "expected"};
  Phrase imported{"외부 결과", "imported"};
  Phrase entered{"수기 입력", "entered by hand"};
  // outcomes
  Phrase completed{"완료", "Completed"};
  Phrase skipped{"건너뜀", "Skipped"};
  Phrase failed{"실패", "Failed"};
  // trust
  Phrase stable{"안정", "STABLE"};
  Phrase noisy{"변동 큼", "NOISY"};
  Phrase throttled{"스로틀링 발생", "THROTTLED"};
  Phrase insufficient{"측정량 부족", "INSUFFICIENT"};
  Phrase harness_bound{"측정 도구 한계", "HARNESS-BOUND"};
  Phrase calculated{"계산값", "calculated"};
  // correctness
  Phrase outputs_agree{"일치", "OK"};
  Phrase outputs_wrong{"출력 불일치", "WRONG"};
  Phrase outputs_variant{"변형 모델", "VARIANT"};
  Phrase outputs_unchecked{"확인 안 됨", "UNCHECKED"};
  // availability
  Phrase ready{"사용 가능", "Ready"};
  Phrase not_built{"빌드에 없음", "NotBuilt"};
  Phrase no_runtime{"런타임 없음", "NoRuntime"};
  Phrase no_device{"장치 없음", "NoDevice"};
  Phrase list_spec{"SPEC", "SPEC"};
  Phrase list_device{"장치", "Device"};
  Phrase list_state{"상태", "State"};
  Phrase no_devices{"장치가 없습니다.", "There are no devices."};
  // loads
  Phrase single_stream{"단일 요청 연속", "SingleStream"};
  Phrase offline_load{"일괄 처리(배치 {batch}, 동시 {depth})",
                      "Offline (batch {batch}, {depth} in flight)"};
  Phrase server_load{"무작위 도착(서버, 초당 {rate}회)", "Server ({rate} a second, Poisson)"};
  Phrase server_deep{"무작위 도착(서버, 초당 {rate}회, 동시 {depth})",
                     "Server ({rate} a second, Poisson, {depth} in flight)"};
  Phrase fixed_load{"고정 주기(초당 {rate}회)", "FixedRate ({rate} a second)"};
  Phrase fixed_deep{"고정 주기(초당 {rate}회, 동시 {depth})",
                    "FixedRate ({rate} a second, {depth} in flight)"};
  Phrase peak_load{"최대 요청률 탐색(p99 ≤ {limit})", "PeakRate (p99 ≤ {limit})"};
  Phrase peak_deep{"최대 요청률 탐색(p99 ≤ {limit}, 동시 {depth})",
                   "PeakRate (p99 ≤ {limit}, {depth} in flight)"};
  Phrase streaming_load{"상태 유지 스트리밍(시간 단계당)", "Streaming (a time step)"};
  Phrase load_cell{"p99 {p99}, 처리량 {rate}/초", "p99 {p99}, {rate}/s"};
  Phrase load_bound{"p99 상한 {upper}", "p99 at most {upper}"};
  Phrase load_peak{"p99 제한을 지키는 최대 요청률", "the highest rate that keeps the limit"};
  Phrase load_late{"1 ms 넘게 늦게 보낸 요청 {percent} %", "{percent} % sent over 1 ms late"};
  // boundaries
  Phrase at_process{"프로세스", "process"};
  Phrase at_core{"코어", "core"};
  Phrase at_chip{"칩", "chip"};
  Phrase at_module{"모듈", "module"};
  Phrase at_board{"보드", "board"};
  Phrase at_system{"시스템", "system"};
  Phrase at_wall{"콘센트", "wall"};
  Phrase at_unknown{"명시되지 않음", "not stated"};
  // utilisation definitions
  Phrase use_kernel{"커널이 실행 중이던 시간의 비율(NVML)",
                    "share of time in which a kernel was running (NVML)"};
  Phrase use_sm{"SM에 실행 중인 워프가 있던 시간의 비율(SM 활성도)",
                "share of time in which the SMs held a running warp (SM activity)"};
  Phrase use_npu{"전송·대기를 포함한 NPU 점유 시간의 비율",
                 "share of time in which the NPU was occupied, transfers and waiting included"};
  Phrase use_cpu{"측정 프로세스의 CPU 시간 비율(코어 1개 = 100 %)",
                 "CPU time of the measuring process (one core = 100 %)"};
  Phrase use_unknown{"정의가 명시되지 않음", "definition not stated"};
  // details and manifest
  Phrase device{"장치", "Device"};
  Phrase runtime{"런타임", "Runtime"};
  Phrase spec{"SPEC", "SPEC"};
  Phrase host{"호스트", "Host"};
  Phrase provenance{"출처 구분", "Provenance"};
  Phrase scenario{"부하", "Load"};
  Phrase precision{"연산 정밀도", "Precision"};
  Phrase precision_obtained{"{asked} 요청, {obtained} 적용", "{asked} asked, {obtained} obtained"};
  Phrase settings{"설정", "Settings"};
  Phrase inputs{"입력", "Inputs"};
  Phrase queries{"추론 요청 수", "Queries"};
  Phrase queries_cell{"{queries}회({seconds} 동안, 측정 프로세스 {workers}개)",
                      "{queries} (in {seconds}, measuring processes: {workers})"};
  Phrase deviation{"표준편차", "Standard deviation"};
  Phrase minimum{"최솟값", "Minimum"};
  Phrase maximum{"최댓값", "Maximum"};
  Phrase latency_word{"지연 시간(latency)", "Latency"};
  Phrase factor_word{"배수", "Factors"};
  Phrase percentile{"백분위", "Percentile"};
  Phrase value{"값", "Value"};
  Phrase upper_bound{"신뢰 상한(99 %)", "Upper bound (99 %)"};
  Phrase rmse_plain{"평균제곱근오차(RMSE)", "RMSE"};
  Phrase load_time{"모델 적재 시간", "Load time"};
  Phrase first_query{"첫 추론 시간", "First query"};
  Phrase warm_up{"워밍업", "Warm-up"};
  Phrase naive_rmse{"단순 예측(내일=오늘) RMSE", "RMSE of the naive forecast (tomorrow = today)"};
  Phrase skill{"단순 예측 대비 개선율", "Skill against the naive forecast"};
  Phrase vs_reference{"FP32 기준 출력과의 최대 차이", "Largest error against the FP32 reference"};
  Phrase rmse_vs_reference{"FP32 기준 출력과의 RMSE", "RMSE against the FP32 reference"};
  Phrase idle_power{"유휴 전력", "Idle power"};
  Phrase context_idle_power{"모델 적재 후 유휴 전력", "Idle power, model loaded"};
  Phrase total_energy{"추론당 총에너지(유휴 포함)", "Total energy per inference (idle included)"};
  Phrase dynamic_energy{"추론당 순에너지(유휴 제외)",
                        "Dynamic energy per inference (idle excluded)"};
  Phrase per_joule{"전성비(추론/J)", "Inferences per joule"};
  Phrase memory{"메모리", "Memory"};
  Phrase harness{"측정 도구 오버헤드", "Harness overhead"};
  Phrase model_hash{"모델 SHA-256", "Model SHA-256"};
  Phrase artefact{"실행 파일 형식", "Artefact"};
  Phrase remark{"런타임 알림", "Remark of the runtime"};
  Phrase part{"구간별 평균(별도 측정)", "Mean of a part (a pass of its own)"};
  Phrase part_mean{"{part}: {time}", "{part}: {time}"};
  Phrase case_id{"측정 항목 ID", "Case id"};
  Phrase campaign{"측정 캠페인", "Campaign"};
  Phrase command{"명령", "Command"};
  Phrase started{"시작(UTC)", "Started (UTC)"};
  Phrase kernel{"커널", "Kernel"};
  Phrase cpu{"CPU", "CPU"};
  Phrase cores{"코어 수", "Cores"};
  Phrase governor{"클록 거버너", "Clock governor"};
  Phrase tool{"도구 판", "Tool version"};
  Phrase build{"빌드", "Build"};
  Phrase boot{"부팅 ID", "Boot id"};
  Phrase effort{"측정 강도", "Effort"};
  Phrase unreadable{"읽을 수 없음", "could not be read"};
  Phrase item{"항목", "Item"};
  Phrase hint{"조치", "Way out"};
  Phrase reason{"사유", "Reason"};
  Phrase outcome{"결과", "Outcome"};
  // charts
  Phrase latency_chart{"{model}: 지연 시간 분포", "{model}: distribution of the latency"};
  Phrase latency_axis{"지연 시간(로그 눈금)", "latency (log scale)"};
  Phrase share_axis{"이 시간 안에 끝난 추론 요청의 비율", "share of queries finished within"};
  Phrase latency_chart_desc{
      "가로축은 지연 시간(로그 눈금), 세로축은 그 시간 안에 끝난 추론 요청의 비율입니다. 곡선이 "
      "왼쪽에 있을수록 "
      "빠르고, 위쪽에서 오른쪽으로 누울수록 꼬리 지연 시간이 깁니다. p99의 가로 막대는 신뢰 "
      "상한까지의 거리입니다. {list}",
      "Across: latency on a log scale. Up: the share of queries that finished within it. A curve "
      "further left is "
      "faster; one that bends to the right at the top has a longer tail. The bar at p99 reaches to "
      "its upper bound. {list}"};
  Phrase chart_item{"{device}: p50 {p50}, p99 {p99}.", "{device}: p50 {p50}, p99 {p99}."};
  Phrase power_chart{"{model}: 지연 시간과 소비 전력", "{model}: latency against power"};
  Phrase energy_chart{"{model}: 지연 시간과 추론당 총에너지",
                      "{model}: latency against total energy per inference"};
  Phrase power_axis{"소비 전력(로그 눈금)", "power (log scale)"};
  Phrase energy_axis{"추론당 총에너지(로그 눈금)", "total energy per inference (log scale)"};
  Phrase mean_axis{"평균 지연 시간(로그 눈금)", "mean latency (log scale)"};
  Phrase scatter_desc{
      "점이 왼쪽 아래에 있을수록 빠르고 적게 씁니다. 세로 막대는 소비 전력의 예상 범위입니다. "
      "{list}",
      "A point further left and lower is faster and needs less. Vertical bars are the expected "
      "bands of power. "
      "{list}"};
  Phrase scatter_item{"{device}: {latency}, {cost}.", "{device}: {latency}, {cost}."};
  Phrase pareto{"파레토 경계", "Pareto front"};
  Phrase split_chart{"추론당 에너지의 유휴분과 순에너지: {model}",
                     "Energy per inference, idle and dynamic: {model}"};
  Phrase split_axis{"추론당 총에너지(막대 안쪽의 회색 부분: 유휴분)",
                    "total energy per inference (grey inside: idle share)"};
  Phrase split_item{"{device} {total}(유휴분 {share}).", "{device} {total} (idle {share})."};
  Phrase split_desc{"추론 한 번의 총에너지와 그 가운데 유휴 전력이 차지하는 몫. {list}",
                    "The total energy of one inference, and the share that idling would have "
                    "taken. {list}"};
  Phrase idle_share{"유휴분", "idle share"};
  Phrase rmse_chart{"{model}: 예측 오차(RMSE)와 단순 예측", "{model}: RMSE and the naive forecast"};
  Phrase rmse_desc{
      "막대가 짧을수록 정확합니다. 세로 점선은 단순 예측(내일=오늘)의 RMSE {naive}입니다. {list}",
      "A shorter bar is more accurate. The dashed line is the RMSE {naive} of the naive forecast "
      "(tomorrow = today). {list}"};
  Phrase rmse_item{"{device}: {rmse}.", "{device}: {rmse}."};
  Phrase naive_line{"단순 예측 {value}", "naive {value}"};
  Phrase data_behind{"그래프의 데이터", "The data of the chart"};
  Phrase zoom_in{"그래프 확대", "Enlarge the chart"};
  Phrase zoom_out{"그래프 축소", "Reduce the chart"};
  Phrase footer{"Steelyard {version} 생성. 이 파일은 외부 자원을 요청하지 않습니다.",
                "Made by Steelyard {version}. This file requests nothing from outside."};
  Phrase legend{"값의 출처 표시", "Marks of provenance"};
  Phrase details_elsewhere{"항목별 상세는 --format html 또는 --format markdown으로 볼 수 있습니다.",
                           "The details of every case: --format html or --format markdown."};
  Phrase plot_legend{"|최솟값  O p50  + p99  >최댓값 (로그 눈금 {low}–{high})",
                     "|minimum  O p50  + p99  >maximum (log scale {low}–{high})"};
  Phrase marks_legend{
      "표시: 없음 = {measured}, ~ = {expected}, ^ = {imported}, # = {entered}, [n] = {missing}",
      "Marks: none = {measured}, ~ = {expected}, ^ = {imported}, # = {entered}, [n] = {missing}"};
  Phrase skip_link{"본문으로 건너뛰기", "Skip to the report"};
};
inline constexpr Terms kTerms;

}  // namespace steelyard

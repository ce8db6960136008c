// SPDX-License-Identifier: Apache-2.0
// Results that are lines of text: onnxruntime_perf_test, MLPerf LoadGen's summary and detail, and
// nvidia-smi --query-gpu --format=csv. Thread-safe.
#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "steelyard/exchange/imports.h"

namespace steelyard::exchange {
namespace {

// LoadGen's words in ours. MultiStream sends a query of several samples when the last was answered,
// which is our Offline with one query in flight; Server keeps any number in flight.
void set_loadgen_scenario(Draft& draft, const Source& source, const std::string& name,
                          std::optional<double> rate, std::optional<double> samples) {
  if (name == "SingleStream" || name == "Single Stream") {
    draft.scenario(SingleStream{});
  } else if (name == "Offline") {
    draft.scenario(Offline{1, 1});
  } else if (name == "Server") {
    if (!rate || !(*rate > 0)) source.refuse("was run under Server and does not say target_qps");
    draft.scenario(Server{*rate, 1}).setting("in_flight", "unbounded");
  } else if (name == "MultiStream" || name == "Multi Stream") {
    if (!samples || !(*samples >= 1) || *samples > 1e6)
      source.refuse("was run under MultiStream and does not say samples_per_query");
    draft.scenario(Offline{static_cast<int>(*samples), 1});
  } else {
    source.refuse("was run under the scenario '" + name.substr(0, 40) +
                  "', which LoadGen 2 to 5 do not have");
  }
}

}  // namespace

std::vector<Measurement> import_perf_test(const Source& source) {
  const auto seconds = [&](const char* label) {
    return times(number_of(after(source.text, label)), 1e9);
  };
  Draft draft(source, "onnxruntime", "ONNX Runtime", "onnxruntime_perf_test");
  draft.setting("region", "session.Run");
  const std::string average = after(source.text, "Average inference time cost");
  draft.figure("latency.mean",
               times(number_of(after(source.text, "Average inference time cost:")),
                     average.find("ms") != average.npos ? 1e6 : 1e9),
               "ns");
  const std::pair<const char*, const char*> percentiles[] = {
      {"Min Latency:", "latency.min"},   {"Max Latency:", "latency.max"},
      {"P50 Latency:", "latency.p50"},   {"P90 Latency:", "latency.p90"},
      {"P95 Latency:", "latency.p95"},   {"P99 Latency:", "latency.p99"},
      {"P999 Latency:", "latency.p99.9"}};
  for (const auto& [label, name] : percentiles) draft.figure(name, seconds(label), "ns");
  const auto number = [&](const char* label) { return number_of(after(source.text, label)); };
  draft.figure("throughput", number("Number of inferences per second:"), "1/s");
  draft.figure("queries", number("Total inference requests:"), "");
  draft.figure("seconds", number("Total inference run time:"), "s");
  draft.channel("utilisation", "%", "", "CPU time of the process, as onnxruntime_perf_test counts");
  draft.figure("utilisation", number("Avg CPU usage:"), "%");
  draft.channel("memory", "B", "process", "");
  draft.figure("memory", number("Peak working set size:"), "B");
  return {draft.take()};
}

std::vector<Measurement> import_loadgen_summary(const Source& source) {
  Draft draft(source, "mlperf", "LoadGen", "mlperf_log_summary.txt");
  const std::string name = after(source.text, "SUT name");
  draft.device(name);
  set_loadgen_scenario(draft, source, after(source.text, "Scenario"),
                       number_of(after(source.text, "target_qps")),
                       number_of(after(source.text, "samples_per_query")));
  const std::string verdict = after(source.text, "Result is");
  draft.setting("loadgen", verdict.starts_with("VALID") ? "VALID" : "INVALID");
  for (const std::string& line : lines_of(source.text)) {
    const auto at = line.find("percentile latency (ns)");
    if (at == line.npos) continue;
    const auto p = number_of(std::string_view(line));
    const auto ns = number_of(std::string_view(after(line, "percentile latency (ns)")));
    if (p) draft.figure("latency.p" + std::to_string(*p), ns, "ns");
  }
  const auto number = [&](const char* label) { return number_of(after(source.text, label)); };
  draft.figure("latency.mean", number("Mean latency (ns)"), "ns");
  draft.figure("latency.min", number("Min latency (ns)"), "ns");
  draft.figure("latency.max", number("Max latency (ns)"), "ns");
  auto rate = number("Samples per second");
  if (!rate) rate = number("Completed samples per second");
  if (!rate) rate = number("QPS w/o loadgen overhead");
  draft.figure("throughput", rate, "1/s");
  return {draft.take()};
}

std::vector<Measurement> import_loadgen_detail(const Source& source) {
  Draft draft(source, "mlperf", "LoadGen", "mlperf_log_detail.txt");
  std::string scenario = "SingleStream", valid;
  std::optional<double> rate, samples;
  std::map<std::string, double> results;
  for (const std::string& line : lines_of(source.text)) {
    const auto at = line.find(":::MLLOG ");
    if (at == line.npos) continue;
    const Source inner{source.name, std::string_view(line).substr(at + 9), source.options};
    const Parsed entry = parse_json(inner);
    const std::string key = text_at(entry, "key");
    const auto value = number_at(entry, "value");
    if (key == "effective_scenario") scenario = text_at(entry, "value");
    if (key == "effective_target_qps") rate = value;
    if (key == "effective_samples_per_query") samples = value;
    if (key == "sut_name") draft.device(text_at(entry, "value"));
    if (key == "result_validity") valid = text_at(entry, "value");
    if (key.starts_with("result_") && value) results[key.substr(7)] = *value;
  }
  set_loadgen_scenario(draft, source, scenario, rate, samples);
  draft.setting("loadgen", valid == "VALID" ? "VALID" : "INVALID");
  const auto of = [&](const char* key) -> std::optional<double> {
    const auto found = results.find(key);
    return found == results.end() ? std::optional<double>() : found->second;
  };
  // Of MultiStream these are of its samples, not of its queries.
  const bool of_queries = !scenario.starts_with("Multi");
  for (const auto& [key, name] :
       {std::pair("mean_latency_ns", "latency.mean"), std::pair("min_latency_ns", "latency.min"),
        std::pair("max_latency_ns", "latency.max")})
    if (of_queries) draft.figure(name, of(key), "ns");
  const std::string_view suffix =
      of_queries ? "_percentile_latency_ns" : "_percentile_per_query_latency_ns";
  for (const auto& [key, value] : results)
    if (key.ends_with(suffix))
      if (const auto p = number_of(std::string_view(key)))
        draft.figure("latency.p" + std::to_string(*p), value, "ns");
  for (const char* key :
       {"samples_per_second", "completed_samples_per_sec", "qps_without_loadgen_overhead"})
    if (of(key)) {
      draft.figure("throughput", of(key), "1/s");
      break;
    }
  draft.figure("queries", of("query_count"), "");
  return {draft.take()};
}

std::vector<Measurement> import_nvidia_smi(const Source& source) {
  const auto lines = lines_of(source.text);
  if (lines.size() < 2) source.refuse("holds no line below its heading");
  const auto heading = cells_of(lines[0], ',');
  const auto column = [&](std::string_view name) {
    return static_cast<std::size_t>(
        std::find_if(heading.begin(), heading.end(),
                     [&](const std::string& h) { return h.starts_with(name); }) -
        heading.begin());
  };
  const auto mean_of = [&](std::size_t at) -> std::optional<double> {
    double sum = 0;
    std::size_t n = 0;
    for (std::size_t i = 1; i < lines.size(); ++i) {
      const auto cells = cells_of(lines[i], ',');
      if (at >= cells.size()) continue;
      if (const auto value = number_of(std::string_view(cells[at]))) {
        sum += *value;
        ++n;
      }
    }
    return n > 0 ? std::optional(sum / static_cast<double>(n)) : std::nullopt;
  };
  Draft draft(source, "nvidia-smi", "nvidia-smi", "nvidia-smi --query-gpu");
  const auto first = cells_of(lines[1], ',');
  if (const auto at = column("name"); at < first.size()) draft.device(first[at]);
  if (const auto at = column("timestamp"); at < first.size()) draft.started(first[at]);
  draft.channel("power", "W", "board", "mean of power.draw over the file");
  draft.figure("power", mean_of(column("power.draw")), "W");
  draft.channel("utilisation", "%", "", "share of time in which a kernel was running (NVML)");
  draft.figure("utilisation", mean_of(column("utilization.gpu")), "%");
  draft.channel("memory", "B", "device", "mean of memory.used over the file");
  draft.figure("memory", times(mean_of(column("memory.used")), 1024.0 * 1024), "B");
  return {draft.take()};
}

}  // namespace steelyard::exchange

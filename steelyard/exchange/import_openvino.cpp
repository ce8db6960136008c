// SPDX-License-Identifier: Apache-2.0
// OpenVINO's benchmark_app: report in JSON and CSV, and its console. The reports round to 0.01 ms;
// the console of 2026 does not. The Python program and the C++ one name their keys differently.
// Thread-safe.
#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "steelyard/exchange/imports.h"

namespace steelyard::exchange {
namespace {

using Entries = std::map<std::string, std::string>;

std::string value_of(const Entries& entries, std::initializer_list<const char*> keys) {
  for (const char* key : keys)
    if (const auto found = entries.find(key); found != entries.end()) return found->second;
  return {};
}

std::optional<double> number(const Entries& entries, std::initializer_list<const char*> keys) {
  return number_of(std::string_view(value_of(entries, keys)));
}

// "latency (99 percentile) (ms)" -> "99".
void add_percentiles(Draft& draft, const Entries& entries) {
  for (const auto& [key, value] : entries) {
    if (!key.starts_with("latency (") || key.find("percentile") == key.npos) continue;
    const auto p = number_of(std::string_view(key).substr(9));
    if (p && *p > 0 && *p <= 100)
      draft.figure("latency.p" + std::to_string(*p), times(number_of(value), 1e6), "ns");
  }
}

int whole(std::optional<double> value) {
  return value && *value >= 1 && *value <= 65536 ? static_cast<int>(*value) : 1;
}

Measurement case_of(const Source& source, const Entries& entries, const char* tool) {
  Draft draft(source, "openvino", "OpenVINO", tool);
  draft.model(value_of(entries, {"-m", "topology", "path_to_model"}));
  draft.device(value_of(entries, {"target device", "target_device", "-d"}));
  const int batch = whole(number(entries, {"batch size", "batch_size"}));
  const int requests =
      whole(number(entries, {"number of parallel infer requests", "nireq", "infer_requests"}));
  if (batch > 1 || requests > 1) draft.scenario(Offline{batch, requests});
  draft.setting("region", "infer request");
  const auto ms = [&](std::initializer_list<const char*> keys) {
    return times(number(entries, keys), 1e6);
  };
  draft.figure("latency.p50",
               ms({"latency (median) (ms)", "latency_median", "latency (ms)", "Median latency"}),
               "ns");
  add_percentiles(draft, entries);
  draft.figure("latency.mean",
               ms({"avg latency", "latency_average", "latency_avg", "latency (avg) (ms)"}), "ns");
  draft.figure("latency.min", ms({"min latency", "latency_min", "latency (min) (ms)"}), "ns");
  draft.figure("latency.max", ms({"max latency", "latency_max", "latency (max) (ms)"}), "ns");
  draft.figure("throughput", number(entries, {"throughput"}), "1/s");
  draft.figure("queries",
               number(entries, {"total number of iterations", "iterations_num", "iterations"}), "");
  draft.figure("seconds",
               times(number(entries, {"total execution time (ms)", "execution_time"}), 1e-3), "s");
  return draft.take();
}

}  // namespace

std::vector<Measurement> import_benchmark_app_json(const Source& source) {
  const Parsed all = parse_json(source);
  Entries entries;
  for (const char* section : {"cmd_options", "configuration_setup", "execution_results"}) {
    if (!all.is_object() || !all.contains(section) || !all[section].is_object()) continue;
    for (const auto& [key, value] : all[section].items())
      entries[key] = value.is_string() ? value.get<std::string>() : value.dump();
  }
  if (const std::string error = value_of(entries, {"error"}); !error.empty())
    source.refuse("is of a run that failed");
  return {case_of(source, entries, "benchmark_app JSON")};
}

std::vector<Measurement> import_benchmark_app_csv(const Source& source) {
  Entries entries;
  for (const std::string& line : lines_of(source.text)) {
    const auto cells = cells_of(line, ';');
    if (cells.size() >= 2) entries[cells[0]] = cells[1];
  }
  if (entries.contains("error")) source.refuse("is of a run that failed");
  return {case_of(source, entries, "benchmark_app CSV")};
}

std::vector<Measurement> import_benchmark_app_console(const Source& source) {
  Draft draft(source, "openvino", "OpenVINO", "benchmark_app console");
  const auto after_label = [&](const char* label) { return after(source.text, label); };
  // "13.66 us", "0.14 ms"
  const auto ns = [](const std::string& text) {
    const double k = text.find("us") != text.npos ? 1e3 : 1e6;
    return times(number_of(std::string_view(text)), k);
  };
  const std::string block =
      std::string(source.text.substr(std::min(source.text.find("Latency:"), source.text.size())));
  draft.figure("latency.p50", ns(after(block, "Median:")), "ns");
  for (const std::string& line : lines_of(block)) {
    const auto at = line.find(" percentile:");
    if (at == line.npos) continue;
    const auto from = line.find_last_not_of("0123456789.", at - 1);
    if (at == 0 || from == line.npos) continue;
    if (const auto p = number_of(std::string_view(line).substr(from + 1)); p && *p > 0 && *p <= 100)
      draft.figure("latency.p" + std::to_string(*p), ns(line.substr(at + 12)), "ns");
  }
  draft.figure("latency.mean", ns(after(block, "Average:")), "ns");
  draft.figure("latency.min", ns(after(block, "Min:")), "ns");
  draft.figure("latency.max", ns(after(block, "Max:")), "ns");
  draft.figure("throughput", number_of(after(block, "Throughput:")), "1/s");
  draft.figure("queries", number_of(std::string_view(after_label("Count:"))), "");
  draft.figure("seconds", times(number_of(std::string_view(after_label("Duration:"))), 1e-3), "s");
  std::string device = after_label("Execution Devices:");
  std::erase_if(device, [](char c) { return c == '[' || c == ']' || c == '\''; });
  draft.device(device).setting("region", "infer request");
  return {draft.take()};
}

}  // namespace steelyard::exchange

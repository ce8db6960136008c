// SPDX-License-Identifier: Apache-2.0
// The result files of the comparison scripts that this project began with: npu_performance_*.json,
// onnx_performance_*.json, tensorrt_performance_*.json. Thread-safe.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "steelyard/exchange/imports.h"

namespace steelyard::exchange {
namespace {

struct Script {
  const char *prefix, *backend, *runtime, *utilisation, *boundary;
};
constexpr const char* kNvml = "share of time in which a kernel was running (NVML)";
constexpr Script kScripts[] = {
    {"npu", "hailort", "hailort", "pipeline occupancy, as hailortcli monitor prints it", ""},
    {"onnx", "onnxruntime", "onnxruntime", kNvml, "board"},
    {"tensorrt", "tensorrt", "tensorrt", kNvml, "board"},
};

const Script& script_of(const Source& source) {
  const auto slash = source.name.rfind('/');
  const std::string name = slash == source.name.npos ? source.name : source.name.substr(slash + 1);
  for (const Script& script : kScripts)
    if (name.starts_with(script.prefix)) return script;
  source.refuse(
      "does not say which script wrote it; its name begins with npu_, onnx_ or tensorrt_");
}

Measurement case_of(const Source& source, const Script& script, const std::string& model,
                    const Parsed& entry) {
  Draft draft(source, script.backend, script.runtime, fmt::format("{} script", script.prefix));
  draft.model(model);
  draft.started(text_at(entry, "timestamp"));
  if (const auto latency = entry.find("latency"); latency != entry.end()) {
    const std::pair<const char*, const char*> names[] = {
        {"mean", "latency.mean"}, {"median", "latency.p50"}, {"min", "latency.min"},
        {"max", "latency.max"},   {"std", "latency.stddev"}, {"p95", "latency.p95"},
        {"p99", "latency.p99"}};
    for (const auto& [key, name] : names)
      draft.figure(name, times(number_at(*latency, key), 1e6), "ns");
  }
  draft.figure("throughput", number_at(entry, "throughput_fps"), "1/s");
  if (const auto memory = entry.find("memory"); memory != entry.end()) {
    const bool failed =
        memory->is_object() && memory->value("monitor_success", Parsed(true)) == false;
    if (!failed) {
      draft.channel("utilisation", "%", "", script.utilisation);
      draft.figure("utilisation", number_at(*memory, "avg_device_utilization"), "%");
      draft.channel("memory", "B", "device", "");
      draft.figure("memory", times(number_at(*memory, "avg_gpu_memory_mb"), 1e6), "B");
      draft.channel("power", "W", script.boundary, "mean of the monitor's samples");
      draft.figure("power", number_at(*memory, "avg_gpu_power_watts"), "W");
    }
  }
  draft.figure("rmse", number_at(entry, "rmse"), "");
  return draft.take();
}

}  // namespace

std::vector<Measurement> import_seed(const Source& source) {
  const Parsed all = parse_json(source);
  const Script& script = script_of(source);
  std::vector<Measurement> out;
  const auto add = [&](const std::string& name, const Parsed& entry) {
    if (entry.is_object() && (entry.contains("latency") || entry.contains("throughput_fps")))
      out.push_back(case_of(source, script, name, entry));
  };
  if (all.is_object() && all.contains("latency")) add(text_at(all, "model"), all);
  if (all.is_object())
    for (const auto& [name, entry] : all.items()) add(name, entry);
  if (all.is_array())
    for (const Parsed& entry : all) add(text_at(entry, "model"), entry);
  if (out.empty()) source.refuse("holds no model with a latency");
  return out;
}

}  // namespace steelyard::exchange

// SPDX-License-Identifier: Apache-2.0
// Which reader takes a file: by its content, or as it is told. Thread-safe.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "steelyard/base/error.h"
#include "steelyard/exchange/imports.h"

namespace steelyard {
namespace exchange {
namespace {

struct Format {
  std::string_view name;
  std::vector<Measurement> (*read)(const Source&);
  bool (*fits)(std::string_view text);
};

bool has(std::string_view text, std::string_view word) { return text.find(word) != text.npos; }
bool json(std::string_view text) {
  const auto at = text.find_first_not_of(" \t\r\n");
  return at != text.npos && (text[at] == '{' || text[at] == '[');
}
std::string_view first_line(std::string_view text) { return text.substr(0, text.find('\n')); }

// The first that fits.
constexpr Format kFormats[] = {
    {"trtexec-times", import_trtexec_times,
     [](std::string_view t) { return json(t) && has(t, "\"latencyMs\""); }},
    {"trtexec-profile", import_trtexec_profile,
     [](std::string_view t) { return json(t) && has(t, "\"averageMs\""); }},
    {"hailortcli-json", import_hailortcli_json,
     [](std::string_view t) { return json(t) && has(t, "\"network_groups\""); }},
    {"benchmark_app-json", import_benchmark_app_json,
     [](std::string_view t) { return json(t) && has(t, "\"execution_results\""); }},
    {"loadgen-detail", import_loadgen_detail,
     [](std::string_view t) { return has(t, ":::MLLOG"); }},
    {"seed", import_seed,
     [](std::string_view t) { return json(t) && has(t, "\"throughput_fps\""); }},
    {"loadgen-summary", import_loadgen_summary,
     [](std::string_view t) { return has(t, "SUT name") && has(t, "Scenario"); }},
    {"hailortcli-csv", import_hailortcli_csv,
     [](std::string_view t) { return first_line(t).starts_with("net_name,"); }},
    {"benchmark_app-csv", import_benchmark_app_csv,
     [](std::string_view t) { return has(t, "Execution results") && has(t, ";"); }},
    {"benchmark_app-console", import_benchmark_app_console,
     [](std::string_view t) { return has(t, "[ INFO ]") && has(t, "Throughput:"); }},
    {"onnxruntime_perf_test", import_perf_test,
     [](std::string_view t) { return has(t, "Average inference time cost"); }},
    {"nvidia-smi", import_nvidia_smi,
     [](std::string_view t) {
       return has(first_line(t), "power.draw") || has(first_line(t), "utilization.gpu") ||
              has(first_line(t), "memory.used");
     }},
};

}  // namespace
}  // namespace exchange

std::vector<std::string> import_formats() {
  std::vector<std::string> out;
  for (const auto& format : exchange::kFormats) out.emplace_back(format.name);
  return out;
}

std::vector<Measurement> import_text(const std::string& name, std::string_view text,
                                     const ImportOptions& options) {
  const exchange::Source source{name, text, options};
  if (text.starts_with("\xEF\xBB\xBF")) return import_text(name, text.substr(3), options);
  for (const auto& format : exchange::kFormats)
    if (options.format.empty() ? format.fits(text) : format.name == options.format) {
      try {
        return format.read(source);
      } catch (const nlohmann::json::exception&) {
        source.refuse("does not have the layout of " + std::string(format.name));
      }
    }
  if (options.format.empty())
    throw Error(
        fmt::format("{} is in no layout that can be imported", name),
        fmt::format("name its layout with --format: {}", fmt::join(import_formats(), ", ")));
  throw UsageError(fmt::format("there is no layout '{}'", options.format),
                   fmt::format("there is: {}", fmt::join(import_formats(), ", ")));
}

}  // namespace steelyard

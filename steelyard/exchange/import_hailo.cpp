// SPDX-License-Identifier: Apache-2.0
// hailortcli: `run2 --json`, `benchmark --csv` and `run --csv`. Its figures are averages; those of
// streaming and of one frame at a time are two cases. Thread-safe.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "steelyard/exchange/imports.h"

namespace steelyard::exchange {
namespace {

struct Streaming {
  std::string model, tool;
  std::optional<double> fps, hw_latency_ms, overall_latency_ms, watts, frames;
};

constexpr const char* kWatts = "hailortcli: mean over the streaming run";

std::vector<Measurement> cases_of(const Source& source, const Streaming& s) {
  std::vector<Measurement> out;
  const auto draft_of = [&](const char* region) {
    Draft draft(source, "hailort", "HailoRT", s.tool);
    draft.model(s.model);
    draft.setting("region", region);
    return draft;
  };
  const auto add = [&](const char* region, std::optional<double> ms) {
    if (!ms || !(*ms > 0)) return;
    Draft draft = draft_of(region);
    draft.figure("latency.mean", times(ms, 1e6), "ns").figure("throughput", 1e3 / *ms, "1/s");
    out.push_back(draft.take());
  };
  add("device", s.hw_latency_ms);
  add("host", s.overall_latency_ms);
  if (s.fps && *s.fps > 0) {
    Draft draft = draft_of("streaming");
    draft.scenario(Offline{1, 2}).figure("throughput", s.fps, "1/s");
    draft.figure("queries", s.frames, "");
    draft.channel("power", "W", "module", kWatts).figure("power", s.watts, "W");
    out.push_back(draft.take());
  }
  return out;
}

}  // namespace

std::vector<Measurement> import_hailortcli_json(const Source& source) {
  const Parsed all = parse_json(source);
  if (!all.is_object()) source.refuse("holds no result of hailortcli");
  std::optional<double> watts;
  if (const auto devices = all.find("devices"); devices != all.end() && devices->is_array())
    for (const Parsed& device : *devices)
      if (device.is_object() && device.contains("power"))
        watts = number_at(device["power"], "average");
  std::vector<Measurement> out;
  const auto groups = all.find("network_groups");
  if (groups == all.end() || !groups->is_array()) source.refuse("holds no network_groups");
  for (const Parsed& group : *groups) {
    Streaming s{text_at(group, "name"), "hailortcli run2 --json", {}, {}, {}, watts, {}};
    s.fps = number_at(group, "FPS");
    s.hw_latency_ms = number_at(group, "hw_latency");
    s.overall_latency_ms = number_at(group, "overall_latency");
    for (Measurement& m : cases_of(source, s)) out.push_back(std::move(m));
  }
  if (out.empty()) source.refuse("holds no network group with a figure");
  return out;
}

std::vector<Measurement> import_hailortcli_csv(const Source& source) {
  const auto lines = lines_of(source.text);
  if (lines.size() < 2) source.refuse("holds no line below its heading");
  const auto heading = cells_of(lines[0], ',');
  std::vector<Measurement> out;
  for (std::size_t i = 1; i < lines.size(); ++i) {
    if (lines[i].empty()) continue;
    const auto cells = cells_of(lines[i], ',');
    const auto cell = [&](std::string_view name) -> std::string {
      const auto at = std::find(heading.begin(), heading.end(), name) - heading.begin();
      return static_cast<std::size_t>(at) < cells.size() ? cells[static_cast<std::size_t>(at)] : "";
    };
    const auto number = [&](std::string_view name) { return number_of(cell(name)); };
    if (const std::string status = cell("status"); !status.empty() && status != "0") continue;
    const bool benchmark = !cell("hw_only_fps").empty();
    Streaming s{cell("net_name"),
                benchmark ? "hailortcli benchmark --csv" : "hailortcli run --csv",
                number("fps"),
                number("hw_latency"),
                number("overall_latency"),
                number("average_power"),
                number("num_of_frames")};
    for (Measurement& m : cases_of(source, s)) out.push_back(std::move(m));
  }
  if (out.empty()) source.refuse("holds no line with a figure");
  return out;
}

}  // namespace steelyard::exchange

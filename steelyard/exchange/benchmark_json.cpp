// SPDX-License-Identifier: Apache-2.0
// Summaries for tools that watch benchmarks: Google Benchmark's JSON and Bencher's metric format.
// Thread-safe.
#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "steelyard/exchange/formats.h"

namespace steelyard::exchange {
namespace {

using Json = nlohmann::ordered_json;

bool tellable(const Summary& s) {
  return s.outcome.kind == Outcome::Completed && s.backend != "null" && s.latency_ns.mean &&
         std::isfinite(*s.latency_ns.mean);
}

// Unique within a report: "GRU_Apple/native-cpu@fp32/threads:2/SingleStream".
std::string name_of(const Summary& s) {
  std::string name = fmt::format("{}/{}", s.model, s.spec);
  if (s.spec.find('@') == std::string::npos) name += fmt::format("@{}", to_string(s.precision));
  for (const Setting& setting : s.settings)
    name += fmt::format("/{}:{}", setting.key, setting.value);
  name += fmt::format("/{}", kind_of(s.scenario));
  if (const auto* offline = std::get_if<Offline>(&s.scenario))
    name += fmt::format("/batch:{}/in_flight:{}", offline->batch, offline->in_flight);
  if (rate_of(s.scenario) > 0) name += fmt::format("/rate:{}", rate_of(s.scenario));
  if (const auto* peak = std::get_if<PeakRate>(&s.scenario))
    name += fmt::format("/p99_ns:{}", peak->p99.count());
  if (s.provenance != Provenance::measured) name += fmt::format("/{}", to_string(s.provenance));
  return name;
}

void add(Json& to, const char* name, const std::optional<double>& value) {
  if (value && std::isfinite(*value)) to[name] = *value;
}

Json benchmark_of(const Summary& s) {
  const std::string name = name_of(s);
  const auto& l = s.latency_ns;
  // compare.py needs cpu_time; where the harness does not know it the wall time stands for it.
  Json json = {{"name", name},
               {"run_name", name},
               {"run_type", "iteration"},
               {"repetitions", 1},
               {"repetition_index", 0},
               {"threads", 1},
               {"iterations", s.queries},
               {"real_time", *l.mean},
               {"cpu_time", *l.mean},
               {"time_unit", "ns"}};
  for (const PercentileFigure& figure : l.percentiles)
    add(json, fmt::format("p{}_ns", figure.p).c_str(), figure.ns);
  add(json, "items_per_second", s.throughput_per_second);
  add(json, "power_W", s.power.watts);
  add(json, "joules_per_query", s.energy.joules_per_query);
  add(json, "rmse", s.accuracy.rmse);
  json["label"] = fmt::format("{}, {}", s.device.name, to_string(s.provenance));
  return json;
}

Json measure(double value, std::optional<double> low, std::optional<double> high) {
  Json json = {{"value", value}};
  add(json, "lower_value", low);
  add(json, "upper_value", high);
  return json;
}

std::string dump(const Json& json) {
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

std::string as_google_benchmark(const std::vector<Summary>& summaries) {
  Json context = Json::object(), benchmarks = Json::array();
  for (const Summary& s : summaries) {
    if (context.empty())
      context = {{"date", s.manifest.started_at},
                 {"host_name", s.manifest.host},
                 {"executable", "steelyard"},
                 {"num_cpus", s.manifest.cores},
                 {"mhz_per_cpu", 0},
                 {"cpu_scaling_enabled", s.manifest.governor != "performance"},
                 {"caches", Json::array()},
                 {"load_avg", Json::array()},
                 {"library_build_type", "release"},
                 {"steelyard_version", s.manifest.tool_version}};
    if (tellable(s)) benchmarks.push_back(benchmark_of(s));
  }
  return dump({{"context", context}, {"benchmarks", benchmarks}});
}

std::string as_bmf(const std::vector<Summary>& summaries) {
  Json json = Json::object();
  for (const Summary& s : summaries) {
    if (!tellable(s)) continue;
    Json& out = json[name_of(s)];
    const auto& l = s.latency_ns;
    out["latency"] = measure(*l.mean, l.mean_ci ? std::optional(l.mean_ci->low) : std::nullopt,
                             l.mean_ci ? std::optional(l.mean_ci->high) : std::nullopt);
    for (const PercentileFigure& figure : l.percentiles)
      if (figure.ns && std::isfinite(*figure.ns))
        out[fmt::format("latency-p{}", figure.p)] = measure(*figure.ns, {}, figure.upper_ns);
    if (s.throughput_per_second) out["throughput"] = measure(*s.throughput_per_second, {}, {});
    if (s.power.watts)
      out["power-watts"] = measure(*s.power.watts, s.power.low_watts, s.power.high_watts);
    if (s.energy.joules_per_query)
      out["joules-per-query"] = measure(*s.energy.joules_per_query, {}, {});
    if (s.accuracy.rmse) out["rmse"] = measure(*s.accuracy.rmse, {}, {});
  }
  return dump(json);
}

}  // namespace steelyard::exchange

// SPDX-License-Identifier: Apache-2.0
// Advice as the published JSON (docs/cli.md). Thread-safe.
#include "steelyard/exchange/formats.h"
#include "steelyard/exchange/json_values.h"

namespace steelyard::exchange {
namespace {

using exchange::json_of;  // beside the overloads of this file

Json json_of(const Estimate& e) {
  return {{"value", number(e.value)}, {"low", number(e.low)}, {"high", number(e.high)}};
}
Json json_of(const std::optional<Estimate>& e) { return e ? json_of(*e) : Json(nullptr); }

Json json_of(const Check& c) {
  return {{"metric", c.metric},
          {"unit", c.unit},
          {"limit", number(c.limit)},
          {"value", json_of(c.value)},
          {"verdict", to_string(c.verdict)},
          {"reason", json_of(c.reason)}};
}

Json json_of(const std::vector<Check>& checks) {
  Json out = Json::array();
  for (const Check& check : checks) out.push_back(json_of(check));
  return out;
}

Json json_of(const Candidate& c) {
  return {{"name", c.name},
          {"spec", c.spec},
          {"host", c.host},
          {"case", c.case_id},
          {"precision", to_string(c.precision)},
          {"provenance", to_string(c.provenance)},
          {"trust", c.trust},
          {"verdict", to_string(c.verdict)},
          {"first_place", c.first_place},
          {"last_place", c.last_place},
          {"on_front", c.on_front},
          {"percentile", c.percentile},
          {"latency_ns", json_of(c.latency_ns)},
          {"capacity_per_second", json_of(c.capacity_per_second)},
          {"idle_watts", json_of(c.idle_watts)},
          {"busy_watts", json_of(c.busy_watts)},
          {"marginal_joules", json_of(c.marginal_joules)},
          {"watts", json_of(c.watts)},
          {"joules_per_query", json_of(c.joules_per_query)},
          {"kwh_per_day", json_of(c.kwh_per_day)},
          {"power_reason", json_of(c.power_reason)},
          {"price", json_of(c.price)},
          {"cost_per_day", json_of(c.cost_per_day)},
          {"price_reason", json_of(c.price_reason)},
          {"rmse", number(c.rmse)},
          {"rmse_loss_percent", number(c.rmse_loss_percent)},
          {"checks", json_of(c.checks)}};
}

Json json_of(const Question& q) {
  Json latency = Json::array();
  for (const LatencyLimit& limit : q.latency)
    latency.push_back({{"p", limit.percentile}, {"ns", number(limit.ns)}});
  return {{"latency", latency},
          {"rate", number(q.rate)},
          {"max_watts", number(q.max_watts)},
          {"max_rmse_loss_percent", number(q.max_rmse_loss)},
          {"budget", number(q.budget)},
          {"price_per_kwh", number(q.price_per_kwh)},
          {"years", number(q.years)},
          {"currency", q.currency},
          {"boundary", q.boundary},
          {"measured_only", q.measured_only}};
}

template <class Item, class Make>
Json list(const std::vector<Item>& items, Make make) {
  Json out = Json::array();
  for (const Item& item : items) out.push_back(make(item));
  return out;
}

Json json_of(const Advice& a) {
  const auto name = [&](std::size_t i) { return a.candidates[i].name; };
  Json json = {{"model", a.model},
               {"question", json_of(a.question)},
               {"by", a.by},
               {"expected", a.expected}};
  json["systems"] = list(a.candidates, [](const Candidate& c) { return json_of(c); });
  json["crossings"] = list(a.crossings, [&](const Crossing& c) -> Json {
    return {{"by", c.by},
            {"below", name(c.below)},
            {"above", name(c.above)},
            {"rate_per_second", json_of(c.rate)}};
  });
  json["ranges"] = list(a.ranges, [&](const RateRange& r) -> Json {
    return {{"by", r.by},
            {"winner", name(r.winner)},
            {"from", number(r.from)},
            {"to", number(r.to)},
            {"ends", r.ends_at_capacity ? "capacity" : "crossing"}};
  });
  json["sensitivities"] = list(a.sensitivities, [&](const Sensitivity& s) -> Json {
    return {{"what", s.what},
            {"winner", name(s.winner)},
            {"other", name(s.other)},
            {"now", number(s.now)},
            {"at", number(s.at)}};
  });
  json["relaxations"] = list(a.relaxations, [&](const Relaxation& r) -> Json {
    return {{"system", name(r.candidate)}, {"checks", json_of(r.checks)}};
  });
  json["needs"] = list(a.needs, [](const Need& n) -> Json {
    return {{"why", n.why}, {"name", n.name}, {"command", n.command}};
  });
  json["assumed"] = list(a.assumed, [](const Assumed& x) -> Json {
    return {{"what", x.what}, {"item", x.item},   {"value", json_of(x.value)},
            {"unit", x.unit}, {"as_of", x.as_of}, {"source", x.source}};
  });
  return json;
}

}  // namespace

std::string as_json(const std::vector<Advice>& advice) {
  Json json = {{"schema_version", 1},
               {"advice", list(advice, [](const Advice& a) { return json_of(a); })}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace steelyard::exchange

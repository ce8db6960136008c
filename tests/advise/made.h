// SPDX-License-Identifier: Apache-2.0
// Analytic devices: figures that are chosen, so that what advise must answer is known.
#pragma once

#include <string>
#include <utility>

#include "steelyard/advise/advise.h"

namespace steelyard {

struct Made {
  std::string name;
  double latency_ms, tail;  // p99 = latency * tail
  double idle_watts, busy_watts;
  double rmse = 2;
  Precision precision = Precision::fp32;
  Provenance provenance = Provenance::measured;
  double band = 1;  // of power: value / band .. value * band
};

// A device whose figures are of a whole system: no host is added.
inline Summary made_row(const Made& made, const std::string& boundary = "wall") {
  Summary s;
  s.model = "GRU";
  s.model_sha256 = "a";
  s.spec = "fake:" + made.name;
  s.host = "bench";
  s.backend = "fake";
  s.case_id = made.name;
  s.device.name = made.name;
  s.device.runtime = "runtime";
  s.provenance = s.device.provenance = made.provenance;
  s.precision = s.obtained = made.precision;
  const double ns = made.latency_ms * 1e6;
  s.latency_ns.mean = ns;
  s.latency_ns.percentiles = {{50, ns, ns, {}},
                              {99, ns * made.tail, ns * made.tail * 1.05, {}},
                              {99.9, ns * made.tail * 2, {}, Reason{ReasonCode::too_few_queries}}};
  s.throughput_per_second = 1e9 / ns;
  s.power.watts = made.busy_watts;
  s.power.idle_watts = made.idle_watts;
  s.power.boundary = boundary;
  if (made.band > 1) {
    s.power.low_watts = made.busy_watts / made.band;
    s.power.high_watts = made.busy_watts * made.band;
  }
  s.energy.boundary = boundary;
  s.energy.joules_per_query = made.busy_watts * ns * 1e-9;
  s.energy.dynamic_joules_per_query = (made.busy_watts - made.idle_watts) * ns * 1e-9;
  s.accuracy.rmse = made.rmse;
  s.accuracy.unit = "USD";
  return s;
}

// Slow and frugal at rest against fast and costly at rest: 1 W + 50 mJ and 11 W + 10 mJ an
// inference meet at 250 /s.
inline const Made kFrugal{"Frugal", 2, 1.1, 1, 26};
inline const Made kFast{"Fast", 0.1, 1.2, 11, 111};

inline SystemTable made_table(double frugal_price = 100, double fast_price = 900) {
  SystemTable table;
  HostEntry none{"Shelf", {}, {}, {}, {}, Sourced{{0, 0, 0}, "USD", "2026-11", "made"}};
  table.hosts = {{"shelf", none}, {"rack", none}};
  table.hosts["rack"].name = "Rack";
  table.accelerators = {
      {"frugal",
       {"Frugal",
        {"Frugal"},
        "shelf",
        Sourced{{frugal_price, frugal_price, frugal_price}, "USD", "2026-11", "made"}}},
      {"fast",
       {"Fast",
        {"Fast"},
        "rack",
        Sourced{{fast_price, fast_price, fast_price}, "USD", "2026-11", "made"}}}};
  table.per_usd = {{"KRW", {{1000, 1000, 1000}, "KRW", "2026-11", "made"}}};
  return table;
}

}  // namespace steelyard

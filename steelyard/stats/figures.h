// SPDX-License-Identifier: Apache-2.0
// The parts of a Summary, one function each; summarize() puts them together. Pure, thread-safe.
// Private to `stats`.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include "steelyard/record/record.h"
#include "steelyard/record/summary.h"

namespace steelyard::stats {

// What the measuring blocks of a case add up to.
struct Totals {
  std::vector<const Block*> blocks;  // measuring ones that answered something
  std::uint64_t queries = 0, items = 0;
  nanoseconds wall{0}, cpu{0};
  std::uint32_t workers = 0;
};
Totals totals_of(const Measurement&);

Reason reason(ReasonCode code, std::vector<Quantity> values = {}, std::string quoted = {});

LatencyFigures latency_of(const Totals&);
RateFigures rates_of(const Measurement&, const Totals&, const LatencyFigures&);
AccuracyFigures accuracy_of(const Measurement&);
CorrectnessFigures correctness_of(const Measurement&);
UtilisationFigures utilisation_of(const Measurement&, const Totals&);
MemoryFigures memory_of(const Measurement&, const Totals&);
PowerFigures power_of(const Measurement&, const Totals&);
// Both from the energy pass where there was one; else power_of() alone.
void add_energy(const Measurement&, const Totals&, PowerFigures&, EnergyFigures&);
// That the latencies fall into two groups, with the slower one's share; nothing where they do not.
std::optional<Reason> two_groups(const Totals&);
TrustFigures trust_of(const Measurement&, const Totals&, const LatencyFigures&, const RateFigures&,
                      std::optional<double> harness_overhead_ns);

TimelineFigures timeline_of(const Measurement&);
ForecastFigures forecast_of(const Measurement&);

// Figures that another tool printed, over what could be computed; what it did not say is missing
// for that reason.
void fill_reported(Summary&, const Measurement&);

bool is_null(const Measurement&);
bool is_simulated(const Measurement&);

}  // namespace steelyard::stats

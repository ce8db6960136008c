// SPDX-License-Identifier: Apache-2.0
// Joules from an instrument's readings of the energy pass. What an instrument does to the truth is
// undone where it is known (how long a reading averages), and where it could hide an error of more
// than one percent the figure is withheld with the reason. docs/method.md has the rules. Pure.
#include <algorithm>
#include <cmath>

#include "steelyard/stats/figures.h"
#include "steelyard/stats/stats.h"
#include "steelyard/stats/trace.h"

namespace steelyard::stats {
namespace {

// A pass lasts 10 s and 20 updates at least: then an end between two updates cannot hide one
// percent.
constexpr double kFewestUpdates = 20;
constexpr double kShortest = 10;
constexpr double kMostError = 0.01;
// Correlation below which a meter's file may belong to another run or another clock.
constexpr double kLeastQuality = 0.8;
constexpr double kDay = 86'400;

// One instrument over the whole pass.
struct Pass {
  const Block *idle = nullptr, *context = nullptr, *load = nullptr, *rest = nullptr;
};

// The last pass of a case counts: an earlier one was interrupted.
Pass pass_of(const Measurement& m) {
  Pass pass;
  for (const Block& block : m.blocks) {
    if (block.phase == Phase::idle) pass.idle = &block;
    if (block.phase == Phase::context) pass.context = &block;
    if (block.phase == Phase::load && block.items > 0) pass.load = &block;
    if (block.phase == Phase::rest) pass.rest = &block;
  }
  return pass;
}

// Why the pass ended before its load: a load without queries says so.
std::optional<Reason> failure_of(const Measurement& m) {
  for (const Block& block : m.blocks)
    if (block.phase == Phase::load && block.items == 0 && !block.gaps.empty())
      return block.gaps.front().reason;
  return {};
}

std::optional<Reason> lost_in(const Block& block, std::size_t channel) {
  for (const Gap& gap : block.gaps)
    if (gap.channel == channel && gap.begin <= block.end && gap.end >= block.begin)
      return gap.reason;
  return {};
}

struct Watched {
  double joules = 0, seconds = 0, updates = 0;
  std::optional<double> idle_watts, context_watts;
  std::optional<Reason> reason, dynamic_reason;
};

Reason too_few(const Watched& seen, double seconds, double needed) {
  return reason(ReasonCode::too_few_updates, {{"n", seen.updates, ""},
                                              {"needed", std::ceil(needed), ""},
                                              {"seconds", std::ceil(seconds), "s"}});
}

// Joules that each way of being wrong may have cost.
struct Doubts {
  double ends = 0, lag = 0, idle = 0;
  double all() const { return ends + lag + idle; }
};

// The greatest of the doubts is the reason, where they are too much for `joules` together.
std::optional<Reason> doubted(const Watched& seen, const Doubts& doubts, double joules) {
  const double share = joules > 0 ? doubts.all() / joules : 1;
  if (share <= kMostError) return {};
  const double seconds = std::ceil(1.1 * seen.seconds * share / kMostError);
  if (doubts.idle > doubts.ends && doubts.idle > doubts.lag)
    return reason(ReasonCode::unsteady_idle, {{"percent", 100 * share, "%"}});
  if (doubts.lag > doubts.ends)
    return reason(ReasonCode::sensor_lags,
                  {{"percent", 100 * share, "%"}, {"seconds", seconds, "s"}});
  // What the ends hide does not grow with the load, so its share shrinks.
  return too_few(seen, seconds, seen.updates * seconds / seen.seconds);
}

// A moving average of unknown length, and a device that stays warm after its work, both show after
// the load what they did not show at its beginning.
double lag_of(const Trace& trace, const Pass& pass) {
  if (trace.is_counter() || trace.channel().average > nanoseconds(0) || pass.rest == nullptr)
    return 0;
  return trace.excess_after(*pass.load, *pass.rest);
}

Watched watch(const Trace& trace, const Pass& pass) {
  Watched seen;
  seen.seconds = seconds_of(pass.load->end - pass.load->begin);
  if (const auto lost = lost_in(*pass.load, trace.index())) {
    seen.reason = lost;
    return seen;
  }
  seen.updates = trace.updates(*pass.load);
  const double each =
      std::max(seconds_of(trace.period()), seen.seconds / std::max(seen.updates, 1.0));
  if (seen.updates < kFewestUpdates || seen.seconds < kShortest) {
    const double longer = std::max(kShortest, 1.1 * each * (kFewestUpdates + 1));
    seen.reason = too_few(seen, longer, longer / each);
    return seen;
  }
  if (trace.has_hole(*pass.load)) {
    const bool meter = trace.channel().name == "meter";
    seen.reason = reason(meter ? ReasonCode::outside_file : ReasonCode::sensor_lost);
    return seen;
  }
  const double bias = trace.bias_of_phase(*pass.load);
  if (bias > kMostError) {
    seen.reason = reason(ReasonCode::sensor_phase, {{"percent", 100 * bias, "%"}});
    return seen;
  }
  const auto context = pass.context ? trace.steady(*pass.context) : std::nullopt;
  if (context) seen.context_watts = context->watts;
  const Energy energy = trace.energy(*pass.load, seen.context_watts);
  seen.joules = energy.joules;
  Doubts doubts{energy.error, lag_of(trace, pass), 0};
  seen.reason = doubted(seen, doubts, seen.joules);
  const auto idle = pass.idle ? trace.steady(*pass.idle) : std::nullopt;
  if (!idle) {
    const auto lost = pass.idle ? lost_in(*pass.idle, trace.index()) : std::nullopt;
    seen.dynamic_reason = lost ? *lost : reason(ReasonCode::not_measured);
    return seen;
  }
  seen.idle_watts = idle->watts;
  // Noise is not wandering.
  const double wandered = std::abs(idle->later - idle->earlier) - 3 * idle->error;
  doubts.idle = std::max(wandered, 0.0) * seen.seconds;
  seen.dynamic_reason = doubted(seen, doubts, seen.joules - idle->watts * seen.seconds);
  return seen;
}

struct Chosen {
  const Channel* channel = nullptr;
  Watched seen;
};

// An outside meter was asked for by name; else the device's counter, else its power.
std::optional<Chosen> best_of(const Measurement& m, const Pass& pass) {
  std::optional<Chosen> first;
  for (const std::string_view name : {"meter", "energy", "power"})
    for (std::size_t c = 0; c < m.channels.size(); ++c) {
      if (m.channels[c].name != name) continue;
      Chosen chosen{&m.channels[c], watch(Trace(m.channels[c], c, m.blocks), pass)};
      if (name == "meter") {
        if (!m.meter || m.meter->quality < kLeastQuality)
          chosen.seen.reason =
              reason(ReasonCode::misaligned, {{"quality", m.meter ? m.meter->quality : 0, ""},
                                              {"needed_quality", kLeastQuality, ""}});
        return chosen;
      }
      if (!chosen.seen.reason) return chosen;
      if (!first) first = std::move(chosen);
    }
  return first;
}

double rate_asked(const Scenario& scenario) {
  return std::visit(
      [](const auto& load) {
        if constexpr (requires { load.rate_per_second; }) return load.rate_per_second;
        return 0.0;
      },
      scenario);
}

// A day of the rate that the load asks for; closed loops ask for none and get one a second.
void add_day(const Measurement& m, std::optional<double> context_watts, EnergyFigures& figures) {
  if (!context_watts || !figures.joules_per_query || !figures.seconds_per_query) return;
  const double asked = rate_asked(m.what.scenario);
  const double rate = asked > 0 ? asked : 1;
  if (rate * *figures.seconds_per_query > 1.05) return;  // it cannot keep up
  figures.rate_per_second = rate;
  figures.joules_per_day =
      kDay * (*context_watts +
              rate * (*figures.joules_per_query - *context_watts * *figures.seconds_per_query));
}

void add_error(const Channel& channel, EnergyFigures& figures) {
  if (channel.low <= 0 || channel.high <= 0) return;
  if (const auto& all = figures.joules_per_query) {
    figures.low_joules_per_query = *all * channel.low;
    figures.high_joules_per_query = *all * channel.high;
  }
  if (const auto& dynamic = figures.dynamic_joules_per_query) {
    figures.low_dynamic_joules_per_query = *dynamic * channel.low;
    figures.high_dynamic_joules_per_query = *dynamic * channel.high;
  }
}

EnergyFigures figures_of(const Measurement& m, const Pass& pass, const Chosen& chosen) {
  const auto& [channel, seen] = chosen;
  EnergyFigures figures;
  figures.boundary = channel->boundary;
  figures.definition = channel->definition;
  figures.provenance = channel->provenance;
  figures.updates = seen.updates;
  figures.method = channel->unit == "J" ? "counter" : "integral";
  if (channel->name == "meter") figures.alignment = m.meter;
  if (seen.reason) {
    figures.reason = seen.reason;
    return figures;
  }
  const double items = static_cast<double>(pass.load->items);
  figures.seconds_per_query = seen.seconds / items;
  figures.joules_per_query = seen.joules / items;
  if (seen.dynamic_reason)
    figures.dynamic_reason = seen.dynamic_reason;
  else
    figures.dynamic_joules_per_query = (seen.joules - *seen.idle_watts * seen.seconds) / items;
  add_error(*channel, figures);
  add_day(m, seen.context_watts, figures);
  return figures;
}

PowerFigures power_in(const Chosen& chosen) {
  const auto& [channel, seen] = chosen;
  PowerFigures power;
  power.boundary = channel->boundary;
  power.definition = channel->definition;
  power.provenance = channel->provenance;
  power.idle_watts = seen.idle_watts;
  power.context_idle_watts = seen.context_watts;
  if (seen.reason) {
    power.reason = seen.reason;
    return power;
  }
  power.watts = seen.joules / seen.seconds;
  if (channel->low > 0 && channel->high > 0) {
    power.low_watts = *power.watts * channel->low;
    power.high_watts = *power.watts * channel->high;
  }
  return power;
}

// Watts read by eye hold for the rate at which the case was measured.
void enter(const EnteredPower& entered, const Totals& totals, PowerFigures& power,
           EnergyFigures& energy) {
  power = {};
  power.watts = entered.active_watts;
  power.idle_watts = entered.idle_watts;
  power.boundary = energy.boundary = entered.boundary;
  power.definition = energy.definition = "read by eye: " + entered.note;
  power.provenance = Provenance::entered;
  if (!power.watts) power.reason = reason(ReasonCode::not_measured);
  energy = {};
  energy.boundary = power.boundary;
  energy.definition = power.definition;
  energy.provenance = Provenance::entered;
  energy.method = "entered";
  if (!power.watts || totals.items == 0) {
    energy.reason = reason(ReasonCode::not_measured);
    return;
  }
  energy.seconds_per_query = seconds_of(totals.wall) / static_cast<double>(totals.items);
  energy.joules_per_query = *power.watts * *energy.seconds_per_query;
  if (power.idle_watts)
    energy.dynamic_joules_per_query =
        (*power.watts - *power.idle_watts) * *energy.seconds_per_query;
  else
    energy.dynamic_reason = reason(ReasonCode::not_measured);
}

}  // namespace

void add_energy(const Measurement& m, const Totals& totals, PowerFigures& power,
                EnergyFigures& energy) {
  const Pass pass = pass_of(m);
  const auto failed = failure_of(m);
  const auto chosen = pass.load != nullptr ? best_of(m, pass) : std::nullopt;
  if (chosen) {
    power = power_in(*chosen);
    energy = figures_of(m, pass, *chosen);
  } else {
    power = power_of(m, totals);
    energy.boundary = power.boundary;
    energy.definition = power.definition;
    energy.provenance = power.provenance;
    energy.reason = failed ? failed : power.watts ? reason(ReasonCode::not_measured) : power.reason;
  }
  if (m.entered) enter(*m.entered, totals, power, energy);
}

}  // namespace steelyard::stats

namespace steelyard {

std::optional<double> joules_per_day(const Summary& s, double rate_per_second) {
  const auto& energy = s.energy;
  const auto& waiting = s.power.context_idle_watts;
  if (!waiting || !energy.joules_per_query || !energy.seconds_per_query) return {};
  if (rate_per_second * *energy.seconds_per_query > 1.05) return {};
  return stats::kDay * (*waiting + rate_per_second * (*energy.joules_per_query -
                                                      *waiting * *energy.seconds_per_query));
}

}  // namespace steelyard

// SPDX-License-Identifier: Apache-2.0
// What was seen: blocks of queries, readings of instruments, outputs. Raw; every figure is computed
// from it later.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "steelyard/base/units.h"
#include "steelyard/record/histogram.h"
#include "steelyard/record/plan.h"

namespace steelyard {

// One clock for all three. `due` is when an open-loop query should have begun; in closed loops it
// equals `started`.
struct Query {
  nanoseconds due{0}, started{0}, finished{0};
};

// A stream of numbers from an instrument. `boundary`: process, core, chip, module, board, system,
// wall. The plain names "power", "energy" (a counter), "utilisation" and "memory" stand for the
// whole device; a part or another view of it has a dot: "power.average", "cpu.core.0".
struct Channel {
  std::string name;
  std::string unit;  // "W", "%", "s"
  std::string boundary;
  std::string definition;  // what exactly is counted, English: vendor text or ours
  nanoseconds period{0};   // how often it really changes; 0 = on every read
  Provenance provenance = Provenance::measured;
  // The true value lies between low and high times the reading: the band of a modelled value, or
  // the instrument's known error. 0, 0 = none stated.
  double low = 0, high = 0;
  // A reading is the mean over so long before it; less than `period`: the rest is never seen; 0 =
  // not known.
  nanoseconds average{0};
};
struct Reading {
  std::uint16_t channel = 0;  // index into Measurement::channels
  nanoseconds time{0};
  double value = 0;
};

// Of the energy pass, in this order: idle (no model loaded), context (loaded, waiting), load, rest
// (waiting again). Marks are pulses of plain CPU load by which a meter's file is laid over the run.
enum class Phase { idle, warm_up, measure, context, load, rest, mark };
std::string_view to_string(Phase);
std::optional<Phase> phase_from(std::string_view);

// Where an instrument did not answer.
struct Gap {
  std::uint16_t channel = 0;  // index into Measurement::channels
  nanoseconds begin{0}, end{0};
  Reason reason;
};

// The unit of work and of storage: what one worker did in one go. Queries beyond the kept ones are
// in the histogram and the moments, which always cover all of them.
struct Block {
  std::uint32_t worker = 0;  // which fresh process, counted per case
  std::uint32_t order = 0;   // position in the campaign
  Phase phase = Phase::measure;
  nanoseconds begin{0}, end{0};
  std::uint64_t count = 0;  // queries
  std::uint64_t items = 0;  // windows answered: count * batch
  std::uint64_t first_window = 0;
  nanoseconds cpu_time{0};     // of the worker process, within begin..end
  Moments latency;             // of all queries, ns
  Histogram histogram;         // of all queries, ns
  std::vector<Query> queries;  // the first ones, bounded
  std::vector<Reading> readings;
  std::vector<Gap> gaps;  // where instruments did not answer
  double other_load = 0;  // cores used by other processes meanwhile
  // Open loops: how long after they could have left queries left, ns, and how many of them over
  // 1 ms. Waiting for a place on the device is not part of it.
  Moments send_delay;
  std::uint64_t late = 0;
  double rate_per_second = 0;   // offered; of PeakRate the highest that held, 0 when none did
  Moments prepare;              // Streaming: the work between ticks, ns
  HostState host;               // right after the block
  std::uint64_t throttled = 0;  // times that the processor slowed down for heat meanwhile
  nanoseconds cool_down{0};  // waited before it, until the device was as cool as at the beginning
};

// Where the time of a query goes, on average, by a runtime's own clocks in a pass of its own.
struct TimePart {
  std::string name;  // as the vendor's tools call it: "enqueue", "H2D", "device", "D2H"
  double mean_ns = 0;
  std::string definition;
};

struct Startup {
  nanoseconds load{0};  // compile() and open()
  nanoseconds first_query{0};
  nanoseconds warm_up{0};
  std::uint64_t warm_up_queries = 0;
};

// How a meter's own clock was laid over the run's.
struct Alignment {
  std::string method;        // "time stamps", "load pulses"
  double shift_seconds = 0;  // that the meter's times were moved by
  double drift_ppm = 0;      // how much faster its clock runs
  double quality = 0;        // correlation of its watts with the load, -1 to 1
  friend bool operator==(const Alignment&, const Alignment&) = default;
};

// Watts that somebody read by eye.
struct EnteredPower {
  std::optional<double> idle_watts, active_watts;
  std::string boundary;
  std::string note;
  friend bool operator==(const EnteredPower&, const EnteredPower&) = default;
};

// What was added to a finished database: a meter's readings on the run's clock, or entered watts.
struct Attachment {
  std::string host, spec;   // what it belongs to; empty = all
  std::string campaign;     // meter only
  std::string file;         // as the user named it
  std::string attached_at;  // UTC, ISO 8601
  std::optional<Alignment> alignment;
  Channel channel;
  std::vector<Reading> readings;
  std::optional<EnteredPower> entered;
};

// Figures that another tool printed of its own run, where it keeps no queries: nothing can be
// computed from them, and no bound.
struct Reported {
  std::string by;  // "hailortcli benchmark --csv"
  // latency.mean, .stddev, .min, .max, .p99 (any percentile; ns), throughput (1/s), utilisation
  // (%), memory (B), power (W), rmse (unit of the data), queries, seconds
  std::vector<Quantity> figures;
};

// Raw. Everything later is computed from this.
struct Measurement {
  std::string campaign;
  Case what;
  Effort effort;
  Manifest manifest;
  Outcome outcome;
  Startup startup;
  std::uint64_t memory_bytes =
      0;  // the worker's peak resident size while it held the model; 0 = unknown
  Precision obtained = Precision::fp32;
  std::vector<Reason> remarks;  // how the runtime took the model
  std::vector<TimePart> parts;
  std::vector<Channel> channels;
  std::optional<Reported> reported;  // imported cases only
  std::vector<Block> blocks;
  // Outputs kept from the timed run: `output_width` numbers a window, in window order; `seen[i]`
  // tells whether window i was ever answered. Each window counts once.
  std::uint32_t output_width = 0;
  std::vector<float> outputs;
  std::vector<std::uint8_t> seen;
  std::shared_ptr<const Truth> truth;  // null when the case has none
  // Laid over it when it was loaded; the original is unchanged. The meter's readings are on the
  // channel "meter".
  std::optional<Alignment> meter;
  std::optional<EnteredPower> entered;
};

}  // namespace steelyard

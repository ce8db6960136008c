// SPDX-License-Identifier: Apache-2.0
// Why something is as it is: where a number was born, and the codes by which results speak of
// themselves. `report` has one sentence in two languages for each.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace steelyard {

// Where a number was born. Carried unchanged to the last table cell.
enum class Provenance { measured, simulated, imported, entered };
std::string_view to_string(Provenance);
std::optional<Provenance> provenance_from(std::string_view);

// Everything that a result may have to say for itself; `report` has one sentence in two languages
// for each.
enum class ReasonCode {
  none,
  too_few_queries,  // n, needed: the percentile has no bound at this confidence
  no_sensor,        // no instrument for this metric was found on this device
  too_few_updates,  // n, needed, seconds: the instrument changed too seldom; load it so long
                    // instead
  sensor_lost,      // quoted = what the instrument said when it stopped answering
  sensor_lags,      // percent, seconds: readings still above idle after the load; load it so long
  sensor_phase,     // percent: a part-time instrument saw so much more or less of the queries
  unsteady_idle,    // percent of the dynamic power by which idle power wandered
  misaligned,       // quality, needed_quality: the meter's file does not fit the load
  outside_file,     // quoted = what part of the energy pass the meter's file does not cover
  not_reported,     // the runtime does not report it; quoted = what was asked
  not_in_file,      // imported; quoted = the tool whose file does not say it
  no_targets,       // the model carries no window recipe, so there is no prediction error
  incomplete_pass,  // seen, windows: the timed run did not reach every test window
  no_reference,     // quoted = why no FP32 reference could be computed
  outputs_meaningless,  // the null backend answers nothing
  not_measured,         // this scenario does not measure it
  not_built,            // availability, quoted = details
  no_runtime,
  no_device,
  unsupported,       // quoted = node and operator, or option
  error,             // quoted = Error::what()
  crashed,           // signal; quoted = last words on stderr
  exited,            // status; quoted = last words
  timed_out,         // seconds; quoted = last words
  interrupted,       // Ctrl-C before this case was complete
  harness_overhead,  // percent: the harness's own cost against the latency
  drifting,          // ratio of the slowest to the fastest block
  modelled,          // the number comes from a device profile, not from an instrument
  outputs_differ,    // error, tolerance: beyond the precision's tolerance
  bimodal,
  other_load,      // percent of a core used by others while this was measured
  correlated,      // n: neighbouring queries are too much alike for a bound
  too_few_blocks,  // n, needed: no spread to tell a difference from chance
  nodes_on_cpu,    // n; quoted = nodes that the device left to the CPU
  sent_late,       // percent of the queries of an open loop left more than 1 ms late
  overloaded,      // offered, answered: the device cannot keep up with the rate asked for
  no_rate_holds,   // ms: no rate has its 99th percentile within the limit
  imprecise,       // percent, target: the interval of mean or median is wider than asked for
  over_memory,     // megabytes: the worker needed more than it was allowed
  throttled,       // times: the device lowered its clocks; quoted = why, where it says so
  another_graph,   // rmse, original: of the artefact's own reference and of the model, both in FP32
};
std::string_view to_string(ReasonCode);
std::optional<ReasonCode> reason_from(std::string_view);

struct Quantity {
  std::string name;
  double value = 0;
  std::string unit;
  friend bool operator==(const Quantity&, const Quantity&) = default;
};

// A reason without words: a code, its numbers, and what somebody else said (vendor text is quoted,
// never translated).
struct Reason {
  ReasonCode code = ReasonCode::none;
  std::vector<Quantity> values;
  std::string quoted;
  friend bool operator==(const Reason&, const Reason&) = default;
};

struct Outcome {
  enum Kind { Completed, Skipped, Failed } kind = Completed;
  Reason reason;
  std::string hint;  // the way out, English
};
std::string_view to_string(Outcome::Kind);
std::optional<Outcome::Kind> outcome_from(std::string_view);

// Can a backend be used here? Reason and hint are for the user; empty when Ready.
struct Availability {
  enum Kind { Ready, NotBuilt, NoRuntime, NoDevice } kind = Ready;
  std::string reason;
  std::string hint;
};
std::string_view to_string(Availability::Kind);
std::optional<Availability::Kind> availability_from(std::string_view);

}  // namespace steelyard

// SPDX-License-Identifier: Apache-2.0
// The hall of the house: plain data between the making wing and the reading wing. No I/O, no
// virtual functions, no words for people (those are in `report`). Every struct here is listed once
// more, field by field, in fields.h, and from there goes to JSON, MessagePack and the store.
//
// The chain:  Plan (what to do) -> Case (one model on one device under one load) -> Measurement
// (raw: blocks, queries, readings, outputs) -> Summary (figures with bounds and reasons).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "steelyard/base/units.h"
#include "steelyard/record/histogram.h"
#include "steelyard/record/spec.h"

namespace steelyard {

// ---------------------------------------------------------------------------------------------------------------
// Why something is as it is

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

// ---------------------------------------------------------------------------------------------------------------
// What is weighed

// The real device and runtime that a simulated one stands for; a measured row of the same pair
// replaces it.
struct StandsFor {
  std::string device;   // "NVIDIA GeForce RTX 3070 Ti"
  std::string runtime;  // "tensorrt"
  friend bool operator==(const StandsFor&, const StandsFor&) = default;
};

struct Device {
  std::string backend;  // "onnxruntime"
  std::string id;       // "cpu"; with the backend it makes the SPEC
  std::string name;     // for people: "Intel Xeon Platinum 8481C"
  std::string runtime;  // name and version of what runs there: "ONNX Runtime 1.32.0"
  std::string
      physical_id;  // devices that share silicon share this: "cpu", "pci-0000:01:00.0", "simulated"
  std::vector<Precision> precisions;  // that it accepts; the first is its default
  Provenance provenance = Provenance::measured;
  std::optional<StandsFor> stands_for;  // simulated devices only
};

// One line of `steelyard devices`: a device, or a backend that has none and says why.
struct DeviceListing {
  std::string spec;
  std::string backend;
  std::string name;
  Availability availability;
  std::string physical_id;
};

// One line of `steelyard doctor`: something that can be read while a device works, or why not.
struct InstrumentListing {
  std::string id;           // "rapl", "hwmon:ina3221", "nvml:0"
  std::string name;         // for people
  std::string physical_id;  // of the device that it watches; empty: of the whole host
  Availability availability;
  std::vector<std::string> channels;  // "energy J (chip)"
};

// A file made from a model for one runtime. `kind`: onnx, unrolled, hef, engine.
struct Artefact {
  std::string kind = "onnx";
  std::string path;
  std::string sha256;
  std::string reference_sha256;  // of the ONNX whose FP32 outputs are right for this artefact
};

// ---------------------------------------------------------------------------------------------------------------
// How rows of a table become inputs of a model. Written by `train` into the model file, obeyed by
// `run`.

enum class Normalise { window, minmax, zscore };
std::string_view to_string(Normalise);
std::optional<Normalise> normalise_from(std::string_view);

// For one feature: normalised = (value - offset) / scale, after making it relative to the window
// for Normalise::window. Fitted on the training rows only. Formulas, and what scale 0 means:
// data.h.
struct FeatureScale {
  double offset = 0;
  double scale = 1;
  friend bool operator==(const FeatureScale&, const FeatureScale&) = default;
};

struct WindowRecipe {
  std::vector<std::string>
      features;        // column names in input order, e.g. Open High Low Close Volume
  std::string target;  // column predicted for the row after the window
  int window = 8;      // rows a window
  Normalise normalise = Normalise::window;
  std::vector<FeatureScale> scales;   // one a feature, then the target's
  double train_fraction = 0.70;       // of the windows, in time order
  double validation_fraction = 0.15;  // the rest is the test part
  bool adjusted = false;              // Adj Close was applied
  std::string ticker;  // rows selected from a long file; empty when there was nothing to select
  std::string data_sha256;  // of the file it was fitted on
};

// What the outputs are compared with: one entry a test window, in window order. Shared by all cases
// of a (model, data) pair and stored once. price = output * scale + offset.
struct Truth {
  std::string id;    // sha256 of the content
  std::string unit;  // of target, e.g. "USD"; empty when the data does not say
  std::string target_name;
  std::vector<double> target;  // what really came
  std::vector<double> naive;   // the last known value: the forecast "tomorrow = today"
  std::vector<double> scale;   // to turn a model output into the target's unit
  std::vector<double> offset;
  std::vector<float>
      reference;  // FP32 outputs of the native engine; empty when it cannot run the model
  std::string no_reference_because;
  // Outputs of the model's own graph where `reference` is another one's, which an artefact was made
  // from; else empty.
  std::vector<float> original;
  std::uint64_t windows() const { return target.size(); }
};

// ---------------------------------------------------------------------------------------------------------------
// Loads. Each holds its own settings only.

struct SingleStream {  // one query at a time, the next when the last has finished
  friend bool operator==(const SingleStream&, const SingleStream&) = default;
};
struct Offline {  // as many as possible: `batch` windows a query, `in_flight` queries at once
  int batch = 64;
  int in_flight = 1;
  friend bool operator==(const Offline&, const Offline&) = default;
};
// Open loops: queries come when they come, whether or not the last was answered; latency counts
// from `Query::due`. At most `in_flight` of them are with the device, the others wait their turn.
struct Server {  // Poisson arrivals, drawn from the stored seed
  double rate_per_second = 0;
  int in_flight = 1;
  friend bool operator==(const Server&, const Server&) = default;
};
struct FixedRate {  // one every 1 / rate
  double rate_per_second = 0;
  int in_flight = 1;
  friend bool operator==(const FixedRate&, const FixedRate&) = default;
};
struct PeakRate {  // the highest Poisson rate at which the bound of the 99th percentile is in `p99`
  nanoseconds p99{0};
  int in_flight = 1;
  friend bool operator==(const PeakRate&, const PeakRate&) = default;
};
struct Streaming {  // one time step a query, the state carried from step to step of a window
  friend bool operator==(const Streaming&, const Streaming&) = default;
};
using Scenario = std::variant<SingleStream, Offline, Server, FixedRate, PeakRate, Streaming>;
// "SingleStream", "Offline", ...: the names above.
std::string_view kind_of(const Scenario&);
// Windows a query, and queries with the device at once.
int batch_of(const Scenario&);
int in_flight_of(const Scenario&);
// Queries a second that are asked for; 0 where the load does not say.
double rate_of(const Scenario&);

// `--set backend.key=value`: part of a case's identity, checked by the backend that owns it.
struct Setting {
  std::string key;  // without the backend's name: "threads"
  std::string value;
  friend bool operator==(const Setting&, const Setting&) = default;
};

// When a case has been measured for long enough: all of min_queries, min_duration and one full pass
// over the windows, but never longer than max_duration. Durations are on the device's own clock, so
// virtual time counts.
struct Effort {
  std::string name = "quick";
  std::uint64_t min_queries = 10'000;
  nanoseconds min_duration = std::chrono::seconds(2);
  nanoseconds max_duration = std::chrono::seconds(10);
  nanoseconds warm_up = std::chrono::milliseconds(200);
  std::uint64_t warm_up_queries = 10;
  std::uint32_t blocks =
      5;  // a case's work is cut into this many, interleaved with the other cases'
  std::uint32_t workers = 1;  // fresh processes a case
  // Blocks are added, up to max_duration, until half the 95 % intervals of mean and median are this
  // share of them and the last three blocks agree within 10 %; 0 = never.
  double target_error = 0;
};

// One model on one device under one load.
struct Case {
  std::string id;     // identity(): equal in two campaigns when they asked the same question
  std::string model;  // name without folder or suffix
  std::string model_path;
  std::string model_sha256;
  Artefact artefact;
  Spec spec;
  Device device;
  Precision precision = Precision::fp32;
  std::vector<Setting> settings;
  Scenario scenario;
  std::string truth;  // Truth::id; empty when the model carries no recipe
};
// sha256 of model hash, spec, precision, settings, scenario and truth; not of paths.
std::string identity(const Case&);

// What changes while one measures; empty where it cannot be read.
struct HostState {
  std::optional<double> clock_mhz;      // mean of the cores
  std::optional<double> temperature_c;  // the hottest thermal zone of the processor
  std::optional<double> load;           // runnable tasks, mean of a minute
};

// What the host was like. Figures that could not be read are empty, never guessed.
struct Manifest {
  std::string tool_version;
  std::string command;     // as typed
  std::string started_at;  // UTC, ISO 8601
  std::string host;
  std::string boot_id;  // monotonic times of one boot are comparable
  std::string kernel;
  std::string cpu;  // model name
  int cores = 0;
  std::string governor;  // "performance", "" when there is none to read
  std::string smt;       // "on", "off", "notsupported", "" when there is nothing to read
  std::string boost;     // "on", "off", ""
  HostState before;      // when the campaign was planned; Block::host is after
  std::string build;     // "release g++ 12.2.0"; unoptimised builds say so
  // Added to a monotonic time it gives nanoseconds since 1970 UTC; 0 = not known.
  nanoseconds since_1970{0};
};

// What of energy is asked for besides what the devices' own instruments give.
struct EnergyPlan {
  bool meter = false;  // an outside meter watches: every real device has its energy pass
  bool marks = false;  // three pulses of 3 s before and behind all energy passes
};

struct Plan {
  std::string campaign;  // random 16 hexadecimal digits, or that of the database when resumed
  std::uint64_t seed = 1;
  Effort effort;
  std::string data_path;
  std::string ticker;
  EnergyPlan energy;
  std::uint64_t memory_limit = 0;  // bytes that a worker may have resident; 0 = no limit
  Manifest manifest;
  std::vector<Case> cases;
  std::vector<Truth> truths;
};

// ---------------------------------------------------------------------------------------------------------------
// What was seen

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

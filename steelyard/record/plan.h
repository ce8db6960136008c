// SPDX-License-Identifier: Apache-2.0
// What to do: loads, efforts, the cases of a campaign and the host that they run on.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "steelyard/base/units.h"
#include "steelyard/record/device.h"
#include "steelyard/record/spec.h"
#include "steelyard/record/truth.h"

namespace steelyard {

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

// `--shape`, `--input`: what was said of an input of a model that carries no recipe.
struct GivenInput {
  std::string name;
  std::vector<std::int64_t> shape;  // of a query of one window; empty: the model's own
  std::string file;                 // .npy or raw numbers; empty: made up from the seed
  std::string sha256;               // of the file
  // Equal where the same numbers were asked, wherever they lie.
  friend bool operator==(const GivenInput& a, const GivenInput& b) {
    return a.name == b.name && a.shape == b.shape && a.sha256 == b.sha256;
  }
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
  std::vector<GivenInput> inputs;
  Scenario scenario;
  std::string truth;  // Truth::id; empty when the model carries no recipe
};
// sha256 of model hash, spec, precision, settings, inputs, scenario and truth; not of paths.
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

}  // namespace steelyard

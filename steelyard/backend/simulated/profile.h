// SPDX-License-Identifier: Apache-2.0
// What a device profile says, checked and in base units (ns, bytes, W, J). docs/profiles.md
// explains every key; the sources that each number must carry stay in the file. Plain data,
// immutable once loaded.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "steelyard/model/network.h"
#include "steelyard/record/record.h"

namespace steelyard::simulated {

// A published value lies between low and high times the prediction.
struct Band {
  double low = 1, high = 1;
};

// How many launches, each waiting for the one before, the runtime makes of one direction of one
// layer: known at some numbers of time steps, linear between and beyond them, proportional below
// the first.
struct NodeCount {
  std::vector<double> steps, count;
  double at(double steps) const;
};

// A query's time is the base time times a factor drawn from this table: linear between the points.
struct Tail {
  std::vector<double> percent;  // 0 ... 100
  std::vector<double> factor;   // not falling
  double mean() const;
};

struct LatencyProfile {
  double fixed_ns = 0;
  double per_node_ns = 0;
  double per_window_ns = 0;  // each further window of a batch
  double input_bytes_per_ns = 0, output_bytes_per_ns = 0;
  double macs_per_ns = 0;
  Tail tail;
  Band band;
};

struct PowerProfile {
  std::string boundary;
  double idle_watts = 0, context_watts = 0, active_watts = 0, limit_watts = 0;
  double joules_per_mac = 0;
  double rise_ns = 0, fall_ns = 0;  // time constants
  Band band;
  struct Sensor {  // what the device's own instrument makes of it
    nanoseconds update{0}, average{0};
    double gain = 1, offset_watts = 0;
  };
  std::optional<Sensor> sensor;  // empty: there is none, readings are the model's own
};

struct UtilisationProfile {
  std::string definition;
  double per_query_ns = 0, per_node_ns = 0;  // that count as in use
  double units = 1, units_in_use = 1;
  Band band;
};

struct MemoryProfile {
  std::string boundary;
  double fixed_bytes = 0;
  double per_weight_byte = 0;
};

// Affine integers: unsigned activations, signed symmetric weights.
struct QuantisationProfile {
  int input_bits = 8, activation_bits = 8, state_bits = 8, output_bits = 8, weight_bits = 8;
  bool weights_per_channel = true;
  int calibration_windows = 1024;
};

struct Profile {
  std::string id;  // file name without .toml
  std::filesystem::path file;
  std::string name;
  StandsFor stands_for;
  std::vector<Precision> precisions;
  std::map<Cell, NodeCount> nodes;
  double nodes_per_dense = 0;
  LatencyProfile latency;
  int in_flight = 1;        // queries that the device holds at once
  double serial_share = 1;  // of a query's time, before the next one can begin
  double load_ns = 0, first_query_ns = 0;
  PowerProfile power;
  UtilisationProfile utilisation;
  std::optional<MemoryProfile> memory;
  std::optional<QuantisationProfile> quantisation;
};

// Throws Error "FILE:LINE: KEY ..." in one sentence.
Profile load_profile(const std::filesystem::path& file);

// Every profile of a list of folders. An id found twice is the first folder's. One that cannot be
// used hides no other, nor does a folder that is not there.
struct FoundProfiles {
  std::vector<Profile> usable;
  struct Refused {
    std::string id;  // empty for a folder
    std::string reason, hint;
  };
  std::vector<Refused> refused;
};
FoundProfiles find_profiles(const std::vector<std::filesystem::path>& folders);

// $STEELYARD_PROFILES, folders separated by colons, then share/steelyard/profiles beside the folder
// of the running binary, where there is one.
std::vector<std::filesystem::path> profile_folders();

}  // namespace steelyard::simulated

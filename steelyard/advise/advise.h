// SPDX-License-Identifier: Apache-2.0
// Which system for this job? Summaries and constraints in, an Advice out. Pure functions, no I/O,
// thread-safe. Formulas: docs/method.md.
//
//   Question question;
//   question.rate = 20;                       // inferences a second
//   question.latency = {{99, 5e6}};           // p99 within 5 ms
//   for (const Advice& a : advise(rows, question, built_in_systems())) ...
//
// A device alone answers nothing: it needs a host, whose idle power belongs to the bill. A system
// is a host of the table with the accelerator that was weighed, or the host's own CPU.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "steelyard/record/advice.h"
#include "steelyard/record/summary.h"

namespace steelyard {

// A number that nobody measured here, with its range, date and source.
struct Sourced {
  Estimate value;
  std::string unit, as_of, source;
};

struct HostEntry {
  std::string name;                   // "Raspberry Pi 5"
  std::vector<std::string> cpus;      // products by which a measured CPU row is recognised
  std::optional<Sourced> idle_watts;  // at the wall, without accelerator
  std::optional<Sourced> core_watts;  // that one working core adds, at the wall
  std::optional<Sourced> efficiency;  // of the supply: what of a watt at the wall arrives inside
  std::optional<Sourced> price;
};

struct AcceleratorEntry {
  std::string name;                  // "RTX 3070 Ti"
  std::vector<std::string> devices;  // products by which a row is recognised
  std::string host;                  // id of the host that it stands in
  std::optional<Sourced> price;
};

struct SystemTable {
  std::map<std::string, HostEntry> hosts;  // by id
  std::map<std::string, AcceleratorEntry> accelerators;
  std::map<std::string, Sourced> per_usd;  // "KRW": how many of them make one US dollar
};

// The table that is shipped: PC and Raspberry Pi 5, RTX 3070 Ti and Hailo-8L. Dated; every number
// with its source. Users put their own beside or over it (docs/cli.md).
const SystemTable& built_in_systems();

// One Advice a model, in the order of the summaries. Of repeated results the newest completed one
// counts; a real device takes the place of the simulated one that stands for it. Throws UsageError
// for a model, currency, boundary or order that there is not.
std::vector<Advice> advise(const std::vector<Summary>&, const Question&, const SystemTable&);

}  // namespace steelyard

// SPDX-License-Identifier: Apache-2.0
// Summaries arranged for reading: models in order, one column a device, repeated and superseded
// rows put aside. Everything here points into the caller's vector of summaries. Pure.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "steelyard/record/summary.h"
#include "steelyard/report/report.h"

namespace steelyard {

// One device with one runtime, precision and settings, on one host.
struct Column {
  const Summary* main = nullptr;        // SingleStream, else what there is
  std::vector<const Summary*> offline;  // Completed only, in order of batch
  std::vector<const Summary*> loads;    // neither SingleStream nor Offline
  std::string key;                      // host, spec and settings: equal under all models
  bool other_data = false;              // imported: on which data its error is, nobody says
  int style = 0;                        // number of the device within the report
  bool completed() const { return main->outcome.kind == Outcome::Completed; }
  bool single_stream() const { return std::holds_alternative<SingleStream>(main->scenario); }
  bool wrong() const { return main->correctness.kind == "WRONG"; }
};

struct Replaced {
  const Summary* expected = nullptr;  // the simulated row that gives way
  const Summary* real = nullptr;
};

// One model on one set of data.
struct ModelView {
  std::string title;            // the name; with a piece of the hash where names clash
  std::vector<Column> columns;  // Completed first: real results, then expected ones
  std::vector<Replaced> replaced;
  int repeated = 0;  // older results of the same question that are not shown
};

struct View {
  std::vector<ModelView> models;
  std::vector<const Summary*> nulls;  // the harness itself
  // Column::key -> device, and in brackets what tells it apart.
  std::map<std::string, std::pair<std::string, std::string>> names;
  std::string name(const Column&, Language) const;  // "RTX 3070 Ti(TensorRT)": unique
};

View arrange(const std::vector<Summary>&);

}  // namespace steelyard

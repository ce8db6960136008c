// SPDX-License-Identifier: Apache-2.0
// What `--set tensorrt.<key>=<value>` can say. Thread-safe.
#pragma once

#include "steelyard/backend/backend.h"

namespace steelyard::tensorrt {

struct Settings {
  bool graph = true;         // a query is one CUDA graph; else its calls are submitted one by one
  bool mapped = false;       // the device reads and writes the host's memory; else copies
  int level = 3;             // the builder's optimisation level, 0 to 5
  int workspace_mib = 1024;  // most memory of the device that a kernel may use
  bool cache = true;         // built engines are kept for the next time
};

// Throws UsageError that names the key and what it can be.
Settings settings_from(const CompileOptions&);

}  // namespace steelyard::tensorrt

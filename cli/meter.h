// SPDX-License-Identifier: Apache-2.0
// What `attach` and `run --meter` share. One thread.
#pragma once

#include <vector>

#include "cli/options.h"
#include "steelyard/store/store.h"

namespace steelyard::cli {

// Reads the meter's file, lays it over the newest campaign with energy passes, and stores it.
void attach_meter(Store&, const Attach&);

bool has_marks(const std::vector<const Measurement*>& cases);

}  // namespace steelyard::cli

// SPDX-License-Identifier: Apache-2.0
// Databases as summaries, for the commands that read.
#pragma once

#include <filesystem>
#include <vector>

#include "steelyard/record/record.h"
#include "steelyard/record/summary.h"

namespace steelyard::cli {

// Throws NothingToMeasure when they hold nothing.
std::vector<Measurement> measurements_of(const std::vector<std::filesystem::path>& databases);
// Of all databases, in the order given. Throws NothingToMeasure when they hold nothing.
std::vector<Summary> summaries_of(const std::vector<std::filesystem::path>& databases);

}  // namespace steelyard::cli

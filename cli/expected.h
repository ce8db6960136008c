// SPDX-License-Identifier: Apache-2.0
// Rows of simulated devices beside measured ones, for `report --with-expected`. One thread.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "steelyard/record/summary.h"

namespace steelyard::cli {

// What the shipped profiles expect of the same models on the same data, for devices of which
// `there` holds no result. Says on stderr what it adds and what it cannot. Throws Error when none
// of the models is where it was when it was measured.
std::vector<Measurement> expected_beside(const std::vector<Summary>& there,
                                         const std::vector<std::filesystem::path>& databases,
                                         const std::string& command);

}  // namespace steelyard::cli

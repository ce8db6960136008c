// SPDX-License-Identifier: Apache-2.0
// The networks that are measured, with random weights, inputs and what must come out.
#pragma once

#include <filesystem>
#include <vector>

#include "perf/engine/peer.h"

namespace steelyard::perf {

struct Case {
  Problem problem;
  double bar = 0;                           // ours / best fp32 peer, 0 = none
  double prepared_bar = 0;                  // the same after prepare()
  std::vector<std::vector<float>> queries;  // each [window][batch][features]
  std::vector<std::vector<double>> truth;   // in double precision
  std::vector<std::vector<float>> many;     // queries for the error of low precision, batch 1 only
};

// The table's networks at this batch, those whose name contains `only`.
std::vector<Case> tuned_cases(int batch, const std::string& only,
                              const std::filesystem::path& folder);
// Networks nobody tuned for: 1 to 3 layers, hidden 1 to 300, odd inputs and windows.
std::vector<Case> random_cases(int count, std::uint64_t seed, const std::filesystem::path& folder);

}  // namespace steelyard::perf

// SPDX-License-Identifier: Apache-2.0
// The formats behind export_as(). Pure, thread-safe. Private to `exchange`.
#pragma once

#include <string>
#include <vector>

#include "steelyard/record/advice.h"
#include "steelyard/record/comparison.h"
#include "steelyard/record/record.h"
#include "steelyard/record/summary.h"

namespace steelyard::exchange {

std::string as_json(const std::vector<Summary>&);
std::string as_json(const Comparison&);
std::string as_json(const std::vector<Advice>&);
std::string as_google_benchmark(const std::vector<Summary>&);
std::string as_bmf(const std::vector<Summary>&);
std::string as_trace(const std::vector<Measurement>&);
std::string as_csv(const std::vector<Summary>&);

}  // namespace steelyard::exchange

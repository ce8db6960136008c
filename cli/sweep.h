// SPDX-License-Identifier: Apache-2.0
// Several values in one word, and the loads that they make. Pure. Throws UsageError.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "steelyard/record/record.h"

namespace steelyard::cli {

std::vector<std::string> split(std::string_view text, char at);

// "8", "1,8,64", "1..16*2" (1 2 4 8 16), "10..30+10" (10 20 30), "1..3" (1 2 3), each value
// possibly with "/s". `option` is for the message.
std::vector<double> parse_values(std::string_view text, std::string_view option);

// The option values as typed; empty ones were not given.
struct LoadTexts {
  std::string scenarios, batch, in_flight, rate, p99;
};
// Every combination once, the last option changing fastest. An option that none of the scenarios
// has is an error.
std::vector<Scenario> parse_scenarios(const LoadTexts&);

}  // namespace steelyard::cli

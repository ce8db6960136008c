// SPDX-License-Identifier: Apache-2.0
// What `verify` measures: a device that takes 100 us for every query, always, a small model and a
// table for it; and what queueing theory says about such a device. Pure.
#pragma once

#include <string>

#include "steelyard/model/network.h"
#include "steelyard/record/record.h"

namespace steelyard::cli {

inline constexpr double kServiceNs = 100'000;

Network verify_network();
WindowRecipe verify_recipe();
std::string verify_table();  // CSV

// The time, in services, within which the share `p` of queries is answered when they arrive at
// random at a device of constant service with this load (Crommelin 1932).
double md1_percentile(double load, double p);

}  // namespace steelyard::cli

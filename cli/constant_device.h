// SPDX-License-Identifier: Apache-2.0
// The profile of a simulated device that answers every query in 100 us, always: what `verify` and
// the tests of the program measure. Thread-safe.
#pragma once

#include <string_view>

namespace steelyard::cli {

inline constexpr std::string_view kConstantDevice = R"(name = "Constant device"
precisions = ["fp32"]
[stands_for]
device = "Constant device"
runtime = "constant"
[nodes.gru]
steps = [8]
count = [1]
source = "by definition"
[nodes.lstm]
steps = [8]
count = [1]
source = "by definition"
[nodes.rnn]
steps = [8]
count = [1]
source = "by definition"
[nodes]
dense = { value = 1, source = "by definition" }
[latency]
fixed = { value = 99.806, unit = "us", source = "by definition" }
per_node = { value = 0, unit = "us", source = "by definition" }
per_window = { value = 19.8, unit = "us", source = "by definition" }
input = { value = 0.85, unit = "GB/s", source = "by definition" }
output = { value = 0.85, unit = "GB/s", source = "by definition" }
arithmetic = { value = 2.9, unit = "TOPS", source = "by definition" }
[latency.tail]
percent = [0, 50, 90, 95, 99, 99.9, 100]
factor = [1, 1, 1, 1, 1, 1, 1]
source = "by definition"
[latency.band]
low = 0.5
high = 1.5
source = "by definition"
[in_flight]
depth = { value = 2, source = "by definition" }
serial = { value = 0.015, unit = "1", source = "by definition" }
[startup]
load = { value = 500, unit = "ms", source = "by definition" }
first_query = { value = 5, unit = "ms", source = "by definition" }
[power]
boundary = "module"
idle = { value = 0.5, unit = "W", source = "by definition" }
context = { value = 0.8, unit = "W", source = "by definition" }
active = { value = 1.5, unit = "W", source = "by definition" }
limit = { value = 3, unit = "W", source = "by definition" }
per_mac = { value = 0, unit = "pJ", source = "by definition" }
rise = { value = 10, unit = "ms", source = "by definition" }
fall = { value = 10, unit = "ms", source = "by definition" }
[power.band]
low = 0.5
high = 2
source = "by definition"
[utilisation]
definition = "by definition"
per_query = { value = 50, unit = "us", source = "by definition" }
per_node = { value = 0, unit = "us", source = "by definition" }
units = { value = 1, source = "by definition" }
units_in_use = { value = 1, source = "by definition" }
[utilisation.band]
low = 0.5
high = 1.5
source = "by definition"
)";

}  // namespace steelyard::cli

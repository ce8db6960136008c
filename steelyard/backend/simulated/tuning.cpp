// SPDX-License-Identifier: Apache-2.0
// Settings into numbers.
#include "steelyard/backend/simulated/tuning.h"

#include <fmt/format.h>

#include <charconv>

#include "steelyard/backend/backend.h"

namespace steelyard::simulated {

namespace {

struct Knob {
  std::string_view key;
  double Tuning::*value;
  double least, most;
};

constexpr Knob kKnobs[] = {
    {"slowdown", &Tuning::slowdown, 0.01, 100},
    {"drift", &Tuning::drift, -0.5, 10},
    {"spread", &Tuning::spread, 0, 0.5},
};

double number_of(const Setting& setting, const Knob& knob) {
  double value = 0;
  const char* end = setting.value.data() + setting.value.size();
  const auto [stopped, error] = std::from_chars(setting.value.data(), end, value);
  if (error != std::errc() || stopped != end || !(value >= knob.least && value <= knob.most))
    throw UsageError(fmt::format("simulated.{}={} is not a number from {} to {}", setting.key,
                                 setting.value, knob.least, knob.most),
                     fmt::format("write for example --set simulated.{}={}", knob.key,
                                 knob.key == "slowdown" ? "1.05" : "0.05"));
  return value;
}

}  // namespace

Tuning tuning_of(const std::vector<Setting>& settings) {
  check_settings("simulated", settings, {"slowdown", "drift", "spread"});
  Tuning tuning;
  for (const Setting& setting : settings)
    for (const Knob& knob : kKnobs)
      if (knob.key == setting.key) tuning.*(knob.value) = number_of(setting, knob);
  return tuning;
}

}  // namespace steelyard::simulated

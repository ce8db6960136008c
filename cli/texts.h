// SPDX-License-Identifier: Apache-2.0
// Option values as typed, and what they mean. Pure but for a look at the environment and at file
// names. Throws UsageError.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/options.h"

namespace steelyard::cli {

// The text values of options whose meaning is checked after CLI11 is done.
struct Texts {
  std::string language, format, scenario = "SingleStream", effort = "quick", normalise = "window";
  std::string min_duration, max_duration, features, kinds = "gru,lstm,bilstm";
  std::vector<std::string> models, settings, shapes, inputs;
  std::optional<std::uint64_t> min_queries;
  // advise; of `run` too: p99, rate
  std::string p99, p999, rate, max_power, max_loss, budget, tariff, years;
  std::string batch, in_flight;
  std::string memory_limit, require;
};

// An empty text is the language of the environment.
Language parse_language(const std::string& text);

void complete(Train& train, const Texts& texts);
void complete(Run& run, const Texts& texts, const std::vector<std::string>& words);
void complete(Report& report, const Texts& texts);
void complete(Import& import);
void complete(Advise& advise, const Texts& texts);

}  // namespace steelyard::cli

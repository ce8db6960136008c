// SPDX-License-Identifier: Apache-2.0
// Lists, ranges and their products.
#include "cli/sweep.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <optional>

#include "cli/options.h"
#include "steelyard/base/error.h"

namespace steelyard::cli {
namespace {

constexpr std::size_t kMost = 1000;  // values of one option

// In the order of the variant.
const std::vector<std::string> kKinds = {"SingleStream", "Offline",  "Server",
                                         "FixedRate",    "PeakRate", "Streaming"};

[[noreturn]] void refuse(std::string_view text, std::string_view option) {
  throw UsageError(fmt::format("{} '{}' is neither a number, a list nor a range", option, text),
                   fmt::format("write {0} 8, {0} 1,8,64 or {0} 1..16*2", option));
}

double number(std::string_view text, std::string_view whole, std::string_view option) {
  if (text.ends_with("/s")) text.remove_suffix(2);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !(value > 0) || value > 1e12)
    refuse(whole, option);
  return value;
}

void add_range(std::string_view text, std::string_view option, std::vector<double>& values) {
  const auto dots = text.find("..");
  const auto by = text.find_first_of("*+", dots);
  const double first = number(text.substr(0, dots), text, option);
  const double last =
      number(text.substr(dots + 2, by == text.npos ? by : by - dots - 2), text, option);
  const double step = by == text.npos ? 1 : number(text.substr(by + 1), text, option);
  const bool times = by != text.npos && text[by] == '*';
  if (last < first || (times && step <= 1))
    throw UsageError(fmt::format("{} '{}' is a range without an end", option, text),
                     "write it upwards, for example 1..16*2");
  for (double value = first; value <= last * (1 + 1e-9);
       value = times ? value * step : value + step) {
    if (values.size() == kMost)
      throw UsageError(fmt::format("{} '{}' has over {} values", option, text, kMost),
                       "choose a wider step");
    values.push_back(value);
  }
}

std::vector<int> parse_counts(std::string_view text, std::string_view option, int usual) {
  if (text.empty()) return {usual};
  std::vector<int> counts;
  for (const double value : parse_values(text, option)) {
    if (value != std::floor(value) || value > 1e9)
      throw UsageError(fmt::format("{} {} is not a whole number", option, value),
                       fmt::format("for example {} 8", option));
    counts.push_back(static_cast<int>(value));
  }
  return counts;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

std::string kind_named(const std::string& text) {
  for (const auto& kind : kKinds)
    if (lower(kind) == lower(text)) return kind;
  const std::string near = nearest(text, kKinds);
  throw UsageError(fmt::format("there is no scenario '{}'", text),
                   near.empty() ? fmt::format("there is: {}", fmt::join(kKinds, ", "))
                                : fmt::format("did you mean {}?", near));
}

void refuse_unused(const std::vector<std::string>& kinds, std::string_view option,
                   const std::string& value, const std::vector<std::string>& owners) {
  const bool owned = std::any_of(kinds.begin(), kinds.end(), [&](const std::string& kind) {
    return std::find(owners.begin(), owners.end(), kind) != owners.end();
  });
  if (value.empty() || owned) return;
  throw UsageError(fmt::format("{} belongs to --scenario {}", option, fmt::join(owners, " or ")),
                   fmt::format("add --scenario {}, or leave it out", owners.front()));
}

template <class Load>
void add_paced(const LoadTexts& texts, const std::vector<int>& depths,
               std::vector<Scenario>& scenarios) {
  if (texts.rate.empty())
    throw UsageError("this scenario needs a rate", "add --rate, for example --rate 1000/s");
  for (const int depth : depths)
    for (const double rate : parse_values(texts.rate, "--rate"))
      scenarios.push_back(Load{rate, depth});
}

}  // namespace

std::vector<std::string> split(std::string_view text, char at) {
  std::vector<std::string> parts;
  while (true) {
    const auto end = text.find(at);
    parts.emplace_back(text.substr(0, end));
    if (end == text.npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::vector<double> parse_values(std::string_view text, std::string_view option) {
  std::vector<double> values;
  for (const auto& part : split(text, ',')) {
    if (part.find("..") != part.npos)
      add_range(part, option, values);
    else
      values.push_back(number(part, text, option));
  }
  return values;
}

std::vector<Scenario> parse_scenarios(const LoadTexts& texts) {
  std::vector<std::string> kinds;
  for (const auto& text : split(texts.scenarios, ',')) kinds.push_back(kind_named(text));
  refuse_unused(kinds, "--batch", texts.batch, {"Offline"});
  refuse_unused(kinds, "--in-flight", texts.in_flight,
                {"Offline", "Server", "FixedRate", "PeakRate"});
  refuse_unused(kinds, "--rate", texts.rate, {"Server", "FixedRate"});
  refuse_unused(kinds, "--p99", texts.p99, {"PeakRate"});
  const auto batches = parse_counts(texts.batch, "--batch", 64);
  const auto depths = parse_counts(texts.in_flight, "--in-flight", 1);
  std::vector<Scenario> scenarios;
  for (const auto& kind : kinds) {
    if (kind == "SingleStream") scenarios.push_back(SingleStream{});
    if (kind == "Streaming") scenarios.push_back(Streaming{});
    if (kind == "Server") add_paced<Server>(texts, depths, scenarios);
    if (kind == "FixedRate") add_paced<FixedRate>(texts, depths, scenarios);
    if (kind == "Offline")
      for (const int batch : batches)
        for (const int depth : depths) scenarios.push_back(Offline{batch, depth});
    if (kind != "PeakRate") continue;
    if (texts.p99.empty())
      throw UsageError("PeakRate needs a limit for the 99th percentile", "for example --p99 5ms");
    for (const int depth : depths)
      for (const auto& limit : split(texts.p99, ','))
        scenarios.push_back(PeakRate{parse_duration(limit, "--p99"), depth});
  }
  return scenarios;
}

}  // namespace steelyard::cli

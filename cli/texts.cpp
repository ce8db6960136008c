// SPDX-License-Identifier: Apache-2.0
// From texts to options.
#include "cli/texts.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <utility>

#include "cli/sweep.h"
#include "steelyard/base/error.h"

namespace steelyard::cli {
namespace {

Language language_of_environment() {
  for (const char* name : {"LC_ALL", "LC_MESSAGES", "LANG"})
    if (const char* text = std::getenv(name); text != nullptr && *text != '\0')
      return language_from(text).value_or(Language::en);
  return Language::en;
}

RunOptions::NamedModel parse_model(const std::string& text) {
  const auto equals = text.find('=');
  if (equals == text.npos || std::filesystem::exists(text)) return {"", text};
  if (equals == 0 || equals + 1 == text.size())
    throw UsageError(fmt::format("'{}' is not a model", text),
                     "write --model NAME=FILE or --model FILE");
  return {text.substr(0, equals), text.substr(equals + 1)};
}

RunOptions::NamedSetting parse_setting(const std::string& text) {
  const auto equals = text.find('=');
  const auto dot = text.substr(0, equals).find('.');
  if (equals == text.npos || dot == text.npos || dot == 0 || dot + 1 == equals ||
      equals + 1 == text.size())
    throw UsageError(fmt::format("'{}' is not a setting", text),
                     "write --set backend.key=value, for example --set onnxruntime.threads=1,2");
  return {text.substr(0, dot), text.substr(dot + 1, equals - dot - 1),
          split(text.substr(equals + 1), ',')};
}

// "NAME=VALUE"; the last equals sign, because names of tensors may have one.
std::pair<std::string, std::string> parse_input(const std::string& text, const char* usage) {
  const auto equals = text.rfind('=');
  if (equals == text.npos || equals == 0 || equals + 1 == text.size())
    throw UsageError(fmt::format("'{}' does not say an input and what it is", text),
                     fmt::format("write {}", usage));
  return {text.substr(0, equals), text.substr(equals + 1)};
}

std::vector<std::int64_t> parse_shape(const std::string& text, const std::string& axes) {
  std::vector<std::int64_t> shape;
  for (const std::string& axis : split(axes, 'x')) {
    std::int64_t size = 0;
    const auto read = std::from_chars(axis.data(), axis.data() + axis.size(), size);
    if (read.ec != std::errc() || read.ptr != axis.data() + axis.size() || size < 1 ||
        size > 1 << 30)
      throw UsageError(fmt::format("'{}' is not a shape", text),
                       "write --shape NAME=1x3x224x224, a positive number for every axis");
    shape.push_back(size);
  }
  return shape;
}

std::vector<GivenInput> parse_inputs(const Texts& texts) {
  std::vector<GivenInput> inputs;
  const auto named = [&](const std::string& name) -> GivenInput& {
    for (GivenInput& input : inputs)
      if (input.name == name) return input;
    return inputs.emplace_back(GivenInput{name, {}, "", ""});
  };
  for (const auto& text : texts.shapes) {
    const auto [name, axes] = parse_input(text, "--shape NAME=1x3x224x224");
    named(name).shape = parse_shape(text, axes);
  }
  for (const auto& text : texts.inputs) {
    const auto [name, file] = parse_input(text, "--input NAME=FILE.npy, or a file of raw numbers");
    named(name).file = file;
  }
  return inputs;
}

}  // namespace

Language parse_language(const std::string& text) {
  if (text.empty()) return language_of_environment();
  const auto language = language_from(text);
  if (!language)
    throw UsageError(fmt::format("there is no language '{}'", text), "there is: ko, en");
  return *language;
}

void complete(Train& train, const Texts& texts) {
  for (auto& kind : split(texts.kinds, ',')) {
    if (kind != "gru" && kind != "lstm" && kind != "bilstm")
      throw UsageError(fmt::format("there is no kind '{}'", kind), "there is: gru, lstm, bilstm");
    if (std::find(train.kinds.begin(), train.kinds.end(), kind) == train.kinds.end())
      train.kinds.push_back(std::move(kind));
  }
  const auto normalise = normalise_from(texts.normalise);
  if (!normalise)
    throw UsageError(fmt::format("'{}' is not a way to normalise", texts.normalise),
                     "there is: window, minmax, zscore");
  train.recipe.normalise = *normalise;
  if (!texts.features.empty()) train.recipe.features = split(texts.features, ',');
  const auto check = [](int value, int most, std::string_view option) {
    if (value < 1 || value > most)
      throw UsageError(fmt::format("{} {} is out of range", option, value),
                       fmt::format("choose 1 to {}", most));
  };
  check(train.hidden, 4096, "--hidden");
  check(train.layers, 16, "--layers");
  check(train.recipe.window, 100'000, "--window");
  if (train.name.empty() || train.name.find('/') != train.name.npos)
    throw UsageError(fmt::format("'{}' cannot be part of a file name", train.name),
                     "choose a --name without a slash");
}

void complete(Run& run, const Texts& texts, const std::vector<std::string>& words) {
  for (const auto& text : texts.models) run.options.models.push_back(parse_model(text));
  for (const auto& text : texts.settings) run.options.settings.push_back(parse_setting(text));
  run.options.inputs = parse_inputs(texts);
  run.options.scenarios =
      parse_scenarios({texts.scenario, texts.batch, texts.in_flight, texts.rate, texts.p99});
  Effort& effort = run.options.effort;
  effort = effort_named(texts.effort);
  if (texts.min_queries) effort.min_queries = *texts.min_queries;
  if (!texts.min_duration.empty())
    effort.min_duration = parse_duration(texts.min_duration, "--min-duration");
  if (!texts.max_duration.empty())
    effort.max_duration = parse_duration(texts.max_duration, "--max-duration");
  // Of two limits, the one that was typed stands.
  if (texts.max_duration.empty())
    effort.max_duration = std::max(effort.max_duration, effort.min_duration);
  else if (texts.min_duration.empty())
    effort.min_duration = std::min(effort.max_duration, effort.min_duration);
  if (!texts.memory_limit.empty())
    run.options.memory_limit = parse_size(texts.memory_limit, "--memory-limit");
  if (!texts.require.empty() && texts.require != "stable")
    throw UsageError(fmt::format("--require '{}' is not known", texts.require),
                     "there is: --require stable");
  run.require_stable = !texts.require.empty();
  run.options.command = as_typed(words);
  run.language = parse_language(texts.language);
}

void complete(Import& import) {
  const auto precision = precision_from(import.precision);
  if (!precision)
    throw UsageError(fmt::format("there is no precision '{}'", import.precision),
                     "there is: fp32, tf32, fp16, bf16, int8");
  import.options.precision = *precision;
}

void complete(Advise& advise, const Texts& texts) {
  advise.language = parse_language(texts.language);
  Question& q = advise.question;
  const std::pair<double, const std::string*> limits[] = {{99, &texts.p99}, {99.9, &texts.p999}};
  for (const auto& [p, text] : limits)
    if (!text->empty())
      q.latency.push_back({p, 1e9 * seconds_of(parse_duration(*text, fmt::format("--p{:g}", p)))});
  const auto number = [](const std::string& text, std::string_view unit, std::string_view option,
                         std::optional<double>& to) {
    if (!text.empty()) to = parse_number(text, unit, option);
  };
  number(texts.rate, "/s", "--rate", q.rate);
  number(texts.max_power, "W", "--max-power", q.max_watts);
  number(texts.max_loss, "%", "--max-rmse-loss", q.max_rmse_loss);
  number(texts.budget, "", "--budget", q.budget);
  number(texts.tariff, "", "--price-per-kwh", q.price_per_kwh);
  if (!texts.years.empty()) q.years = parse_number(texts.years, "", "--years");
  for (const auto& [value, option] :
       {std::pair(q.rate, "--rate"), std::pair(std::optional(q.years), "--years")})
    if (value && !(*value > 0))
      throw UsageError(fmt::format("{} must be above 0", option), "leave it out, or give a number");
}

void complete(Report& report, const Texts& texts) {
  report.language = parse_language(texts.language);
  if (!texts.format.empty()) {
    report.format = format_from(texts.format);
    if (!report.format)
      throw UsageError(fmt::format("there is no format '{}'", texts.format),
                       "there is: terminal, markdown, html, latex");
  }
}

}  // namespace steelyard::cli

// SPDX-License-Identifier: Apache-2.0
// Reading the settings of tensorrt. Thread-safe.
#include "steelyard/backend/tensorrt/settings.h"

#include <fmt/format.h>

#include <charconv>

namespace steelyard::tensorrt {
namespace {

[[noreturn]] void refuse(std::string_view key, std::string_view value, std::string_view allowed) {
  throw UsageError(fmt::format("tensorrt.{} cannot be '{}'", key, value),
                   fmt::format("it is {}", allowed));
}

// One of two words; the first is the default and means `true`.
bool choice(const CompileOptions& options, std::string_view key, std::string_view yes,
            std::string_view no) {
  const std::string_view value = setting(options.settings, key, yes);
  if (value != yes && value != no) refuse(key, value, fmt::format("{} or {}", yes, no));
  return value == yes;
}

int number(const CompileOptions& options, std::string_view key, int fallback, int least, int most) {
  const std::string_view text = setting(options.settings, key, "");
  if (text.data() == nullptr || text.empty()) return fallback;
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < least || value > most)
    refuse(key, text, fmt::format("a number from {} to {}", least, most));
  return value;
}

}  // namespace

Settings settings_from(const CompileOptions& options) {
  check_settings("tensorrt", options.settings, {"graph", "io", "level", "workspace", "cache"});
  Settings settings;
  settings.graph = choice(options, "graph", "on", "off");
  settings.mapped = !choice(options, "io", "copies", "mapped");
  settings.level = number(options, "level", settings.level, 0, 5);
  settings.workspace_mib = number(options, "workspace", settings.workspace_mib, 1, 1 << 20);
  settings.cache = choice(options, "cache", "on", "off");
  return settings;
}

}  // namespace steelyard::tensorrt

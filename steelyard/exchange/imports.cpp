// SPDX-License-Identifier: Apache-2.0
// What the readers of other tools' files share: numbers, lines, cells, drafts of a case.
#include "steelyard/exchange/imports.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

#include "steelyard/base/error.h"

namespace steelyard::exchange {
namespace {

constexpr std::size_t kDeepest = 64;  // no format here nests deeper than six

void check_depth(const Source& source) {
  std::size_t depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < source.text.size(); ++i) {
    const char c = source.text[i];
    if (quoted && c == '\\') ++i;
    if (c == '"') quoted = !quoted;
    if (quoted) continue;
    if ((c == '[' || c == '{') && ++depth > kDeepest) source.refuse("is nested too deeply");
    if ((c == ']' || c == '}') && depth > 0) --depth;
  }
}

std::string stem_of(const std::string& path) {
  const auto slash = path.rfind('/');
  const std::string name = slash == path.npos ? path : path.substr(slash + 1);
  return name.substr(0, name.find('.'));
}

}  // namespace

void Source::refuse(const std::string& what) const {
  throw Error(fmt::format("{}: {}", name, what),
              "check that the file is whole, or name its layout with --format");
}

Draft::Draft(const Source& source, std::string backend, std::string runtime, std::string tool)
    : source_(source) {
  const ImportOptions& o = source.options;
  Case& what = out_.what;
  what.model = o.model.empty() ? stem_of(source.name) : o.model;
  what.spec = {o.host, backend, "0", {}};
  what.precision = out_.obtained = o.precision;
  what.artefact.kind = "";
  what.device.backend = std::move(backend);
  what.device.id = "0";
  what.device.name = o.device;
  what.device.runtime = std::move(runtime);
  what.device.provenance = Provenance::imported;
  what.scenario = SingleStream{};
  out_.effort.name = "imported";
  out_.manifest.host = o.host;
  out_.manifest.command = fmt::format("steelyard import {}", source.name);
  out_.outcome.kind = Outcome::Completed;
  out_.reported = Reported{std::move(tool), {}};
}

Draft& Draft::model(const std::string& name) {
  if (source_.options.model.empty() && !name.empty()) out_.what.model = stem_of(name);
  return *this;
}
Draft& Draft::device(const std::string& name) {
  if (source_.options.device.empty()) out_.what.device.name = name;
  return *this;
}
Draft& Draft::scenario(Scenario scenario) {
  out_.what.scenario = scenario;
  return *this;
}
Draft& Draft::setting(const std::string& key, const std::string& value) {
  out_.what.settings.push_back({key, value});
  return *this;
}
Draft& Draft::started(const std::string& when) {
  out_.manifest.started_at = when;
  return *this;
}
Draft& Draft::figure(const std::string& name, std::optional<double> value,
                     const std::string& unit) {
  if (value && std::isfinite(*value) && *value >= 0 && *value < 1e18)
    out_.reported->figures.push_back({name, *value, unit});
  return *this;
}
Draft& Draft::channel(const std::string& name, const std::string& unit, const std::string& boundary,
                      const std::string& definition) {
  out_.channels.push_back(
      {name, unit, boundary, definition, nanoseconds(0), Provenance::imported, 0, 0});
  return *this;
}
Draft& Draft::block(Block block) {
  out_.blocks.push_back(std::move(block));
  return *this;
}
Measurement Draft::take() {
  if (empty()) source_.refuse("holds no figure that can be taken over");
  out_.what.id = identity(out_.what);
  return std::move(out_);
}

std::optional<double> number_of(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || !std::isfinite(value)) return {};
  return value;
}
std::optional<double> number_in(const Parsed& json) {
  if (json.is_number()) return json.get<double>();
  if (json.is_string()) return number_of(std::string_view(json.get_ref<const std::string&>()));
  return {};
}
std::optional<double> number_at(const Parsed& object, const char* key) {
  if (!object.is_object()) return {};
  const auto found = object.find(key);
  return found == object.end() ? std::nullopt : number_in(*found);
}
std::string text_at(const Parsed& object, const char* key) {
  if (!object.is_object()) return {};
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}
std::optional<double> times(std::optional<double> value, double k) {
  return value ? std::optional(*value * k) : std::nullopt;
}

Parsed parse_json(const Source& source) {
  check_depth(source);
  // The position, not the parser's words: they quote what may be binary.
  try {
    return Parsed::parse(source.text);
  } catch (const Parsed::parse_error& e) {
    source.refuse(fmt::format("is not JSON (byte {})", e.byte));
  } catch (const Parsed::exception&) {
    source.refuse("is not JSON: it holds a number that is too large");
  }
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const auto end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    out.emplace_back(line);
  }
  return out;
}

std::vector<std::string> cells_of(std::string_view line, char separator) {
  std::vector<std::string> out(1);
  bool quoted = false;
  for (const char c : line) {
    if (c == '"')
      quoted = !quoted;
    else if (c == separator && !quoted)
      out.emplace_back();
    else
      out.back() += c;
  }
  for (std::string& cell : out) {
    while (cell.starts_with(' ')) cell.erase(0, 1);
    while (cell.ends_with(' ')) cell.pop_back();
  }
  return out;
}

std::string after(std::string_view text, std::string_view label) {
  const auto at = text.find(label);
  if (at == text.npos) return {};
  std::string_view rest = text.substr(at + label.size());
  rest = rest.substr(0, rest.find_first_of("\r\n"));
  while (!rest.empty() && (rest.front() == ' ' || rest.front() == ':' || rest.front() == '\t'))
    rest.remove_prefix(1);
  return std::string(rest);
}

}  // namespace steelyard::exchange

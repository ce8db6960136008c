// SPDX-License-Identifier: Apache-2.0
// Reading and writing SPECs.
#include "steelyard/record/spec.h"

#include <array>
#include <utility>

#include "steelyard/base/error.h"

namespace steelyard {
namespace {

constexpr std::array<std::pair<Precision, std::string_view>, 5> kPrecisions{
    {{Precision::fp32, "fp32"},
     {Precision::tf32, "tf32"},
     {Precision::fp16, "fp16"},
     {Precision::bf16, "bf16"},
     {Precision::int8, "int8"}}};

// What a part may consist of; a slash, colon, at sign or blank inside it would make the text
// ambiguous.
bool is_part(std::string_view text) {
  if (text.empty()) return false;
  for (const char c : text) {
    const bool ok = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                    c == '.' || c == '-' || c == '_' || c == '+';
    if (!ok) return false;
  }
  return true;
}

[[noreturn]] void refuse(std::string_view text, const std::string& why) {
  throw UsageError("'" + std::string(text) + "' is not a device: " + why,
                   "write [host/]backend[:device][@precision], for example native-cpu, "
                   "onnxruntime:cpu@fp32 or all; "
                   "`steelyard devices` lists what is here");
}

}  // namespace

std::string_view to_string(Precision precision) {
  for (const auto& [value, name] : kPrecisions)
    if (value == precision) return name;
  return "?";
}

std::optional<Precision> precision_from(std::string_view text) {
  for (const auto& [value, name] : kPrecisions)
    if (name == text) return value;
  return std::nullopt;
}

Spec parse_spec(std::string_view text) {
  Spec spec;
  std::string_view rest = text;
  if (const auto slash = rest.find('/'); slash != rest.npos) {
    spec.host = rest.substr(0, slash);
    rest = rest.substr(slash + 1);
    if (!is_part(spec.host)) refuse(text, "the part before '/' is not a host name");
  }
  if (const auto at = rest.rfind('@'); at != rest.npos) {
    const auto name = rest.substr(at + 1);
    spec.precision = precision_from(name);
    if (!spec.precision)
      refuse(text, "'" + std::string(name) + "' is not one of fp32, tf32, fp16, bf16, int8");
    rest = rest.substr(0, at);
  }
  if (const auto colon = rest.find(':'); colon != rest.npos) {
    spec.device = rest.substr(colon + 1);
    rest = rest.substr(0, colon);
    if (!is_part(spec.device)) refuse(text, "the part after ':' is not a device name");
  }
  if (!is_part(rest))
    refuse(text, rest.empty() ? "it names no backend"
                              : "the backend's name has a character it cannot have");
  spec.backend = rest;
  return spec;
}

std::string to_string(const Spec& spec) {
  std::string text;
  if (!spec.host.empty()) text += spec.host + "/";
  text += spec.backend;
  if (!spec.device.empty()) text += ":" + spec.device;
  if (spec.precision) text += "@" + std::string(to_string(*spec.precision));
  return text;
}

}  // namespace steelyard

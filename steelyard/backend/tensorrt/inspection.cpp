// SPDX-License-Identifier: Apache-2.0
// The inspector's JSON differs from version to version, so it is read as text: one object a layer,
// in it "Name", "Format/Datatype" of inputs and outputs ("Row major linear FP16 format"; "Half"
// from version 10 on) and "TacticName" ("sm80_xmma_gemm_f16f16_f16f16_f16_nn_n…").
#include "steelyard/backend/tensorrt/inspection.h"

#include <algorithm>

namespace steelyard::tensorrt {
namespace {

// The objects of the array "Layers", each with its braces.
std::vector<std::string_view> objects_in(std::string_view text) {
  std::vector<std::string_view> objects;
  const auto array = text.find('[');
  int depth = 0;
  bool quoted = false;
  std::size_t begin = 0;
  for (std::size_t i = array == text.npos ? text.size() : array + 1; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\')
        ++i;
      else if (c == '"')
        quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '{') {
      if (depth++ == 0) begin = i;
    } else if (c == '}') {
      if (--depth == 0) objects.push_back(text.substr(begin, i + 1 - begin));
    } else if (c == ']' && depth == 0) {
      break;
    }
  }
  return objects;
}

// Every value of that key which is a string.
std::vector<std::string_view> values_of(std::string_view object, std::string_view key) {
  std::vector<std::string_view> values;
  const std::string quoted = '"' + std::string(key) + '"';
  for (std::size_t at = object.find(quoted); at != object.npos; at = object.find(quoted, at)) {
    at = object.find_first_not_of(" \t\n:", at + quoted.size());
    if (at == object.npos || object[at] != '"') continue;
    const auto end = object.find('"', at + 1);
    if (end == object.npos) break;
    values.push_back(object.substr(at + 1, end - at - 1));
    at = end;
  }
  return values;
}

bool has(std::string_view text, std::string_view word) {
  const auto same = [](char a, char b) { return (a | 0x20) == (b | 0x20); };
  return std::search(text.begin(), text.end(), word.begin(), word.end(), same) != text.end();
}

Precision precision_of(std::string_view object) {
  Precision found = Precision::fp32;
  const auto narrow = [&](std::string_view text) {
    if (has(text, "int8")) found = Precision::int8;
    if (found == Precision::int8) return;
    if (has(text, "fp16") || has(text, "half") || has(text, "f16f16")) found = Precision::fp16;
    if (has(text, "bf16") || has(text, "bfloat16")) found = Precision::bf16;
  };
  for (const std::string_view type : values_of(object, "Format/Datatype")) narrow(type);
  for (const std::string_view tactic : values_of(object, "TacticName"))
    if (found == Precision::fp32) {
      narrow(tactic);
      if (found == Precision::fp32 && has(tactic, "tf32")) found = Precision::tf32;
    }
  return found;
}

}  // namespace

std::vector<Layer> layers_in(std::string_view information) {
  std::vector<Layer> layers;
  for (const std::string_view object : objects_in(information)) {
    const auto names = values_of(object, "Name");
    if (values_of(object, "Format/Datatype").empty() && values_of(object, "TacticName").empty())
      continue;
    layers.push_back({names.empty() ? "" : std::string(names.front()), precision_of(object)});
  }
  return layers;
}

Precision obtained(const std::vector<Layer>& layers, Precision asked) {
  const auto any = [&](Precision precision) {
    return std::any_of(layers.begin(), layers.end(),
                       [&](const Layer& layer) { return layer.precision == precision; });
  };
  if (layers.empty()) return asked;
  for (const Precision precision : {Precision::int8, Precision::bf16, Precision::fp16})
    if (any(precision)) return precision;
  return asked == Precision::tf32 || any(Precision::tf32) ? Precision::tf32 : Precision::fp32;
}

}  // namespace steelyard::tensorrt

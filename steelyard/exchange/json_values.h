// SPDX-License-Identifier: Apache-2.0
// Numbers and reasons as every published JSON writes them. Pure, thread-safe.
#pragma once

#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "steelyard/record/record.h"

namespace steelyard::exchange {

using Json = nlohmann::ordered_json;

// JSON has no infinity and no NaN: null, like what is missing.
inline Json number(std::optional<double> value) {
  if (!value || !std::isfinite(*value)) return nullptr;
  return *value;
}

inline Json json_of(const Reason& reason) {
  Json values = Json::object();
  for (const Quantity& quantity : reason.values) values[quantity.name] = number(quantity.value);
  return {{"code", to_string(reason.code)}, {"values", values}, {"quoted", reason.quoted}};
}
inline Json json_of(const std::optional<Reason>& reason) {
  return reason ? json_of(*reason) : Json(nullptr);
}

}  // namespace steelyard::exchange

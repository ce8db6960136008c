// SPDX-License-Identifier: Apache-2.0
// Results, comparisons and advice as the published JSON: key names and nesting are a contract
// (docs/cli.md, docs/schema). Thread-safe.
#include <cmath>
#include <nlohmann/json.hpp>

#include "steelyard/exchange/formats.h"
#include "steelyard/exchange/published.h"

namespace steelyard::exchange {
namespace {

using Json = nlohmann::ordered_json;

class Writer {
 public:
  explicit Writer(Json& out) : out_(out) {}
  template <class T>
  void operator()(const char* name, const T& value) {
    out_[name] = written(value);
  }

  // JSON has no infinity and no NaN: null, like what is missing.
  static Json written(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }
  static Json written(nanoseconds value) { return value.count(); }
  static Json written(const Word& word) { return word.value; }
  static Json written(const Scenario& scenario) {
    Json out = {{"kind", kind_of(scenario)}};
    Writer inner(out);
    std::visit([&](const auto& x) { fields(inner, x); }, scenario);
    return out;
  }
  template <class T>
  static Json written(const std::optional<T>& value) {
    return value ? written(*value) : Json(nullptr);
  }
  template <class T>
  static Json written(const std::vector<T>& values) {
    Json out = Json::array();
    for (const T& value : values) out.push_back(written(value));
    return out;
  }
  template <class T>
  static Json written(const Keyed<T>& values) {
    Json out = Json::object();
    for (const auto& [name, value] : values) out[name] = written(value);
    return out;
  }
  template <class T>
  static Json written(const T& value) {
    if constexpr (std::is_enum_v<T>) {
      return to_string(value);
    } else if constexpr (std::is_arithmetic_v<T> || std::same_as<T, std::string>) {
      return value;
    } else {
      Json out = Json::object();
      Writer inner(out);
      if constexpr (requires { published(inner, value); })
        published(inner, value);
      else
        fields(inner, value);
      return out;
    }
  }

 private:
  Json& out_;
};

std::string dump(const Json& json) {
  // Vendor text is quoted as it came and may not be UTF-8.
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::string as_json(const std::vector<Summary>& summaries) {
  std::string text = "{\"schema_version\":1,\"cases\":[";
  const char* between = "\n";
  for (const Summary& summary : summaries) {
    text += between;
    text += dump(Writer::written(summary));
    between = ",\n";
  }
  return text + (summaries.empty() ? "]}\n" : "\n]}\n");
}

std::string as_json(const Comparison& comparison) {
  return dump({{"schema_version", 1},
               {"a", comparison.name_a},
               {"b", comparison.name_b},
               {"cases", Writer::written(comparison.cases)}}) +
         "\n";
}

std::string as_json(const std::vector<Advice>& advice) {
  return dump({{"schema_version", 1}, {"advice", Writer::written(advice)}}) + "\n";
}

}  // namespace steelyard::exchange

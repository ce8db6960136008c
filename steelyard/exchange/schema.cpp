// SPDX-License-Identifier: Apache-2.0
// JSON Schema (draft 2020-12) of the published JSON, made from the same layouts that write it.
// Thread-safe.
#include <nlohmann/json.hpp>

#include "steelyard/exchange/exchange.h"
#include "steelyard/exchange/published.h"

namespace steelyard {
namespace exchange {
namespace {

using Json = nlohmann::ordered_json;

// Structs that stand in many places are described once, under this name.
template <class T>
constexpr const char* kShared = nullptr;
template <>
constexpr const char* kShared<Reason> = "reason";
template <>
constexpr const char* kShared<Outcome> = "outcome";
template <>
constexpr const char* kShared<IntervalFigure> = "interval";
template <>
constexpr const char* kShared<Estimate> = "estimate";
template <>
constexpr const char* kShared<Check> = "check";

template <class E>
Json names_of() {
  Json names = Json::array();
  for (int i = 0; i < 256; ++i) {
    const std::string_view name = to_string(static_cast<E>(i));
    if (name == "?" || name.empty()) break;
    names.push_back(name);
  }
  return names;
}

class Describer {
 public:
  Describer(Json& object, Json& shared) : object_(object), shared_(shared) {
    object_["type"] = "object";
    object_["properties"] = Json::object();
    object_["required"] = Json::array();
  }
  template <class T>
  void operator()(const char* name, const T& value) {
    object_["properties"][name] = described(value, shared_);
    object_["required"].push_back(name);
  }

  static Json described(double, Json&) { return {{"type", {"number", "null"}}}; }
  static Json described(bool, Json&) { return {{"type", "boolean"}}; }
  static Json described(nanoseconds, Json&) { return {{"type", "integer"}}; }
  static Json described(const std::string&, Json&) { return {{"type", "string"}}; }
  static Json described(const Word& word, Json&) {
    Json words = Json::array({""});  // of a case that has no verdict yet
    for (const char* one : word.among) words.push_back(one);
    return {{"enum", words}};
  }
  static Json described(const Scenario&, Json& shared) {
    Json kinds = Json::array();
    add_kinds<0>(kinds, shared);
    return {{"anyOf", kinds}};
  }
  template <class T>
  static Json described(const std::optional<T>&, Json& shared) {
    Json inner = described(T{}, shared);
    if (inner.contains("type") && inner["type"].is_string() && inner["type"] != "object") {
      inner["type"] = Json::array({inner["type"], "null"});
      return inner;
    }
    if (inner.contains("type") && inner["type"].is_array()) return inner;  // a number
    return {{"anyOf", {inner, {{"type", "null"}}}}};
  }
  template <class T>
  static Json described(const std::vector<T>&, Json& shared) {
    return {{"type", "array"}, {"items", described(T{}, shared)}};
  }
  template <class T>
  static Json described(const Keyed<T>&, Json& shared) {
    return {{"type", "object"}, {"additionalProperties", described(T{}, shared)}};
  }
  template <class T>
  static Json described(const T& value, Json& shared) {
    if constexpr (std::is_enum_v<T>) {
      return {{"enum", names_of<T>()}};
    } else if constexpr (std::is_integral_v<T>) {
      return {{"type", "integer"}};
    } else if constexpr (kShared<T> != nullptr) {
      if (!shared.contains(kShared<T>)) shared[kShared<T>] = object_of(value, shared);
      return {{"$ref", std::string("#/$defs/") + kShared<T>}};
    } else {
      return object_of(value, shared);
    }
  }

 private:
  template <class T>
  static Json object_of(const T& value, Json& shared) {
    Json out = Json::object();
    Describer inner(out, shared);
    if constexpr (requires { published(inner, value); })
      published(inner, value);
    else
      fields(inner, value);
    return out;
  }
  template <std::size_t I>
  static void add_kinds(Json& kinds, Json& shared) {
    if constexpr (I < std::variant_size_v<Scenario>) {
      const std::variant_alternative_t<I, Scenario> scenario{};
      Json out = object_of(scenario, shared);
      out["properties"]["kind"] = {{"const", kind_of(Scenario(scenario))}};
      out["required"].push_back("kind");
      kinds.push_back(out);
      add_kinds<I + 1>(kinds, shared);
    }
  }

  Json& object_;
  Json& shared_;
};

template <class T>
std::string schema(const char* title, const char* list, std::vector<const char*> texts) {
  Json shared = Json::object();
  Json items = Describer::described(std::vector<T>(), shared);
  Json properties = {{"schema_version", {{"const", 1}}}};
  Json required = {"schema_version"};
  for (const char* text : texts) {
    properties[text] = {{"type", "string"}};
    required.push_back(text);
  }
  properties[list] = items;
  required.push_back(list);
  const Json root = {
      {"$schema", "https://json-schema.org/draft/2020-12/schema"},
      {"title", title},
      {"description",
       "Units are in the names or beside the value. null: not known, with the reason beside it. A "
       "later version may add properties and reason codes, and keeps the meaning of these."},
      {"type", "object"},
      {"properties", properties},
      {"required", required},
      {"$defs", shared}};
  return root.dump(1) + "\n";
}

}  // namespace
}  // namespace exchange

std::string results_schema() { return exchange::schema<Summary>("Steelyard results", "cases", {}); }
std::string comparison_schema() {
  return exchange::schema<CaseComparison>("Steelyard comparison", "cases", {"a", "b"});
}
std::string advice_schema() { return exchange::schema<Advice>("Steelyard advice", "advice", {}); }

}  // namespace steelyard

// SPDX-License-Identifier: Apache-2.0
// The published schemas are those that the code makes, and what it writes is valid by them.
#include <gmock/gmock.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "steelyard/advise/advise.h"
#include "steelyard/exchange/exchange.h"
#include "tests/exchange/made.h"
#include "tests/golden.h"
#include "tests/report/fixture.h"

namespace steelyard {
namespace {

using nlohmann::json;

// The keywords that our schemas use, and one rule more: no property that is not described.
class Validator {
 public:
  explicit Validator(const std::string& schema) : root_(json::parse(schema)) {}

  std::vector<std::string> operator()(const json& document) {
    wrong_.clear();
    check(document, root_, "");
    return wrong_;
  }

 private:
  void fail(const std::string& where, const std::string& what) {
    wrong_.push_back(where + " " + what);
  }

  static bool has_type(const json& value, const std::string& type) {
    if (type == "integer") return value.is_number_integer();
    if (type == "number") return value.is_number();
    if (type == "string") return value.is_string();
    if (type == "boolean") return value.is_boolean();
    if (type == "array") return value.is_array();
    if (type == "object") return value.is_object();
    return type == "null" && value.is_null();
  }

  void check(const json& value, const json& schema, const std::string& where) {
    if (schema.contains("$ref"))
      return check(value, root_.at(json::json_pointer(schema["$ref"].get<std::string>().substr(1))),
                   where);
    if (schema.contains("anyOf") && !any(value, schema["anyOf"], where))
      fail(where, "is none of what it may be");
    if (schema.contains("const") && value != schema["const"]) fail(where, "is another constant");
    if (schema.contains("enum")) {
      const json& words = schema["enum"];
      if (std::find(words.begin(), words.end(), value) == words.end())
        fail(where, "is not one of the words: " + value.dump());
    }
    if (schema.contains("type")) {
      const json types = schema["type"].is_array() ? schema["type"] : json::array({schema["type"]});
      if (std::none_of(types.begin(), types.end(),
                       [&](const json& t) { return has_type(value, t); }))
        return fail(where, "is not " + types.dump());
    }
    if (value.is_array() && schema.contains("items"))
      for (std::size_t i = 0; i < value.size(); ++i)
        check(value[i], schema["items"], where + "/" + std::to_string(i));
    if (value.is_object()) members(value, schema, where);
  }

  bool any(const json& value, const json& schemas, const std::string& where) {
    for (const json& one : schemas) {
      std::vector<std::string> kept;
      kept.swap(wrong_);
      check(value, one, where);
      kept.swap(wrong_);
      if (kept.empty()) return true;
    }
    return false;
  }

  void members(const json& value, const json& schema, const std::string& where) {
    for (const json& name : schema.value("required", json::array()))
      if (!value.contains(name)) fail(where, "lacks " + name.dump());
    for (const auto& [name, inner] : value.items()) {
      const std::string at = where + "/" + name;
      if (schema.contains("properties") && schema["properties"].contains(name))
        check(inner, schema["properties"][name], at);
      else if (schema.contains("additionalProperties"))
        check(inner, schema["additionalProperties"], at);
      else if (schema.contains("properties"))
        fail(at, "is not described");
    }
  }

  const json root_;
  std::vector<std::string> wrong_;
};

std::vector<Summary> every_kind() {
  std::vector<Summary> all = fixture();
  all.push_back(weighed());
  all.push_back(skipped());
  for (const Scenario& scenario : {Scenario(Server{200, 2}), Scenario(FixedRate{50, 1}),
                                   Scenario(PeakRate{{}, 1}), Scenario(Streaming{})}) {
    Summary s = weighed();
    s.scenario = scenario;
    all.push_back(s);
  }
  return all;
}

TEST(Schema, IsPublishedAsTheCodeMakesIt) {
  expect_golden(results_schema(), "docs/schema/results.json");
  expect_golden(comparison_schema(), "docs/schema/comparison.json");
  expect_golden(advice_schema(), "docs/schema/advice.json");
}

TEST(Schema, HoldsForResults) {
  const json document = json::parse(export_as(every_kind(), ExportFormat::json));
  EXPECT_THAT(Validator(results_schema())(document), testing::IsEmpty());
}

TEST(Schema, HoldsForAdvice) {
  Question question;
  question.latency = {{99, 5e6}};
  question.rate = 20;
  question.max_watts = 10;
  question.price_per_kwh = 0.2;
  const auto advice = advise(fixture(), question, built_in_systems());
  ASSERT_FALSE(advice.empty());
  const json document = json::parse(export_json(advice));
  EXPECT_THAT(Validator(advice_schema())(document), testing::IsEmpty());
}

TEST(Schema, HoldsForAComparison) {
  Comparison comparison{"main", "head", {}};
  CaseComparison& c = comparison.cases.emplace_back();
  c.scenario = Offline{64, 1};
  c.settings = {{"threads", "2"}};
  c.outcome_b.kind = Outcome::Failed;
  c.outcome_b.reason.code = ReasonCode::crashed;
  c.metrics.push_back({.metric = "latency.p50", .a = 1, .b = 2, .ratio = 2, .verdict = "WORSE"});
  EXPECT_THAT(Validator(comparison_schema())(json::parse(export_json(comparison))),
              testing::IsEmpty());
}

TEST(Schema, RefusesWhatIsNotOurs) {
  Validator valid(results_schema());
  const json good = json::parse(export_as({weighed()}, ExportFormat::json));
  const auto spoilt = [&](const char* where, const json& value) {
    json bad = good;
    bad[json::json_pointer(where)] = value;
    return valid(bad);
  };
  EXPECT_FALSE(spoilt("/schema_version", 2).empty());
  EXPECT_FALSE(spoilt("/cases/0/provenance", "guessed").empty());
  EXPECT_FALSE(spoilt("/cases/0/latency_ns/mean", "fast").empty());
  EXPECT_FALSE(spoilt("/cases/0/scenario/batch", 1.5).empty());
  EXPECT_FALSE(spoilt("/cases/0/trust/kind", "FINE").empty());
  EXPECT_FALSE(spoilt("/cases/0/surprise", 1).empty());
  json lacking = good;
  lacking["cases"][0]["power"].erase("reason");
  EXPECT_FALSE(valid(lacking).empty());
}

TEST(GoldenExport, IsTheSameByteForByte) {
  expect_golden(export_as(fixture(), ExportFormat::json), "tests/golden/results.json");
  expect_golden(export_as(fixture(), ExportFormat::csv), "tests/golden/results.csv");
  expect_golden(export_json(advise(fixture(), {}, built_in_systems())), "tests/golden/advice.json");
}

}  // namespace
}  // namespace steelyard

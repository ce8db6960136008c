// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "steelyard/exchange/exchange.h"
#include "tests/exchange/made.h"

namespace steelyard {
namespace {

using nlohmann::json;
using testing::IsSupersetOf;

std::vector<std::string> keys_of(const json& object) {
  std::vector<std::string> keys;
  for (const auto& item : object.items()) keys.push_back(item.key());
  return keys;
}

json exported(const std::vector<Summary>& summaries) {
  return json::parse(export_as(summaries, ExportFormat::json));
}

TEST(Json, HasTheKeysOfTheContract) {
  const json all = exported({weighed()});
  EXPECT_EQ(all["schema_version"], 1);
  ASSERT_EQ(all["cases"].size(), 1u);
  const json& c = all["cases"][0];
  EXPECT_THAT(keys_of(c), IsSupersetOf({"model",
                                        "model_sha256",
                                        "artefact",
                                        "spec",
                                        "host",
                                        "backend",
                                        "device",
                                        "precision",
                                        "scenario",
                                        "provenance",
                                        "outcome",
                                        "queries",
                                        "workers",
                                        "latency_ns",
                                        "throughput_per_second",
                                        "startup",
                                        "harness_overhead_ns",
                                        "accuracy",
                                        "utilisation",
                                        "memory",
                                        "power",
                                        "energy",
                                        "trust",
                                        "correctness"}));
  EXPECT_THAT(keys_of(c["artefact"]), IsSupersetOf({"kind", "sha256", "reference_sha256"}));
  EXPECT_THAT(keys_of(c["outcome"]), IsSupersetOf({"kind", "reason", "hint"}));
  EXPECT_THAT(keys_of(c["latency_ns"]),
              IsSupersetOf({"mean", "stddev", "min", "max", "percentiles", "parts"}));
  EXPECT_THAT(keys_of(c["latency_ns"]["percentiles"][0]),
              IsSupersetOf({"p", "ns", "upper_ns", "reason"}));
  EXPECT_THAT(keys_of(c["startup"]), IsSupersetOf({"load_ns", "first_query_ns", "warm_up_ns"}));
  EXPECT_THAT(keys_of(c["accuracy"]), IsSupersetOf({"rmse", "rmse_naive", "skill", "unit",
                                                    "max_abs_error_vs_reference", "reason"}));
  EXPECT_THAT(keys_of(c["utilisation"]), IsSupersetOf({"percent", "definition", "reason"}));
  EXPECT_THAT(keys_of(c["memory"]), IsSupersetOf({"bytes", "boundary", "reason"}));
  EXPECT_THAT(keys_of(c["power"]), IsSupersetOf({"watts", "idle_watts", "boundary", "reason"}));
  EXPECT_THAT(keys_of(c["energy"]),
              IsSupersetOf({"joules_per_query", "dynamic_joules_per_query", "boundary", "reason"}));
  EXPECT_THAT(keys_of(c["trust"]), IsSupersetOf({"kind", "findings"}));
  EXPECT_THAT(keys_of(c["trust"]["findings"][0]), IsSupersetOf({"kind", "reason"}));
  EXPECT_THAT(keys_of(c["correctness"]), IsSupersetOf({"kind", "reason"}));
}

TEST(Json, CarriesTheFigures) {
  const json c = exported({weighed()})["cases"][0];
  EXPECT_EQ(c["device"], "hailo-8l");
  EXPECT_EQ(c["precision"], "int8");
  EXPECT_EQ(c["provenance"], "simulated");
  EXPECT_EQ(c["scenario"], (json{{"kind", "Offline"}, {"batch", 64}, {"in_flight", 2}}));
  EXPECT_EQ(c["settings"], (json{{"threads", "2"}}));
  EXPECT_EQ(c["stands_for"]["device"], "Hailo-8L");
  EXPECT_EQ(c["outcome"], (json{{"kind", "Completed"}, {"reason", nullptr}, {"hint", nullptr}}));
  EXPECT_EQ(c["latency_ns"]["percentiles"][0],
            (json{{"p", 99.0}, {"ns", 990e3}, {"upper_ns", 998e3}, {"reason", nullptr}}));
  EXPECT_EQ(c["power"]["low_watts"], 1);
  EXPECT_EQ(c["trust"]["findings"][0]["reason"]["values"]["ratio"], 1.25);
}

TEST(Json, PutsNullBesideTheReasonOfAMissingValue) {
  const json c = exported({weighed()})["cases"][0];
  const json& p999 = c["latency_ns"]["percentiles"][1];
  EXPECT_TRUE(p999["upper_ns"].is_null());
  EXPECT_EQ(p999["reason"], (json{{"code", "too_few_queries"},
                                  {"values", {{"n", 1000}, {"needed", 6636}}},
                                  {"quoted", ""}}));
  EXPECT_TRUE(c["memory"]["bytes"].is_null());
  EXPECT_EQ(c["memory"]["reason"]["code"], "not_reported");
  EXPECT_TRUE(c["harness_overhead_ns"].is_null());
}

TEST(Json, ReadsBackTheSameDoubles) {
  const json latency = exported({weighed()})["cases"][0]["latency_ns"];
  EXPECT_EQ(latency["mean"].get<double>(), 1.0 / 3);
  EXPECT_EQ(latency["stddev"].get<double>(), 0.1);
  EXPECT_EQ(latency["min"].get<double>(), 5e-324);
  EXPECT_EQ(latency["max"].get<double>(), 1.7976931348623157e308);
}

TEST(Json, KeepsVendorTextThatIsNotUtf8Readable) {
  const json c = exported({skipped()})["cases"][0];
  EXPECT_EQ(c["outcome"]["kind"], "Skipped");
  EXPECT_EQ(c["outcome"]["hint"], "Install TensorRT");
  EXPECT_EQ(c["outcome"]["reason"]["quoted"], "libnvinfer.so.10: line 1\nline 2 \xef\xbf\xbd");
}

TEST(Json, HasNoNumberThatIsNotFinite) {
  Summary s = weighed();
  s.accuracy.rmse = std::numeric_limits<double>::quiet_NaN();
  s.correctness.reason = Reason{
      ReasonCode::outputs_differ, {{"error", std::numeric_limits<double>::infinity(), ""}}, ""};
  const json c = exported({s})["cases"][0];
  EXPECT_TRUE(c["accuracy"]["rmse"].is_null());
  EXPECT_TRUE(c["correctness"]["reason"]["values"]["error"].is_null());
}

TEST(Json, OfNothingIsAnEmptyList) {
  EXPECT_EQ(export_as({}, ExportFormat::json), "{\"schema_version\":1,\"cases\":[]}\n");
}

}  // namespace
}  // namespace steelyard

// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <set>

#include "steelyard/base/error.h"
#include "steelyard/run/run.h"
#include "tests/run/files.h"

namespace steelyard {
namespace {

class MakePlan : public testing::Test {
 protected:
  void SetUp() override {
    write_table(folder_ / "table.csv");
    write_model(folder_ / "GRU.onnx");
    options_.models = {{"", folder_ / "GRU.onnx"}};
    options_.data = folder_ / "table.csv";
    options_.specs = {"native-cpu", "null"};
  }
  std::string refusal() {
    try {
      make_plan(options_);
    } catch (const Error& e) {
      return std::string(e.what()) + " | " + e.hint();
    }
    return "accepted";
  }
  TemporaryFolder folder_;
  RunOptions options_;
};

TEST_F(MakePlan, MakesACaseAModelAndDevice) {
  const Plan plan = make_plan(options_);
  ASSERT_EQ(plan.cases.size(), 2u);
  EXPECT_EQ(plan.cases[0].model, "GRU");
  EXPECT_EQ(plan.cases[0].device.backend, "native-cpu");
  EXPECT_EQ(plan.cases[0].precision, Precision::fp32);
  EXPECT_EQ(plan.cases[0].id, identity(plan.cases[0]));
  EXPECT_NE(plan.cases[0].id, plan.cases[1].id);
  EXPECT_EQ(plan.campaign.size(), 16u);
  EXPECT_FALSE(plan.manifest.boot_id.empty());
}

TEST_F(MakePlan, ComputesTheTruthOnce) {
  const Plan plan = make_plan(options_);
  ASSERT_EQ(plan.truths.size(), 1u);
  const Truth& truth = plan.truths.front();
  EXPECT_EQ(truth.id, plan.cases[0].truth);
  EXPECT_EQ(truth.id, plan.cases[1].truth);
  EXPECT_EQ(truth.unit, "USD");
  EXPECT_EQ(truth.reference.size(), truth.windows());
  EXPECT_EQ(truth.no_reference_because, "");
}

TEST_F(MakePlan, KeepsTruthsOfTwoModelsApart) {
  write_model(folder_ / "other.onnx", 2);
  options_.models.push_back({"", folder_ / "other.onnx"});
  const Plan plan = make_plan(options_);
  ASSERT_EQ(plan.truths.size(), 2u);
  EXPECT_NE(plan.truths[0].id, plan.truths[1].id);
  EXPECT_NE(plan.truths[0].reference, plan.truths[1].reference);
}

TEST_F(MakePlan, AsksTheSameQuestionInTwoCampaignsUnderTheSameId) {
  EXPECT_EQ(make_plan(options_).cases[0].id, make_plan(options_).cases[0].id);
  EXPECT_NE(make_plan(options_).campaign, make_plan(options_).campaign);
}

TEST_F(MakePlan, MeasuresACaseOnceThatWasAskedTwice) {
  options_.specs = {"native-cpu", "native-cpu", "native-cpu@fp32"};
  EXPECT_EQ(make_plan(options_).cases.size(), 1u);
}

TEST_F(MakePlan, ExpandsAllToEveryReadyDevice) {
  options_.specs = {"all"};
  std::set<std::string> backends;
  for (const Case& what : make_plan(options_).cases) backends.insert(what.spec.backend);
  EXPECT_TRUE(backends.contains("native-cpu"));
  EXPECT_TRUE(backends.contains("null"));
  EXPECT_TRUE(backends.contains("simulated"));
}

TEST_F(MakePlan, MultipliesASweepOutOnce) {
  options_.settings = {{"native-cpu", "a", {"1", "2"}}, {"native-cpu", "b", {"x", "y", "z"}}};
  const Plan plan = make_plan(options_);
  ASSERT_EQ(plan.cases.size(), 7u) << "six of native-cpu, one of null";
  std::set<std::string> ids;
  for (const Case& what : plan.cases) ids.insert(what.id);
  EXPECT_EQ(ids.size(), 7u);
  EXPECT_EQ(plan.cases[1].settings, (std::vector<Setting>{{"a", "1"}, {"b", "y"}}));
}

TEST_F(MakePlan, RefusesASettingOfABackendThatIsNotMeasured) {
  options_.settings = {{"simulated", "a", {"1"}}};
  EXPECT_EQ(refusal(),
            "--set simulated.a belongs to no device that is measured | add --device simulated, or "
            "leave the setting out");
  options_.settings = {{"simulatd", "a", {"1"}}};
  EXPECT_NE(refusal().find("there is no backend 'simulatd'"), std::string::npos);
}

TEST_F(MakePlan, RefusesAnUnknownDeviceAndListsWhatThereIs) {
  options_.specs = {"tensorflow"};
  EXPECT_THROW(make_plan(options_), UsageError);
  EXPECT_NE(refusal().find("native-cpu"), std::string::npos);
}

TEST_F(MakePlan, RefusesAPrecisionThatTheDeviceDoesNotHave) {
  options_.specs = {"simulated:hailo-8l@fp32"};
  EXPECT_THROW(make_plan(options_), UsageError);
}

TEST_F(MakePlan, RefusesNoModelAndNoDevice) {
  options_.models.clear();
  EXPECT_NE(refusal().find("there is no model to measure"), std::string::npos);
  options_.specs.clear();
  EXPECT_NE(refusal().find("there is no device to measure on"), std::string::npos);
}

TEST_F(MakePlan, RefusesTwoModelsOfOneNameUnlessTheyAreNamed) {
  std::filesystem::create_directory(folder_ / "b");
  write_model(folder_ / "b/GRU.onnx", 2);
  options_.models.push_back({"", folder_ / "b/GRU.onnx"});
  EXPECT_NE(refusal().find("two models are called GRU"), std::string::npos);
  options_.models.back().name = "head";
  EXPECT_EQ(make_plan(options_).cases.back().model, "head");
}

TEST_F(MakePlan, RefusesDurationsThatContradict) {
  options_.effort.min_duration = std::chrono::seconds(20);
  EXPECT_EQ(refusal(),
            "the shortest duration (20 s) is longer than the longest (10 s) | raise --max-duration "
            "too");
}

TEST_F(MakePlan, AsksForATable) {
  options_.data.clear();
  EXPECT_NE(refusal().find("add --data FILE"), std::string::npos);
}

TEST_F(MakePlan, RefusesATableThatIsTooShort) {
  write_table(folder_ / "short.csv", 6);
  options_.data = folder_ / "short.csv";
  EXPECT_THROW(make_plan(options_), Error);
}

TEST(Effort, QuickIsTenThousandQueriesAndTwoSeconds) {
  const Effort quick = effort_named("quick");
  EXPECT_EQ(quick.min_queries, 10'000u);
  EXPECT_EQ(quick.min_duration, std::chrono::seconds(2));
  EXPECT_EQ(quick.max_duration, std::chrono::seconds(10));
  EXPECT_EQ(quick.blocks, 5u);
}

TEST(Effort, RefusesAnUnknownNameAndListsTheNames) {
  try {
    effort_named("slow");
    FAIL();
  } catch (const UsageError& e) {
    EXPECT_EQ(e.hint(), "there is: quick, standard, publishable");
  }
}

TEST(Effort, GrowsInTimeAndInWorkers) {
  const Effort quick = effort_named("quick"), standard = effort_named("standard"),
               publishable = effort_named("publishable");
  EXPECT_EQ(standard.min_duration, std::chrono::seconds(60));
  EXPECT_EQ(publishable.min_duration, std::chrono::seconds(600));
  EXPECT_EQ(standard.workers, 5u);
  EXPECT_EQ(publishable.workers, 10u);
  EXPECT_EQ(quick.target_error, 0) << "a quick look is never made longer";
}

}  // namespace
}  // namespace steelyard

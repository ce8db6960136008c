// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <cmath>

#include "steelyard/stats/stats.h"
#include "tests/stats/made.h"

namespace steelyard {
namespace {

using testing::HasSubstr;

TEST(Accuracy, TurnsOutputsIntoPricesAndComparesWithTheNaiveForecast) {
  // prices 102 105 106 110 against 102 104 106 108; naive is 2 off everywhere
  const Summary s = summarize(answered({1, 2.5f, 3, 5}));
  EXPECT_DOUBLE_EQ(*s.accuracy.rmse, std::sqrt((1.0 + 4.0) / 4));
  EXPECT_DOUBLE_EQ(*s.accuracy.rmse_naive, 2);
  EXPECT_DOUBLE_EQ(*s.accuracy.skill, 1 - std::sqrt(5.0 / 4) / 2);
  EXPECT_EQ(s.accuracy.unit, "USD");
  EXPECT_DOUBLE_EQ(*s.accuracy.max_abs_error_vs_reference, 1) << "as the model gives it";
  EXPECT_DOUBLE_EQ(*s.accuracy.rmse_vs_reference, std::sqrt((1.0 + 4.0) / 4)) << "in dollars";
  EXPECT_FALSE(s.accuracy.reason);
  EXPECT_EQ(s.windows, 4u);
}

TEST(Accuracy, SaysHowManyWindowsWereReached) {
  const Summary s = summarize(answered({1, 99, 3, 99}, {1, 0, 1, 0}));
  EXPECT_EQ(*s.accuracy.rmse, 0);
  EXPECT_EQ(*s.accuracy.reason,
            (Reason{ReasonCode::incomplete_pass, {{"seen", 2, ""}, {"windows", 4, ""}}, ""}));
  const Summary none = summarize(answered({0, 0, 0, 0}, {0, 0, 0, 0}));
  EXPECT_FALSE(none.accuracy.rmse);
  EXPECT_FALSE(none.accuracy.rmse_naive);
  EXPECT_EQ(none.accuracy.reason->code, ReasonCode::incomplete_pass);
}

TEST(Accuracy, HasNoErrorWithoutARecipe) {
  Measurement m = answered({1, 2, 3, 4});
  m.truth = nullptr;
  EXPECT_EQ(summarize(m).accuracy.reason->code, ReasonCode::no_targets);
  EXPECT_EQ(summarize(m).correctness.kind, "UNCHECKED");
}

TEST(Accuracy, IgnoresWhatTheNullBackendAnswers) {
  Measurement m = answered({1, 2, 3, 4});
  m.what.spec.backend = "null";
  const Summary s = summarize(m);
  EXPECT_FALSE(s.accuracy.rmse);
  EXPECT_EQ(s.accuracy.reason->code, ReasonCode::outputs_meaningless);
  EXPECT_EQ(s.correctness.kind, "UNCHECKED");
  EXPECT_EQ(s.correctness.reason->code, ReasonCode::outputs_meaningless);
}

TEST(Accuracy, QuotesWhyThereIsNoReference) {
  Measurement m = answered({1, 2, 3, 4});
  auto truth = small_truth();
  truth->reference.clear();
  truth->no_reference_because = "node Attention_3";
  m.truth = truth;
  const Summary s = summarize(m);
  EXPECT_EQ(*s.accuracy.rmse, 0);
  EXPECT_EQ(*s.accuracy.reason, (Reason{ReasonCode::no_reference, {}, "node Attention_3"}));
  EXPECT_EQ(s.correctness.kind, "UNCHECKED");
  EXPECT_EQ(*s.correctness.reason, (Reason{ReasonCode::no_reference, {}, "node Attention_3"}));
}

TEST(Accuracy, ReportsOutputsThatAreNotNumbers) {
  const Summary s = summarize(answered({1, NAN, 3, INFINITY}));
  EXPECT_FALSE(s.accuracy.rmse);
  EXPECT_EQ(*s.accuracy.rmse_naive, 2);
  EXPECT_EQ(s.accuracy.reason->code, ReasonCode::outputs_differ);
  EXPECT_THAT(s.accuracy.reason->quoted, HasSubstr("2 outputs"));
  EXPECT_EQ(s.correctness.kind, "WRONG");
}

TEST(Accuracy, SurvivesListsOfOtherLengths) {
  Measurement m = answered({1, 2});  // cut short
  EXPECT_EQ(summarize(m).accuracy.reason->values[0].value, 2);
  m = answered({1, 2, 3, 4, 5, 6}, {1, 1, 1, 1, 1, 1});  // too long
  EXPECT_EQ(*summarize(m).accuracy.rmse, 0);
  m = answered({1, 2, 3, 4});
  auto truth = small_truth();
  truth->scale.pop_back();
  m.truth = truth;
  EXPECT_EQ(summarize(m).accuracy.reason->code, ReasonCode::no_targets);
  truth = small_truth();
  truth->reference.pop_back();
  m.truth = truth;
  EXPECT_EQ(summarize(m).correctness.kind, "UNCHECKED");
}

TEST(Correctness, AllowsWhatThePrecisionCosts) {
  const double sd = std::sqrt(5.0 / 3);  // of the reference 1 2 3 4
  for (Precision precision : {Precision::fp32, Precision::fp16, Precision::bf16, Precision::int8}) {
    const Tolerance allowed = tolerance_of(precision);
    const double tolerance = allowed.absolute + allowed.relative * sd;
    for (double part : {0.9, 1.1}) {
      Measurement m = answered({1, 2, 3, static_cast<float>(4 + part * tolerance)});
      m.obtained = precision;
      const Summary s = summarize(m);
      EXPECT_EQ(s.correctness.kind, part < 1 ? "OK" : "WRONG")
          << to_string(precision) << " " << part;
      EXPECT_EQ(s.correctness.reason.has_value(), part > 1);
    }
  }
}

// What must not pass at any precision: zeros, the forecast of another window, a constant.
TEST(Correctness, NeverPassesAnAnswerWithoutContent) {
  constexpr std::size_t kWindows = 500;
  auto truth = std::make_shared<Truth>();
  Random random(1);
  for (std::size_t i = 0; i < kWindows; ++i)
    truth->reference.push_back(static_cast<float>(0.1 * normal(random)));
  truth->target = truth->naive = truth->scale = truth->offset = std::vector<double>(kWindows, 1.0);
  std::vector<float> shifted = truth->reference, zeros(kWindows, 0), constant(kWindows, 0.05f);
  std::rotate(shifted.begin(), shifted.begin() + 1, shifted.end());
  for (const auto& outputs : {shifted, zeros, constant})
    for (Precision precision :
         {Precision::fp32, Precision::fp16, Precision::bf16, Precision::int8}) {
      Measurement m = answered(outputs, std::vector<std::uint8_t>(kWindows, 1));
      m.truth = truth;
      m.obtained = precision;
      EXPECT_EQ(summarize(m).correctness.kind, "WRONG") << to_string(precision);
    }
}

// An artefact made from another graph is judged by that graph, and both errors are told.
TEST(Correctness, AnotherGraphIsAVariantWithBothErrorsAndNeverHidesAWrongAnswer) {
  Measurement m = answered({1, 2, 3, 4});
  auto truth = std::make_shared<Truth>(*m.truth);
  truth->original = {1, 2.5f, 3, 5};
  m.truth = truth;
  const CorrectnessFigures variant = summarize(m).correctness;
  EXPECT_EQ(variant.kind, "VARIANT");
  EXPECT_EQ(*variant.reason,
            (Reason{ReasonCode::another_graph,
                    {{"rmse", 0, "USD"}, {"original", std::sqrt((1.0 + 4.0) / 4), "USD"}},
                    ""}));
  m.outputs = truth->original;
  EXPECT_EQ(summarize(m).correctness.kind, "WRONG") << "right for the graph it was not made from";
}

}  // namespace
}  // namespace steelyard

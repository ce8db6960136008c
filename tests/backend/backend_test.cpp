// SPDX-License-Identifier: Apache-2.0
#include "steelyard/backend/backend.h"

#include <gtest/gtest.h>

#include <limits>

namespace steelyard {
namespace {

TensorInfo tensor(std::string name, ElementType type, std::vector<std::int64_t> shape) {
  TensorInfo info;
  info.name = std::move(name);
  info.type = type;
  info.shape = std::move(shape);
  return info;
}

TEST(Signature, CountsTheBytesOfAllTensors) {
  const Signature signature{
      {tensor("a", ElementType::f32, {2, 8, 5}), tensor("b", ElementType::i64, {})},
      {tensor("y", ElementType::u8, {2, 1})}};
  EXPECT_EQ(signature.input_bytes(), 2u * 8 * 5 * 4 + 8);
  EXPECT_EQ(signature.output_bytes(), 2u);
}

TEST(Signature, PairsAStateThatGoesInWithTheOneThatComesOut) {
  const auto f32 = ElementType::f32;
  const std::vector<TensorInfo> inputs{tensor("x", f32, {1, 1, 5}), tensor("h0", f32, {1, 1, 8}),
                                       tensor("initial_c", f32, {1, 1, 8}),
                                       tensor("state_in", f32, {3})};
  const std::vector<TensorInfo> outputs{tensor("y", f32, {1, 1}), tensor("Y_c", f32, {1, 1, 8}),
                                        tensor("hn", f32, {1, 1, 8}),
                                        tensor("state_out", f32, {4})};
  EXPECT_EQ(state_pairs(inputs, outputs), (std::vector<StatePair>{{1, 2}, {2, 1}}));
  EXPECT_TRUE(state_pairs({tensor("x", f32, {1})}, {tensor("x", f32, {1})}).empty());
}

TEST(Signature, RefusesAnUnknownAxis) {
  const Signature signature{{tensor("x", ElementType::f32, {-1, 5})}, {}};
  EXPECT_THROW(signature.input_bytes(), Error);
}

TEST(Signature, RefusesATypeWithoutASize) {
  const Signature signature{{}, {tensor("text", ElementType::other, {1})}};
  EXPECT_THROW(signature.output_bytes(), Error);
}

TEST(Signature, RefusesMoreThanCanBeAddressed) {
  const std::int64_t huge = std::numeric_limits<std::int64_t>::max();
  const Signature one{{tensor("x", ElementType::f32, {huge, huge})}, {}};
  EXPECT_THROW(one.input_bytes(), Error);
  const Signature sum{{tensor("x", ElementType::u8, {huge}), tensor("y", ElementType::u8, {huge}),
                       tensor("z", ElementType::u8, {huge})},
                      {}};
  EXPECT_THROW(sum.input_bytes(), Error);
}

TEST(Settings, NamesTheUnknownOneAndListsThoseThereAre) {
  try {
    check_settings("acme", {{"threads", "1"}, {"thread", "2"}}, {"threads", "level"});
    FAIL() << "accepted";
  } catch (const UsageError& e) {
    EXPECT_STREQ(e.what(), "acme has no setting 'thread'");
    EXPECT_EQ(e.hint(), "its settings are: threads, level");
  }
}

TEST(Settings, SaysWhenThereAreNone) {
  try {
    check_settings("null", {{"x", ""}}, {});
    FAIL() << "accepted";
  } catch (const UsageError& e) {
    EXPECT_EQ(e.hint(), "null has no settings");
  }
}

TEST(Settings, RefusesOneThatIsGivenTwice) {
  EXPECT_THROW(check_settings("acme", {{"a", "1"}, {"a", "1"}}, {"a"}), UsageError);
}

TEST(Settings, AreLookedUpByKey) {
  const std::vector<Setting> settings{{"a", "1"}, {"b", ""}};
  EXPECT_EQ(setting(settings, "a", "9"), "1");
  EXPECT_EQ(setting(settings, "b", "9"), "");
  EXPECT_EQ(setting(settings, "c", "9"), "9");
}

TEST(Sizes, ThatDifferAreNamed) {
  EXPECT_NO_THROW(check_sizes(160, 4, 160, 4));
  try {
    check_sizes(160, 8, 160, 4);
    FAIL() << "accepted";
  } catch (const Error& e) {
    EXPECT_STREQ(e.what(), "a query must have 160 bytes in and 4 bytes out, not 160 and 8");
  }
}

}  // namespace
}  // namespace steelyard

// SPDX-License-Identifier: Apache-2.0
#include "steelyard/run/feed.h"

#include <gtest/gtest.h>

#include <set>

#include "steelyard/base/error.h"
#include "tests/run/fakes.h"

namespace steelyard {
namespace {

std::vector<float> numbers_in(std::span<const std::byte> bytes) {
  std::vector<float> numbers(bytes.size() / sizeof(float));
  std::memcpy(numbers.data(), bytes.data(), bytes.size());
  return numbers;
}

void put(std::span<std::byte> bytes, const std::vector<float>& numbers) {
  ASSERT_EQ(bytes.size(), numbers.size() * sizeof(float));
  std::memcpy(bytes.data(), numbers.data(), bytes.size());
}

TEST(FeedRing, HasOneSlotAWindow) {
  const FeedRing ring(fake_feed(5), fake_signature(1), 1, 1);
  ASSERT_EQ(ring.ring().slots, 5u);
  for (std::size_t i = 0; i < 5; ++i)
    EXPECT_EQ(numbers_in(ring.ring().input(i)),
              (std::vector<float>{static_cast<float>(i), -static_cast<float>(i)}));
}

TEST(FeedRing, PutsABatchTogetherAndWrapsAround) {
  const FeedRing ring(fake_feed(5), fake_signature(2), 2, 1);
  ASSERT_EQ(ring.ring().slots, 3u);
  EXPECT_EQ(numbers_in(ring.ring().input(2)), (std::vector<float>{4, -4, 0, 0}));
}

TEST(FeedRing, NeverAsksTheSameTwiceRunningEvenWhenABatchHoldsAll) {
  const FeedRing ring(fake_feed(4), fake_signature(8), 8, 1);
  ASSERT_EQ(ring.ring().slots, 2u);
  EXPECT_NE(numbers_in(ring.ring().input(0)), numbers_in(ring.ring().input(1)));
}

TEST(FeedRing, InterleavesWhereTheBatchIsNotTheFirstAxis) {
  Signature signature = fake_signature(2);
  signature.inputs = {{"x", ElementType::f32, {2, 2, 1}, 1}};  // [rows][batch][features]
  const FeedRing ring(fake_feed(4), signature, 2, 1);
  EXPECT_EQ(numbers_in(ring.ring().input(1)), (std::vector<float>{2, 3, -2, -3}));
}

TEST(FeedRing, LeavesOtherInputsZero) {
  Signature signature = fake_signature(1);
  signature.inputs.insert(signature.inputs.begin(), {"h0", ElementType::f32, {1, 1, 5}, 1});
  const FeedRing ring(fake_feed(3), signature, 1, 1);
  EXPECT_EQ(numbers_in(ring.ring().input(2)), (std::vector<float>{0, 0, 0, 0, 0, 2, -2}));
}

TEST(FeedRing, PutsEveryInputOfAModelWithoutARecipeInItsPlace) {
  Signature signature = fake_signature(2);
  signature.inputs.push_back({"h", ElementType::f32, {1, 2, 2}, 1});
  signature.inputs.push_back({"ids", ElementType::i64, {3, 2, 1}, 1});
  signature.inputs.push_back({"scale", ElementType::u8, {2}, -1});
  Feed feed = fake_feed(3);
  feed.generated = true;
  FeedTensor ids{"ids", ElementType::i64, 24, std::vector<std::byte>(3 * 24)};
  for (int i = 0; i < 9; ++i) ids.content[static_cast<std::size_t>(i) * 8] = std::byte(i);
  feed.others = {ids, {"scale", ElementType::u8, 2, {std::byte{5}, std::byte{6}}}};
  const FeedRing ring(feed, signature, 2, 1);
  const auto input = ring.ring().input(1);  // windows 2 and 0
  const auto floats = numbers_in(input.first(4 * 8));
  EXPECT_EQ(floats, (std::vector<float>{2, -2, 0, 0, 0, 0, 0, 0}));
  std::vector<std::int64_t> found(6);
  std::memcpy(found.data(), input.data() + 32, 48);
  EXPECT_EQ(found, (std::vector<std::int64_t>{6, 0, 7, 1, 8, 2})) << "interleaved";
  EXPECT_EQ(input[80], std::byte{5});
  EXPECT_EQ(input[81], std::byte{6});
}

TEST(FeedRing, RefusesNumbersThatWereMadeForAnotherShape) {
  Signature signature = fake_signature(1);
  signature.inputs.push_back({"ids", ElementType::i64, {1, 4}, 0});
  Feed feed = fake_feed(3);
  feed.others = {{"ids", ElementType::i64, 24, std::vector<std::byte>(3 * 24)}};
  EXPECT_THROW(FeedRing(feed, signature, 1, 1), Error);
}

TEST(FeedRing, TurnsNumbersIntoTheBytesThatStandForThemAndBack) {
  Signature signature = fake_signature(1);
  signature.inputs[0].type = signature.outputs[0].type = ElementType::u8;
  signature.inputs[0].quantised = signature.outputs[0].quantised = {0.5, 100};
  FeedRing ring(fake_feed(5), signature, 1, 1);
  const auto input = ring.ring().input(3);  // 3, -3
  ASSERT_EQ(input.size(), 2u);
  EXPECT_EQ(std::to_integer<int>(input[0]), 106);
  EXPECT_EQ(std::to_integer<int>(input[1]), 94);
  ring.ring().output(3)[0] = std::byte{90};
  std::vector<float> outputs(5);
  std::vector<std::uint8_t> seen(5);
  ring.collect(3, outputs, seen);
  EXPECT_EQ(outputs[3], -5.0f);
}

TEST(FeedRing, GathersOutputsBackIntoWindowOrder) {
  FeedRing ring(fake_feed(5), fake_signature(2), 2, 1);
  put(ring.ring().output(1), {20, 30});
  put(ring.ring().output(2), {40, 50});
  std::vector<float> outputs(5);
  std::vector<std::uint8_t> seen(5);
  ring.collect(1, outputs, seen);
  ring.collect(2, outputs, seen);
  EXPECT_EQ(outputs, (std::vector<float>{50, 0, 20, 30, 40}));
  EXPECT_EQ(seen, (std::vector<std::uint8_t>{1, 0, 1, 1, 1}));
}

TEST(FeedRing, GathersOutputsWhoseBatchIsNotTheFirstAxis) {
  Signature signature = fake_signature(2);
  signature.outputs = {{"y", ElementType::f32, {3, 2, 1}, 1}};  // [rows][batch][1]
  FeedRing ring(fake_feed(4), signature, 2, 1);
  put(ring.ring().output(0), {1, 10, 2, 20, 3, 30});
  std::vector<float> outputs(12);
  std::vector<std::uint8_t> seen(4);
  ring.collect(0, outputs, seen);
  EXPECT_EQ(std::vector<float>(outputs.begin(), outputs.begin() + 6),
            (std::vector<float>{1, 2, 3, 10, 20, 30}));
}

TEST(FeedRing, KeepsSlotsOnCacheLines) {
  const FeedRing ring(fake_feed(5), fake_signature(1), 1, 1);
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(ring.ring().input(i).data()) % 64, 0u);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(ring.ring().output(i).data()) % 64, 0u);
  }
}

TEST(FeedRing, RefusesAModelOfAnotherShapeAndSaysWhatItHas) {
  try {
    const FeedRing ring(fake_feed(5), fake_signature(1, 3), 1, 1);
    FAIL() << "accepted";
  } catch (const Error& e) {
    EXPECT_EQ(std::string(e.what()),
              "no input of the model takes 1 window(s) of 2 numbers; it has input[1,3]");
  }
}

TEST(FeedRing, RefusesBatchesOfAModelWithoutABatchAxis) {
  Signature signature = fake_signature(2);
  signature.outputs.front().batch_axis = -1;
  EXPECT_THROW(FeedRing(fake_feed(5), signature, 2, 1), Error);
}

TEST(Feed, MakesUpInputsForAModelWithoutARecipe) {
  Model model;
  model.name = "plain";
  model.inputs = {{"x", ElementType::f32, {-1, 8, 5}, 0}};
  const Feed feed = load_feed(model, "", "", 1);
  EXPECT_TRUE(feed.generated);
  EXPECT_EQ(feed.inputs.size(), feed.windows * 40);
  EXPECT_EQ(feed.inputs, load_feed(model, "", "", 1).inputs);
  EXPECT_NE(feed.inputs, load_feed(model, "", "", 2).inputs);
  EXPECT_EQ(feed.truth.windows(), 0u);
}

TEST(Feed, AsksForATableWhereTheModelReadsOne) {
  Model model;
  model.name = "GRU_Apple";
  model.recipe.emplace();
  EXPECT_THROW(load_feed(model, "", "", 1), UsageError);
}

}  // namespace
}  // namespace steelyard

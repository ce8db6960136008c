// SPDX-License-Identifier: Apache-2.0
#include "steelyard/run/inputs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "steelyard/base/error.h"
#include "tests/run/files.h"

namespace steelyard {
namespace {

Model model_of(std::vector<TensorInfo> inputs, std::vector<TensorInfo> outputs = {}) {
  Model model;
  model.name = "plain";
  model.inputs = std::move(inputs);
  model.outputs = std::move(outputs);
  return model;
}

template <class T>
std::vector<T> numbers_in(const FeedTensor& tensor) {
  std::vector<T> numbers(tensor.content.size() / sizeof(T));
  std::memcpy(numbers.data(), tensor.content.data(), tensor.content.size());
  return numbers;
}

TEST(GiveShapes, LeavesTheBatchOpenWhereItIsOne) {
  Model model = model_of({{"x", ElementType::f32, {-1, 3, -1, -1}, 0}});
  give_shapes(model, {{"x", {1, 3, 32, 48}, "", ""}});
  EXPECT_EQ(model.inputs[0].shape, (std::vector<std::int64_t>{-1, 3, 32, 48}));
  EXPECT_EQ(model.inputs[0].batch_axis, 0);
}

TEST(GiveShapes, MakesAnotherBatchAPartOfTheQuery) {
  Model model = model_of({{"x", ElementType::f32, {-1, 4}, 0}}, {{"y", ElementType::f32, {-1}, 0}});
  give_shapes(model, {{"x", {8, 4}, "", ""}});
  EXPECT_EQ(model.inputs[0].batch_axis, -1);
  EXPECT_EQ(model.outputs[0].batch_axis, -1) << "nothing counts windows any more";
}

TEST(GiveShapes, RefusesWhatTheModelFixes) {
  Model model = model_of({{"x", ElementType::f32, {-1, 3, 224, 224}, 0}});
  EXPECT_THROW(give_shapes(model, {{"x", {1, 1, 224, 224}, "", ""}}), UsageError);
  EXPECT_THROW(give_shapes(model, {{"x", {1, 3, 224}, "", ""}}), UsageError);
}

TEST(FeedOfInputs, DrawsEveryInputButStatesFromTheSeed) {
  const Model model = model_of({{"h", ElementType::f32, {1, -1, 5}, 1},
                                {"image", ElementType::f32, {-1, 3, 2, 2}, 0},
                                {"ids", ElementType::i32, {-1, -1}, 0},
                                {"half", ElementType::f16, {-1, 4}, 0},
                                {"pixels", ElementType::u8, {-1, 6}, 0}},
                               {{"h_out", ElementType::f32, {1, -1, 5}, 1}});
  const Feed feed = feed_of_inputs(model, {}, 1);
  EXPECT_EQ(feed.windows, 256u);
  EXPECT_EQ(feed.inputs.size(), 256u * 12);
  ASSERT_EQ(feed.others.size(), 3u) << "no state";
  for (const auto id : numbers_in<std::int32_t>(feed.others[0])) EXPECT_TRUE(id == 0 || id == 1);
  EXPECT_EQ(feed.others[0].bytes, 8u * 4) << "an open axis has eight";
  for (const auto bits : numbers_in<std::uint16_t>(feed.others[1])) EXPECT_EQ(bits >> 10 & 31, 14);
  EXPECT_THAT(numbers_in<std::uint8_t>(feed.others[2]), testing::Contains(testing::Gt(200)));
  EXPECT_EQ(feed.others[2].content, feed_of_inputs(model, {}, 1).others[2].content);
  EXPECT_NE(feed.others[2].content, feed_of_inputs(model, {}, 2).others[2].content);
}

TEST(FeedOfInputs, HoldsAFewLargeWindowsOnly) {
  const Model model = model_of({{"x", ElementType::f32, {-1, 3, 1024, 1024}, 0}});
  EXPECT_EQ(feed_of_inputs(model, {}, 1).windows, 2u);
}

TEST(FeedOfInputs, StreamsRowsOfAModelThatTakesOneAtATime) {
  const Feed rows = feed_of_inputs(model_of({{"x", ElementType::f32, {-1, 5}, 0}}), {}, 1);
  EXPECT_EQ(rows.window, 1);
  EXPECT_EQ(rows.sequence, 8);
  const Feed windows = feed_of_inputs(model_of({{"x", ElementType::f32, {1, 60, 5}, 0}}), {}, 1);
  EXPECT_EQ(windows.window, 60);
  EXPECT_EQ(windows.sequence, 1);
}

TEST(FeedOfInputs, TakesWindowsApartThatAreInterleaved) {
  const TemporaryFolder folder;
  std::ofstream(folder / "x.npy", std::ios::binary)
      << std::string("\x93NUMPY\x01\x00", 8) << '\x46' << '\0'
      << "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3, 1), }       \n"
      << "abcdef";
  const Model model = model_of({{"x", ElementType::u8, {2, -1, 1}, 1}});
  const auto given = inputs_for(model, {{"x", {}, (folder / "x.npy").string(), ""}});
  ASSERT_EQ(given.size(), 1u);
  EXPECT_EQ(given[0].sha256.size(), 64u);
  const Feed feed = feed_of_inputs(model, given, 1);
  EXPECT_EQ(feed.windows, 3u);
  const auto letters = numbers_in<char>(feed.others.at(0));
  EXPECT_EQ(std::string(letters.begin(), letters.end()), "adbecf");
}

}  // namespace
}  // namespace steelyard

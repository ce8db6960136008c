// SPDX-License-Identifier: Apache-2.0
// The hand-over by numbered words, with a host thread in the GPU's place.
#include "steelyard/engine/cuda/words.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace steelyard::cuda {
namespace {

TEST(Words, AStepBeginsWithANewWord) {
  EXPECT_EQ(words_of_step(1), 1);
  EXPECT_EQ(words_of_step(3), 1);
  EXPECT_EQ(words_of_step(5), 2);
  EXPECT_EQ(words_for(8, 5), 16);
}

TEST(Words, CarryEveryValueAndTheirQuery) {
  for (int features = 1; features <= 8; ++features)
    for (int window = 1; window <= 5; ++window) {
      std::vector<float> values(window * features);
      for (std::size_t i = 0; i < values.size(); ++i) values[i] = float(i + 1);
      const int of_step = words_of_step(features);
      std::vector<InputWord> words(words_for(window, features));
      send(words.data(), values.data(), window, features, 7);
      for (int t = 0; t < window; ++t)
        for (int i = 0; i < features; ++i)
          EXPECT_EQ(words[t * of_step + i / 3].values[i % 3], values[t * features + i]);
      for (const InputWord& word : words) EXPECT_EQ(word.sequence, 7u);
    }
}

TEST(Words, EveryCopyIsWholeAndHasLinesOfItsOwn) {
  const std::vector<float> values{1, 2, 3, 4, 5};
  const Copies copies{3, stride_for(words_for(1, 5))};
  EXPECT_EQ(copies.stride * sizeof(InputWord) % 128, 0u);
  std::vector<InputWord> words(copies.count * copies.stride);
  send(words.data(), values.data(), 1, 5, 7, copies);
  for (int copy = 0; copy < copies.count; ++copy)
    for (int i = 0; i < 5; ++i) {
      const InputWord& word = words[copy * copies.stride + i / 3];
      EXPECT_EQ(word.sequence, 7u);
      EXPECT_EQ(word.values[i % 3], values[i]);
    }
}

TEST(Words, NumbersNeverMeanStopOrNothing) {
  EXPECT_EQ(next_sequence(kStop - 1), kNever + 1);
  EXPECT_EQ(next_sequence(41), 42u);
}

TEST(Words, StopReachesEveryWord) {
  std::vector<InputWord> words(9);
  send_stop(words.data(), 9);
  for (const InputWord& word : words) EXPECT_EQ(word.sequence, kStop);
}

TEST(Words, AnAnswerOfAnotherQueryIsNotSeen) {
  volatile OutputWord word = (OutputWord{3} << 32) | 0x3f800000;
  float value = 0;
  EXPECT_FALSE(arrived(&word, 4, value));
  ASSERT_TRUE(arrived(&word, 3, value));
  EXPECT_EQ(value, 1.f);
}

// A thread that polls as the kernels do must see whole windows only.
TEST(Words, AReaderThatPollsSeesWholeWindows) {
  constexpr int window = 4, features = 5;
  constexpr std::uint32_t queries = 20000;
  std::vector<InputWord> words(words_for(window, features));
  volatile OutputWord out = 0;
  std::thread kernel([&] {
    for (std::uint32_t sequence = 1;; sequence = next_sequence(sequence)) {
      float sum = 0;
      for (InputWord& word : words) {
        words::Quad seen;
        do {
          seen = *reinterpret_cast<volatile words::Quad*>(&word);
          if (seen[3] == kStop) return;
        } while (seen[3] != sequence);
        float first;
        std::memcpy(&first, &seen, 4);
        sum += first;
      }
      std::uint32_t bits;
      std::memcpy(&bits, &sum, 4);
      out = (OutputWord{sequence} << 32) | bits;
    }
  });
  std::vector<float> values(window * features);
  std::uint32_t sequence = 1;
  for (std::uint32_t query = 0; query < queries; ++query, sequence = next_sequence(sequence)) {
    for (float& value : values) value = float(query);
    send(words.data(), values.data(), window, features, sequence);
    float answer = -1;
    while (!arrived(&out, sequence, answer)) {
    }
    ASSERT_EQ(answer, float(words.size()) * float(query));
  }
  send_stop(words.data(), int(words.size()));
  kernel.join();
}

}  // namespace
}  // namespace steelyard::cuda

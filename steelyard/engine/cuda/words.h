// SPDX-License-Identifier: Apache-2.0
// The hand-over between a host thread and a kernel that never ends, without a flag or a fence:
// every 16-byte word of input carries the number of its query, every 8-byte word of output too.
// A reader that sees the number has the data, because aligned words arrive whole. One writer and
// one reader for each array.
#pragma once

#include <cstdint>
#include <cstring>

namespace steelyard::cuda {

struct alignas(16) InputWord {
  float values[3];
  std::uint32_t sequence;
};

// Sequence in the upper half, the float's bits in the lower.
using OutputWord = std::uint64_t;

constexpr std::uint32_t kNever = 0;           // what fresh memory holds
constexpr std::uint32_t kStop = 0xffffffffu;  // the kernel ends
constexpr int kValuesPerWord = 3;

constexpr std::uint32_t next_sequence(std::uint32_t sequence) {
  return sequence + 1 == kStop ? kNever + 1 : sequence + 1;
}
// A time step begins with a new word, so that its place follows from the word's number alone.
constexpr int words_of_step(int features) {
  return (features + kValuesPerWord - 1) / kValuesPerWord;
}
constexpr int words_for(int window, int features) { return window * words_of_step(features); }

namespace words {

// may_alias: whoever reads the words as floats sees what was stored.
using Quad = std::uint32_t __attribute__((vector_size(16), may_alias));

// One 16-byte store: the GPU sees all of it or nothing.
inline void put(InputWord* word, const float* values, std::uint32_t sequence) {
  Quad quad;
  std::memcpy(&quad, values, 16);
  quad[3] = sequence;
  *reinterpret_cast<volatile Quad*>(word) = quad;
}

}  // namespace words

// The same words several times, because looks at one line are served one after the other and looks
// at several are not.
struct Copies {
  int count = 1, stride = 0;  // in words
};
// Words from one copy to the next: no line of 128 bytes belongs to two.
constexpr int stride_for(int words) { return (words + 31) / 32 * 32; }

// values: [window][features]. What follows a step's last value in its word is not looked at.
inline void send(InputWord* words, const float* values, int window, int features,
                 std::uint32_t sequence, Copies copies = {}) {
  const int of_step = words_of_step(features), count = window * features;
  for (int t = 0; t < window; ++t)
    for (int part = 0; part < of_step; ++part, ++words) {
      const int first = t * features + part * kValuesPerWord;
      float rest[4] = {};
      const float* from = values + first;
      if (first + 3 >= count) {
        for (int i = first; i < count; ++i) rest[i - first] = values[i];
        from = rest;
      }
      for (int copy = 0; copy < copies.count; ++copy)
        words::put(words + copy * copies.stride, from, sequence);
    }
}

inline void send_stop(InputWord* words, int count) {
  const float nothing[4] = {};
  for (int word = 0; word < count; ++word) words::put(words + word, nothing, kStop);
}

// Whether the answer to `sequence` is there; then it is in `value`.
inline bool arrived(const volatile OutputWord* word, std::uint32_t sequence, float& value) {
  const OutputWord seen = *word;
  if (static_cast<std::uint32_t>(seen >> 32) != sequence) return false;
  const auto bits = static_cast<std::uint32_t>(seen);
  std::memcpy(&value, &bits, 4);
  return true;
}

}  // namespace steelyard::cuda

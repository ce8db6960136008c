// SPDX-License-Identifier: Apache-2.0
// Random numbers that are the same on every machine: integer arithmetic, and doubles only through
// exactly rounded operations. std:: distributions are not used anywhere because their results
// differ between libraries. One generator belongs to one thread.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace steelyard {

// xoshiro256** 1.0 (Blackman and Vigna, https://prng.di.unimi.it), seeded by splitmix64.
class Random {
 public:
  explicit Random(std::uint64_t seed) {
    for (auto& word : state_) {
      seed += 0x9e3779b97f4a7c15u;
      std::uint64_t z = seed;
      z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
      z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
      word = z ^ (z >> 31);
    }
  }

  std::uint64_t next() {
    const std::uint64_t result = rotl(state_[1] * 5, 7) * 9;
    const std::uint64_t t = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= t;
    state_[3] = rotl(state_[3], 45);
    return result;
  }

  // Uniform in [0, 1), 53 bits, exactly representable.
  double uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }

  // Uniform in [0, bound), bound > 0, without bias (Lemire 2019).
  std::uint64_t below(std::uint64_t bound) {
    using u128 = unsigned __int128;
    u128 product = static_cast<u128>(next()) * bound;
    if (static_cast<std::uint64_t>(product) < bound) {
      const std::uint64_t threshold = -bound % bound;
      while (static_cast<std::uint64_t>(product) < threshold)
        product = static_cast<u128>(next()) * bound;
    }
    return static_cast<std::uint64_t>(product >> 64);
  }

  // Fisher-Yates; the order depends on the seed alone.
  template <class T>
  void shuffle(std::vector<T>& items) {
    for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[below(i)]);
  }

 private:
  static std::uint64_t rotl(std::uint64_t x, int k) { return (x << k) | (x >> (64 - k)); }
  std::uint64_t state_[4];
};

}  // namespace steelyard

// SPDX-License-Identifier: Apache-2.0
// Latencies in bounded memory: exact moments, and a histogram whose buckets are at most 1/512 wide
// (0.2 %), at any length of run. Values are whole nanoseconds. Plain data, one thread at a time.
// Method: HdrHistogram (Tene).
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

namespace steelyard {

// Count, extremes, mean and squared deviations; two can be merged (Chan et al. 1979) without losing
// digits.
struct Moments {
  std::uint64_t count = 0;
  double mean = 0;
  double m2 = 0;  // sum of squared deviations from the mean
  double min = std::numeric_limits<double>::infinity();
  double max = -std::numeric_limits<double>::infinity();

  void add(double value);
  void merge(const Moments& other);
  // Sample standard deviation; 0 for fewer than two values.
  double stddev() const { return count < 2 ? 0 : std::sqrt(m2 / static_cast<double>(count - 1)); }
};

// Bucket of a value: exact below 1,024 ns, then 512 buckets for each doubling. Only buckets in use
// take space.
class Histogram {
 public:
  static constexpr int kSubBits = 9;

  void add(std::uint64_t value, std::uint64_t times = 1);
  void merge(const Histogram& other);

  std::uint64_t count() const { return count_; }
  // The value at rank `rank` (1-based, in ascending order), as the upper edge of its bucket; rank
  // must be in 1..count().
  std::uint64_t value_at_rank(std::uint64_t rank) const;

  // Ascending (bucket index, count) pairs of the buckets in use: what is stored.
  std::vector<std::pair<std::uint32_t, std::uint64_t>> buckets() const;
  static Histogram from_buckets(const std::vector<std::pair<std::uint32_t, std::uint64_t>>&);

  static std::uint32_t index_of(std::uint64_t value);
  static std::uint64_t lower_edge(std::uint32_t index);
  static std::uint64_t upper_edge(std::uint32_t index);  // largest value of the bucket

 private:
  std::vector<std::uint64_t> counts_;  // by bucket index, grown on demand; at most 28,672 entries
  std::uint64_t count_ = 0;
};

}  // namespace steelyard

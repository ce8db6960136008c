// SPDX-License-Identifier: Apache-2.0
// Moments and log-linear buckets.
#include "steelyard/record/histogram.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <utility>

namespace steelyard {

void Moments::add(double value) {
  ++count;
  const double delta = value - mean;
  mean += delta / static_cast<double>(count);
  m2 += delta * (value - mean);
  min = std::min(min, value);
  max = std::max(max, value);
}

void Moments::merge(const Moments& other) {
  if (other.count == 0) return;
  if (count == 0) {
    *this = other;
    return;
  }
  const double n = static_cast<double>(count), k = static_cast<double>(other.count);
  const double delta = other.mean - mean;
  mean += delta * (k / (n + k));
  m2 += other.m2 + delta * delta * (n * k / (n + k));
  count += other.count;
  min = std::min(min, other.min);
  max = std::max(max, other.max);
}

std::uint32_t Histogram::index_of(std::uint64_t value) {
  constexpr std::uint64_t linear = 2u << kSubBits;
  if (value < linear) return static_cast<std::uint32_t>(value);
  const int doublings =
      std::bit_width(value) - (kSubBits + 1);  // >= 1: how many low bits are dropped
  const auto sub = static_cast<std::uint32_t>(value >> doublings);  // in [512, 1024)
  return (static_cast<std::uint32_t>(doublings) << kSubBits) + sub;
}

std::uint64_t Histogram::lower_edge(std::uint32_t index) {
  if (index < (2u << kSubBits)) return index;
  const std::uint32_t doublings = (index >> kSubBits) - 1;
  const std::uint64_t sub = (index & ((1u << kSubBits) - 1)) + (1u << kSubBits);
  return sub << doublings;
}

std::uint64_t Histogram::upper_edge(std::uint32_t index) {
  if (index < (2u << kSubBits)) return index;
  const std::uint32_t doublings = (index >> kSubBits) - 1;
  return lower_edge(index) + ((std::uint64_t{1} << doublings) - 1);
}

void Histogram::add(std::uint64_t value, std::uint64_t times) {
  const std::uint32_t index = index_of(value);
  if (index >= counts_.size()) counts_.resize(index + 1);
  counts_[index] += times;
  count_ += times;
}

void Histogram::merge(const Histogram& other) {
  if (other.counts_.size() > counts_.size()) counts_.resize(other.counts_.size());
  for (std::size_t i = 0; i < other.counts_.size(); ++i) counts_[i] += other.counts_[i];
  count_ += other.count_;
}

std::uint64_t Histogram::value_at_rank(std::uint64_t rank) const {
  assert(rank >= 1 && rank <= count_ && "a rank counts from 1 to count()");
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    seen += counts_[i];
    if (seen >= rank) return upper_edge(static_cast<std::uint32_t>(i));
  }
  return 0;
}

std::vector<std::pair<std::uint32_t, std::uint64_t>> Histogram::buckets() const {
  std::vector<std::pair<std::uint32_t, std::uint64_t>> used;
  for (std::size_t i = 0; i < counts_.size(); ++i)
    if (counts_[i] != 0) used.emplace_back(static_cast<std::uint32_t>(i), counts_[i]);
  return used;
}

Histogram Histogram::from_buckets(
    const std::vector<std::pair<std::uint32_t, std::uint64_t>>& buckets) {
  Histogram histogram;
  for (const auto& [index, times] : buckets) histogram.add(lower_edge(index), times);
  return histogram;
}

}  // namespace steelyard

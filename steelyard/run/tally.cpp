// SPDX-License-Identifier: Apache-2.0
// Folding a chunk of stamps while it is still in the cache.
#include "steelyard/run/tally.h"

#include <algorithm>
#include <utility>

namespace steelyard {

Tally::Tally(std::uint64_t keep) : keep_(keep) {
  queries_.reserve(std::min<std::uint64_t>(keep, 1 << 20));
}

void Tally::add(std::span<const Stamp> stamps) {
  if (stamps.empty()) return;
  // Two passes over integers instead of a running mean: exact, and without a division a query.
  std::int64_t sum = 0, least = (stamps[0].finished - stamps[0].due).count(), most = least;
  for (const Stamp& stamp : stamps) {
    const std::int64_t latency = (stamp.finished - stamp.due).count();
    sum += latency;
    least = std::min(least, latency);
    most = std::max(most, latency);
    const auto value = static_cast<std::uint64_t>(std::max<std::int64_t>(latency, 0));
    if (value < short_.size())
      ++short_[value];
    else
      histogram_.add(value);
  }
  Moments chunk;
  chunk.count = stamps.size();
  chunk.mean = static_cast<double>(sum) / static_cast<double>(stamps.size());
  chunk.min = static_cast<double>(least);
  chunk.max = static_cast<double>(most);
  for (const Stamp& stamp : stamps) {
    const double off = static_cast<double>((stamp.finished - stamp.due).count()) - chunk.mean;
    chunk.m2 += off * off;
  }
  moments_.merge(chunk);

  const std::uint64_t room = keep_ - std::min<std::uint64_t>(keep_, queries_.size());
  for (const Stamp& stamp : stamps.first(std::min<std::uint64_t>(room, stamps.size())))
    queries_.push_back({stamp.due, stamp.started, stamp.finished});
}

void Tally::merge(Tally&& other) {
  moments_.merge(other.moments_);
  for (std::size_t value = 0; value < short_.size(); ++value) short_[value] += other.short_[value];
  histogram_.merge(other.histogram_);
  const auto middle = static_cast<std::ptrdiff_t>(queries_.size());
  queries_.insert(queries_.end(), other.queries_.begin(), other.queries_.end());
  std::inplace_merge(queries_.begin(), queries_.begin() + middle, queries_.end(),
                     [](const Query& a, const Query& b) { return a.due < b.due; });
}

void Tally::move_into(Block& block) {
  block.count = moments_.count;
  block.latency = moments_;
  for (std::size_t value = 0; value < short_.size(); ++value)
    if (short_[value] != 0) histogram_.add(value, short_[value]);
  short_.fill(0);
  block.histogram = std::move(histogram_);
  block.queries = std::move(queries_);
}

}  // namespace steelyard

// SPDX-License-Identifier: Apache-2.0
// Autocorrelation of yes-or-no series, 64 of them a machine word. Thread-safe.
#include "steelyard/stats/correlation.h"

#include <algorithm>
#include <cmath>

#include "steelyard/stats/distributions.h"

namespace steelyard::stats {
namespace {

constexpr double kLengths = 100;      // of the correlation time: emcee's rule for a usable estimate
constexpr double kErrors = 4;         // one-sided 99 %
constexpr double kSignificant = 3.5;  // errors above 1 before independence is given up
constexpr double kDifferent = 0.999;  // one of a thousand like blocks is called unlike
constexpr std::size_t kLags = 120;    // looked at before only each kThin-th query is taken
constexpr std::size_t kThin = 8;
constexpr std::size_t kFewest = 100;  // queries below which nothing can be said

// Ones in the words that `word(i)` gives for i < count. std::popcount is a library call where the
// instruction may not be assumed; bytes are summed up for as long as they cannot overflow.
template <class Word>
std::size_t ones_of(std::size_t count, Word word) {
  constexpr std::uint64_t kOdd = 0x5555555555555555, kPairs = 0x3333333333333333,
                          kNibbles = 0x0f0f0f0f0f0f0f0f, kBytes = 0x00ff00ff00ff00ff;
  constexpr std::size_t kWordsABatch = 31;  // of at most 8 a byte
  std::size_t ones = 0;
  for (std::size_t from = 0; from < count; from += kWordsABatch) {
    const std::size_t until = std::min(count, from + kWordsABatch);
    std::uint64_t bytes = 0;
    for (std::size_t i = from; i < until; ++i) {
      std::uint64_t x = word(i);
      x -= x >> 1 & kOdd;
      x = (x & kPairs) + (x >> 2 & kPairs);
      bytes += (x + (x >> 4)) & kNibbles;
    }
    ones += ((bytes & kBytes) + (bytes >> 8 & kBytes)) * 0x0001000100010001 >> 48;
  }
  return ones;
}

// Which queries of a block are slower than the threshold.
class Bits {
 public:
  Bits(const Series& series, std::int64_t threshold) : size_(series.size()) {
    words_.resize(size_ / 64 + 2);  // one spare, so that a shifted read needs no test
    for (std::size_t w = 0; w * 64 < size_; ++w) {
      std::uint64_t word = 0;
      const std::size_t end = std::min<std::size_t>(64, size_ - w * 64);
      for (std::size_t i = 0; i < end; ++i)
        word |= std::uint64_t{series[w * 64 + i] > threshold} << i;
      words_[w] = word;
    }
    ones_ = ones_of(words_.size(), [&](std::size_t w) { return words_[w]; });
    mean_ = size_ > 0 ? static_cast<double>(ones_) / static_cast<double>(size_) : 0;
  }
  std::size_t size() const { return size_; }
  std::size_t ones() const { return ones_; }
  double mean() const { return mean_; }

  // Sum over i of (bit i - mean) * (bit i+lag - mean). Lags are asked for in ascending order.
  double covariance(std::size_t lag) {
    if (lag >= size_) return 0;
    for (; counted_ < lag; ++counted_) {
      first_ += bit(counted_);
      last_ += bit(size_ - 1 - counted_);
    }
    const std::size_t shift = lag % 64, jump = lag / 64;
    const std::size_t count = (size_ + 63) / 64 - jump;
    const std::uint64_t* words = words_.data();
    const std::size_t both =
        shift == 0
            ? ones_of(count, [=](std::size_t w) { return words[w] & words[w + jump]; })
            : ones_of(count, [=](std::size_t w) {
                return words[w] & (words[w + jump] >> shift | words[w + jump + 1] << (64 - shift));
              });
    const auto head = static_cast<double>(ones_ - last_),
               tail = static_cast<double>(ones_ - first_);
    return static_cast<double>(both) - mean_ * (head + tail) +
           static_cast<double>(size_ - lag) * mean_ * mean_;
  }

 private:
  std::size_t bit(std::size_t i) const { return words_[i / 64] >> (i % 64) & 1; }

  std::size_t size_, ones_ = 0;
  std::size_t counted_ = 0, first_ = 0, last_ = 0;  // ones among the first and last `counted_`
  double mean_ = 0;
  std::vector<std::uint64_t> words_;
};

struct Pooled {
  double time = 1, error = 0;  // error is relative
  bool ended = false;          // the covariances died out within reach
};

Pooled pooled_time(std::vector<Bits>& blocks, double n, std::size_t longest) {
  const auto covariance = [&](std::size_t lag) {
    double sum = 0;
    for (Bits& bits : blocks) sum += bits.covariance(lag);
    return sum;
  };
  Pooled pooled;
  const double variance = covariance(0);
  if (variance <= 0) return {1, 0, true};
  double previous = 2, sum = 0;
  std::size_t lag = 0;
  // Beyond half a block the series has too few pairs; the rule of kLengths fails long before.
  const std::size_t limit = std::min(longest / 2, kLags);
  for (; lag + 1 <= limit; lag += 2) {
    const double zero = lag == 0 ? 1 : covariance(lag) / variance;
    const double pair = std::min(zero + covariance(lag + 1) / variance, previous);
    if (pair <= 0) {
      pooled.ended = true;
      break;
    }
    previous = pair;
    sum += pair;
    if (2 * sum - 1 > n / kLengths) break;
  }
  pooled.time = std::max(2 * sum - 1, 1.0);
  pooled.error = std::sqrt(2 * (2 * static_cast<double>(lag) + 1) / n);
  return pooled;
}

// Relative error of a correlation time because so few clusters were seen: it is a mean of their
// lengths.
double few_clusters(const std::vector<Bits>& blocks, double time) {
  std::size_t n = 0, ones = 0;
  for (const Bits& bits : blocks) {
    n += bits.size();
    ones += bits.ones();
  }
  return std::sqrt(time / static_cast<double>(std::max<std::size_t>(std::min(ones, n - ones), 1)));
}

bool differ(const std::vector<Bits>& blocks, double time) {
  double n = 0, ones = 0;
  for (const Bits& bits : blocks) {
    n += static_cast<double>(bits.size());
    ones += static_cast<double>(bits.ones());
  }
  const double share = ones / n;
  if (share <= 0 || share >= 1 || blocks.size() < 2) return false;
  double distance = 0;
  for (const Bits& bits : blocks)
    distance += static_cast<double>(bits.size()) * (bits.mean() - share) * (bits.mean() - share);
  return distance / (share * (1 - share) * time) >
         chi_square_quantile(kDifferent, static_cast<double>(blocks.size() - 1));
}

// Each `every`-th query of each block.
std::vector<Bits> bits_of(std::int64_t threshold, std::span<const Series* const> blocks,
                          std::size_t every) {
  std::vector<Bits> all;
  Series thin;
  for (const Series* series : blocks) {
    if (series->empty()) continue;
    if (every == 1) {
      all.emplace_back(*series, threshold);
      continue;
    }
    thin.clear();
    for (std::size_t i = 0; i < series->size(); i += every) thin.push_back((*series)[i]);
    all.emplace_back(thin, threshold);
  }
  return all;
}

}  // namespace

std::optional<Clustering> clustering_above(std::int64_t threshold_ns,
                                           std::span<const Series* const> blocks) {
  for (std::size_t every = 1;; every *= kThin) {
    std::vector<Bits> all = bits_of(threshold_ns, blocks, every);
    std::size_t count = 0, longest = 0;
    for (const Bits& bits : all) {
      count += bits.size();
      longest = std::max(longest, bits.size());
    }
    if (count < kFewest) return {};
    const auto n = static_cast<double>(count);
    const Pooled pooled = pooled_time(all, n, longest);
    if (!pooled.ended) {
      if (longest / 2 > kLags) continue;
      return {};
    }
    Clustering clustering;
    if (pooled.time > 1 + kSignificant * pooled.error)
      clustering.time =
          pooled.time * (1 + kErrors * std::hypot(pooled.error, few_clusters(all, pooled.time)));
    if (clustering.time * kLengths > n) return {};
    clustering.blocks_differ = differ(all, clustering.time);
    clustering.time *= static_cast<double>(every);
    return clustering;
  }
}

}  // namespace steelyard::stats

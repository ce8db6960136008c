// SPDX-License-Identifier: Apache-2.0
// The latencies of a case in order of time and in order of size. One thread an object. Private to
// `stats`.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "steelyard/stats/correlation.h"
#include "steelyard/stats/figures.h"

namespace steelyard::stats {

// From when the query should have begun: in an open loop waiting counts, in a closed one due ==
// started.
inline std::int64_t latency(const Query& query) { return (query.finished - query.due).count(); }

// Blocks of other tools may have queries only, or a histogram only.
Moments moments_of(const Block&);
void merge_histogram(Histogram& into, const Block&);
// A percentile of a histogram between the edges of its bucket, ns; empty when fewer than `beyond`
// queries lie on its shorter side.
std::optional<double> percentile_of(const Histogram&, double p, double beyond = 1);

// All queries of the measuring blocks. Memory: eight bytes for each kept query, and those of the
// histogram's buckets in which ranks were asked for.
class Latencies {
 public:
  explicit Latencies(const Totals&);

  const std::vector<Series>& blocks() const { return blocks_; }  // kept ones, one a block
  const Histogram& histogram() const { return histogram_; }
  const Moments& moments() const { return moments_; }
  bool queued() const { return queued_; }  // some queries had to wait for their turn

  // The latency at a rank, 1 for the fastest: exact when every query was kept, else the upper edge
  // of its bucket. Empty when the rank is beyond what was told.
  std::optional<double> at(std::uint64_t rank);

 private:
  std::vector<Series> blocks_;
  struct Bucket {
    std::uint64_t below = 0;  // queries faster than any in it
    std::vector<std::int64_t> values;
  };
  Bucket& bucket_with(std::uint64_t rank);

  std::map<std::uint32_t, Bucket> buckets_;  // by index in the histogram
  Histogram histogram_;
  Moments moments_;
  bool all_kept_ = true, queued_ = false;
};

}  // namespace steelyard::stats

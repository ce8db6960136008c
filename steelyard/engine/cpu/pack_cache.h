// SPDX-License-Identifier: Apache-2.0
// Weights packed once for all sessions of an engine. Thread-safe.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <tuple>

#include "steelyard/engine/cpu/pack.h"

namespace steelyard::cpu {

class PackCache {
 public:
  // `network` must outlive the cache.
  PackCache(const Network& network, const Kernels& kernels)
      : network_(network), kernels_(kernels) {}

  // Strips as wide as the kernels can hold for one sample; one block wide for several.
  std::shared_ptr<const PackedWeights> layer(int index, int direction, bool one_sample);
  std::shared_ptr<const PackedWeights> head(int index);
  // Of a GRU that resets before the product: R of n alone, as the weights of a plain layer.
  std::shared_ptr<const PackedWeights> candidate(int index, int direction, bool one_sample);

 private:
  const Network& network_;
  const Kernels& kernels_;
  std::mutex mutex_;
  std::map<std::tuple<int, int, int>, std::shared_ptr<const PackedWeights>> packed_, candidates_;
};

}  // namespace steelyard::cpu

// SPDX-License-Identifier: Apache-2.0
// Packs on first use. Thread-safe.
#include "steelyard/engine/cpu/pack_cache.h"

namespace steelyard::cpu {

std::shared_ptr<const PackedWeights> PackCache::layer(int index, int direction, bool one_sample) {
  const Recurrent& layer = network_.layers[index];
  const int most = one_sample ? kernels_.tiling(formula_of(layer)).blocks : 1;
  const std::lock_guard lock(mutex_);
  auto& packed = packed_[{index, direction, most}];
  if (!packed) {
    packed = std::make_shared<PackedWeights>(layer, direction, kernels_.lanes, most);
  }
  return packed;
}

std::shared_ptr<const PackedWeights> PackCache::head(int index) {
  const std::lock_guard lock(mutex_);
  auto& packed = packed_[{-1 - index, 0, 1}];
  if (!packed) packed = std::make_shared<PackedWeights>(network_.head[index], kernels_.lanes, 1);
  return packed;
}

}  // namespace steelyard::cpu

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

std::shared_ptr<const PackedWeights> PackCache::candidate(int index, int direction,
                                                          bool one_sample) {
  const Recurrent& layer = network_.layers[index];
  const int most = one_sample ? kernels_.tiling(Formula::plain).blocks : 1;
  const std::lock_guard lock(mutex_);
  auto& packed = candidates_[{index, direction, most}];
  if (!packed) {
    const std::size_t size = std::size_t(layer.hidden) * layer.hidden;
    const auto r = layer.r.begin() + std::ptrdiff_t(size) * (3 * direction + 2);
    Recurrent plain;
    plain.cell = Cell::rnn;
    plain.input = 1;
    plain.hidden = layer.hidden;
    plain.w.assign(layer.hidden, 0);
    plain.r.assign(r, r + std::ptrdiff_t(size));
    plain.b.assign(2 * std::size_t(layer.hidden), 0);
    packed = std::make_shared<PackedWeights>(plain, 0, kernels_.lanes, most);
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

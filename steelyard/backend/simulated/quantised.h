// SPDX-License-Identifier: Apache-2.0
// A recurrent network as an integer NPU computes it: unrolled over time, every tensor between two
// operations an affine unsigned integer of its own range, weights symmetric signed integers,
// sums exact, HailoRT's rounding (devices that quantise otherwise are not covered):
//
//   q = round_half_to_even(clip(x, low, high) / scale + zero),   x = (q - zero) * scale
//
// Ranges come from calibration windows run at full precision. One thread; answer() does not
// allocate.
#pragma once

#include <memory>
#include <span>

#include "steelyard/backend/simulated/profile.h"
#include "steelyard/model/network.h"

namespace steelyard::simulated {

class QuantisedNetwork {
 public:
  // `calibration` holds whole windows [n][window][features]; when empty, pseudo-random values in
  // [-1, 1] stand in, as the vendor's compiler does on request: good for timing, not for accuracy.
  // Throws Error when it is not a whole number of windows.
  QuantisedNetwork(const Network&, const QuantisationProfile&, int window,
                   std::span<const float> calibration);
  ~QuantisedNetwork();

  // input [window][features], output [outputs].
  void answer(std::span<const float> input, std::span<float> output);

 private:
  class Graph;
  std::unique_ptr<Graph> graph_;
};

}  // namespace steelyard::simulated

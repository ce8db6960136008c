// SPDX-License-Identifier: Apache-2.0
// A network's recurrent weights as bf16, fp16 or int8, in the order in which narrow kernels read
// them.
// Immutable once made; may be shared by threads.
#pragma once

#include <cstdint>
#include <vector>

#include "steelyard/engine/cpu/buffer.h"
#include "steelyard/engine/cpu/narrow.h"

namespace steelyard::cpu {

// How large values become: what eight bits must cover.
struct NarrowRanges {
  std::vector<float> features;                          // of each input feature
  std::vector<std::vector<std::vector<float>>> states;  // [layer][direction][unit]
};

// The bits of the nearest fp16, of numbers below 65504; NaN stays NaN.
std::uint16_t half_of(float);

class NarrowWeights {
 public:
  // bf16 with no ranges, where the kernels can as halves; int8 with them. Throws Error for a layer
  // that it cannot pack.
  NarrowWeights(const Network&, const NarrowKernels&, const NarrowRanges*);
  Narrow kind() const { return kind_; }
  const NarrowPacked& packed(int layer, int direction) const {
    return layers_[layer][direction].packed;
  }
  // int8: steps a unit of each feature has, padded to whole vectors; empty where the input stays
  // fp32.
  const Buffer& feature_steps() const { return feature_steps_; }

 private:
  struct OneWay {
    NarrowPacked packed;
    Buffer words, bias, scale, start, wx, steps;
  };
  // What a unit of each input of the layer stands for in bytes, by operand.
  std::vector<std::vector<float>> input_ranges(const Network&, int layer,
                                               const NarrowRanges*) const;
  static void pack_input(OneWay&, const Recurrent&, int direction);
  static void pack_biases(OneWay&, const Recurrent&, int direction);
  static void pack_bf16(OneWay&, const Recurrent&, int direction, int groups);
  static void pack_halves(OneWay&, const Recurrent&, int direction, std::size_t inputs_end);
  // `column_ranges`: what a unit of each column stands for in bytes; the input's first.
  static void pack_int8(OneWay&, const Recurrent&, int direction,
                        const std::vector<float>& column_ranges, std::size_t inputs_end);
  OneWay pack(const Network&, int layer, int direction, const NarrowRanges*) const;

  std::vector<std::vector<OneWay>> layers_;
  Buffer feature_steps_;
  Narrow kind_;
};

}  // namespace steelyard::cpu

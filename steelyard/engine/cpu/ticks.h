// SPDX-License-Identifier: Apache-2.0
// Streaming: one time step at a time through all layers, with the state carried over; prepare()
// does beforehand what does not depend on the input. Unidirectional networks only. Belongs to one
// session.
#pragma once

#include <memory>
#include <vector>

#include "steelyard/engine/cpu/head.h"

namespace steelyard::cpu {

class Ticks {
 public:
  Ticks(const Network&, const Kernels&, PackCache&, int batch);
  void step(const float* input, float* output);
  void prepare();
  void reset();

 private:
  struct Layer {
    std::shared_ptr<const PackedWeights> packed;
    LayerJob job;
    Buffer h, c, scratch, sums, sums_n;
    const float* state = nullptr;
  };
  Layer make_layer(const Network&, int index, PackCache&) const;
  void run(Layer&, const Operand& x);

  const Kernels& kernels_;
  int batch_, features_;
  bool prepared_ = false;
  std::vector<Layer> layers_;
  Head head_;
};

}  // namespace steelyard::cpu

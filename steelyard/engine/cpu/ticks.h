// SPDX-License-Identifier: Apache-2.0
// Streaming: one time step at a time through all layers, with the state carried over; prepare()
// does beforehand what does not depend on the input. Unidirectional networks only. Belongs to one
// session.
#pragma once

#include <memory>
#include <vector>

#include "steelyard/engine/cpu/head.h"
#include "steelyard/engine/cpu/states.h"
#include "steelyard/engine/cpu/stepwise.h"

namespace steelyard::cpu {

class Ticks {
 public:
  Ticks(const Network&, const Kernels&, PackCache&, int batch);
  void step(const float* input, float* output, const Carried* = nullptr);
  void prepare();
  // To zeros, or to the states that are given.
  void reset(const Carried& = {});

 private:
  struct Layer {
    std::shared_ptr<const PackedWeights> packed;
    LayerJob job;
    std::unique_ptr<Stepwise> stepwise;  // other activations than the kernels have
    StatePlace place;
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

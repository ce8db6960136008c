// SPDX-License-Identifier: Apache-2.0
// The dense layers behind the recurrent ones. Belongs to one session.
#pragma once

#include <memory>
#include <vector>

#include "steelyard/engine/cpu/pack_cache.h"

namespace steelyard::cpu {

class Head {
 public:
  // For at most `samples` samples at a time.
  Head(const Network&, const Kernels&, PackCache&, int samples);

  // From the last layer's states, one operand a direction, to `output` [samples][outputs].
  void run(const Operand* states, int directions, int samples, float* output);
  // For each of `steps` steps, whose states are Operand::time apart. `output` is that of the first
  // sample at the first step, in a batch of `row` samples: [row][steps][outputs], or with the time
  // first. A head for Readout::every_step was made for as many samples as there are steps, at
  // least.
  void run_steps(const Operand* states, int directions, int samples, int steps, bool batch_first,
                 int row, float* output);

 private:
  struct Stage {
    // Few outputs are dot products, many are a plain layer.
    bool dot = false;
    Buffer weights, bias, y;
    std::shared_ptr<const PackedWeights> packed;
    DenseJob dense;
    LayerJob layer;
  };
  Stage make_stage(const Dense&, int index, int directions, int samples, PackCache&) const;

  const Kernels& kernels_;
  int outputs_;
  std::vector<Stage> stages_;
};

}  // namespace steelyard::cpu

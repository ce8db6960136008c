// SPDX-License-Identifier: Apache-2.0
// One direction of a layer step by step, where a step is more than what the kernels know: windows
// that end early, other activations than the standard ones. Slower than a whole LayerJob. Belongs
// to one session.
#pragma once

#include <cstdint>
#include <memory>

#include "steelyard/engine/cpu/pack_cache.h"

namespace steelyard::cpu {

class Stepwise {
 public:
  // For jobs of at most `samples` samples of this layer, packed as `cache` packs it for one or for
  // several. All memory is taken here.
  Stepwise(const Network&, int layer, int direction, const Kernels&, PackCache&, int samples,
           bool one_sample);

  // Whether a layer needs it.
  static bool needed(const Recurrent& layer) {
    return layer.ends_early || !layer.functions.empty();
  }

  // Does the job's steps and returns where the state after each sample's last one is, as
  // Kernels::layer does. With lengths, of each sample (null: whole windows), a sequence has zeros
  // behind the end, and state and c of a sample without steps are zeros.
  const float* run(const LayerJob&, const std::int32_t* lengths);

 private:
  void step(LayerJob&);
  const float* end_early(const LayerJob&, const float* h, const std::int32_t* lengths);

  const Kernels& kernels_;
  const GateFunction* functions_ = nullptr;       // of this direction; null: the kernels' own
  std::shared_ptr<const PackedWeights> product_;  // gru_reset_first with functions: R of n
  Buffer sums_, sums_n_;
  Buffer old_c_, left_;  // with lengths: c before a step, the state after the last one
};

}  // namespace steelyard::cpu

// SPDX-License-Identifier: Apache-2.0
// What the host does with the device's results: adding the two directions' halves, the rest of the
// dense layers. A Tail belongs to one session.
#pragma once

#include <vector>

#include "steelyard/model/network.h"

namespace steelyard::cuda {

class Tail {
 public:
  // `on_device`: the device has multiplied by the first dense layer. `biased`: and added its bias.
  Tail(const Network&, bool on_device, bool biased);

  // Whether the device's results are the outputs already.
  bool nothing_to_do() const { return nothing_to_do_; }

  // results: [direction][batch][device outputs]; output: [batch][outputs].
  void finish(const float* results, int batch, float* output);

 private:
  void dense(const Dense&, std::vector<float>& values);

  int directions_, width_;
  bool on_device_, biased_, nothing_to_do_;
  std::vector<Dense> head_;
  std::vector<float> values_, next_;
};

}  // namespace steelyard::cuda

// SPDX-License-Identifier: Apache-2.0
// Networks with random weights, and what they must compute, in double precision from the ONNX
// operators' definitions. Thread-safe.
#pragma once

#include <vector>

#include "steelyard/base/random.h"
#include "steelyard/model/network.h"

namespace steelyard::gpu {

struct Shape {
  Cell cell = Cell::gru;
  int features = 5, hidden = 5, layers = 1, directions = 1, window = 8;
  std::vector<int> head = {1};
  bool reverse = false, linear_before_reset = true, batch_first = true;
  Activation activation = Activation::tanh, head_activation = Activation::none;
  Readout readout = Readout::last_step;
};

// Weights uniform in +-1/sqrt(hidden), as frameworks start them.
Network random_network(const Shape&, Random&);
std::vector<float> random_values(std::size_t count, Random&);  // about normal

// input [batch][window][features] (or [window][batch][features]) -> [batch][outputs].
std::vector<double> expected(const Network&, const std::vector<float>& input, int batch,
                             int window);

}  // namespace steelyard::gpu

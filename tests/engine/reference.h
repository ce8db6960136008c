// SPDX-License-Identifier: Apache-2.0
// What the engine must compute, written straightforwardly in double precision from the ONNX
// operators' definitions. Networks with random weights to try it on. Thread-safe.
#pragma once

#include <vector>

#include "steelyard/base/random.h"
#include "steelyard/model/network.h"

namespace steelyard::reference {

// input [batch][window][features] (or [window][batch][features]) -> [batch][outputs].
std::vector<double> infer(const Network&, const std::vector<float>& input, int batch, int window);

struct Shape {
  Cell cell = Cell::gru;
  int features = 5, hidden = 5, layers = 1, directions = 1;
  std::vector<int> head = {1};
  bool reverse = false, linear_before_reset = true;
  Activation activation = Activation::tanh;
  Readout readout = Readout::last_step;
};

// Weights uniform in +-1/sqrt(hidden), as frameworks start them.
Network random_network(const Shape&, Random&);
std::vector<float> random_values(std::size_t count, double range, Random&);

}  // namespace steelyard::reference

// SPDX-License-Identifier: Apache-2.0
// The plainest evaluation of a Network, in double, straight from the formulas of the ONNX operator
// specification. Tests compare with it; nobody else should.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "steelyard/model/network.h"

namespace steelyard::testing {

using Steps = std::vector<std::vector<double>>;  // [time][features]

inline double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

// One direction of one layer over all steps, in the order in which it visits them; returns the
// state after each.
inline Steps run_direction(const Recurrent& layer, int direction, const Steps& input) {
  const int h = layer.hidden, g = gates_of(layer.cell);
  const auto at = [&](const std::vector<float>& m, int row, int columns, int column) {
    return static_cast<double>(
        m[(static_cast<std::size_t>(direction) * g * h + row) * columns + column]);
  };
  const auto bias = [&](int row, bool recurrent) {
    return static_cast<double>(
        layer.b[static_cast<std::size_t>(direction) * 2 * g * h + (recurrent ? g * h : 0) + row]);
  };
  std::vector<double> state(h, 0.0), cell(h, 0.0);
  Steps result;
  for (const auto& x : input) {
    const auto from_input = [&](int row) {
      double sum = bias(row, false);
      for (int i = 0; i < layer.input; ++i) sum += at(layer.w, row, layer.input, i) * x[i];
      return sum;
    };
    const auto from_state = [&](int row, const std::vector<double>& s) {
      double sum = bias(row, true);
      for (int i = 0; i < h; ++i) sum += at(layer.r, row, h, i) * s[i];
      return sum;
    };
    std::vector<double> next(h);
    if (layer.cell == Cell::gru) {
      std::vector<double> z(h), r(h), reset(h);
      for (int i = 0; i < h; ++i) {
        z[i] = sigmoid(from_input(i) + from_state(i, state));
        r[i] = sigmoid(from_input(h + i) + from_state(h + i, state));
        reset[i] = r[i] * state[i];
      }
      for (int i = 0; i < h; ++i) {
        const double candidate =
            layer.linear_before_reset
                ? std::tanh(from_input(2 * h + i) + r[i] * from_state(2 * h + i, state))
                : std::tanh(from_input(2 * h + i) + from_state(2 * h + i, reset));
        next[i] = (1 - z[i]) * candidate + z[i] * state[i];
      }
    } else if (layer.cell == Cell::lstm) {
      for (int i = 0; i < h; ++i) {
        const auto gate = [&](int k) {
          return from_input(k * h + i) + from_state(k * h + i, state);
        };
        cell[i] = sigmoid(gate(2)) * cell[i] + sigmoid(gate(0)) * std::tanh(gate(3));
        next[i] = sigmoid(gate(1)) * std::tanh(cell[i]);
      }
    } else {
      for (int i = 0; i < h; ++i) {
        const double sum = from_input(i) + from_state(i, state);
        next[i] = layer.activation == Activation::relu ? std::max(sum, 0.0) : std::tanh(sum);
      }
    }
    state = next;
    result.push_back(state);
  }
  return result;
}

// One window.
inline std::vector<double> evaluate(const Network& network, const Steps& window) {
  Steps flow = window;
  std::vector<double> last, final_state;
  for (const auto& layer : network.layers) {
    Steps joined(flow.size());
    final_state.clear();
    for (int d = 0; d < layer.directions; ++d) {
      const bool backwards = d == 1 || layer.reverse;
      Steps order = flow;
      if (backwards) std::reverse(order.begin(), order.end());
      Steps states = run_direction(layer, d, order);
      final_state.insert(final_state.end(), states.back().begin(), states.back().end());
      if (backwards) std::reverse(states.begin(), states.end());
      for (std::size_t t = 0; t < flow.size(); ++t)
        joined[t].insert(joined[t].end(), states[t].begin(), states[t].end());
    }
    flow = joined;
    last = flow.back();
  }
  std::vector<double> value = network.readout == Readout::last_step ? last : final_state;
  for (const auto& dense : network.head) {
    std::vector<double> next(dense.output);
    for (int i = 0; i < dense.output; ++i) {
      next[i] = dense.b[i];
      for (int j = 0; j < dense.input; ++j) next[i] += dense.w[i * dense.input + j] * value[j];
      if (dense.activation == Activation::relu) next[i] = std::max(next[i], 0.0);
      if (dense.activation == Activation::sigmoid) next[i] = sigmoid(next[i]);
      if (dense.activation == Activation::tanh) next[i] = std::tanh(next[i]);
    }
    value = next;
  }
  return value;
}

}  // namespace steelyard::testing

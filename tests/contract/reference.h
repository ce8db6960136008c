// SPDX-License-Identifier: Apache-2.0
// What a network answers, in double precision and straight from the ONNX operators' definitions:
// slow, and independent of every engine. Also seeded random networks and inputs.
#pragma once

#include <cmath>
#include <vector>

#include "steelyard/base/random.h"
#include "steelyard/model/network.h"

namespace steelyard::contract {

using Row = std::vector<double>;
using Sequence = std::vector<Row>;  // [time][width]

inline double activated(Activation activation, double x) {
  switch (activation) {
    case Activation::relu:
      return x > 0 ? x : 0;
    case Activation::sigmoid:
      return 1 / (1 + std::exp(-x));
    case Activation::tanh:
      return std::tanh(x);
    case Activation::none:
      break;
  }
  return x;
}

// One direction of a layer, a step at a time.
class Direction {
 public:
  Direction(const Recurrent& layer, int direction)
      : layer_(layer),
        gates_(static_cast<std::size_t>(gates_of(layer.cell))),
        input_(static_cast<std::size_t>(layer.input)),
        hidden_(static_cast<std::size_t>(layer.hidden)),
        w_(&layer.w[static_cast<std::size_t>(direction) * gates_ * hidden_ * input_]),
        r_(&layer.r[static_cast<std::size_t>(direction) * gates_ * hidden_ * hidden_]),
        b_(&layer.b[static_cast<std::size_t>(direction) * 2 * gates_ * hidden_]),
        h_(hidden_, 0.0),
        c_(hidden_, 0.0) {}

  const Row& step(const Row& x) {
    if (layer_.cell == Cell::gru)
      gru(x);
    else if (layer_.cell == Cell::lstm)
      lstm(x);
    else
      rnn(x);
    return h_;
  }

 private:
  double from_input(std::size_t gate, std::size_t unit, const Row& x) const {
    double sum = b_[gate * hidden_ + unit];
    for (std::size_t i = 0; i < input_; ++i)
      sum += static_cast<double>(w_[(gate * hidden_ + unit) * input_ + i]) * x[i];
    return sum;
  }
  double from_state(std::size_t gate, std::size_t unit, const Row& h) const {
    double sum = b_[(gates_ + gate) * hidden_ + unit];
    for (std::size_t i = 0; i < hidden_; ++i)
      sum += static_cast<double>(r_[(gate * hidden_ + unit) * hidden_ + i]) * h[i];
    return sum;
  }
  double both(std::size_t gate, std::size_t unit, const Row& x) const {
    return from_input(gate, unit, x) + from_state(gate, unit, h_);
  }
  static double sigmoid(double x) { return activated(Activation::sigmoid, x); }

  void gru(const Row& x) {
    Row z(hidden_), r(hidden_), forgotten(hidden_), next(hidden_);
    for (std::size_t u = 0; u < hidden_; ++u) {
      z[u] = sigmoid(both(0, u, x));
      r[u] = sigmoid(both(1, u, x));
      forgotten[u] = r[u] * h_[u];
    }
    for (std::size_t u = 0; u < hidden_; ++u) {
      const double recurrent =
          layer_.linear_before_reset ? r[u] * from_state(2, u, h_) : from_state(2, u, forgotten);
      next[u] = (1 - z[u]) * std::tanh(from_input(2, u, x) + recurrent) + z[u] * h_[u];
    }
    h_ = next;
  }

  void lstm(const Row& x) {
    Row next(hidden_);
    for (std::size_t u = 0; u < hidden_; ++u) {
      const double i = sigmoid(both(0, u, x)), o = sigmoid(both(1, u, x)),
                   f = sigmoid(both(2, u, x));
      c_[u] = f * c_[u] + i * std::tanh(both(3, u, x));
      next[u] = o * std::tanh(c_[u]);
    }
    h_ = next;
  }

  void rnn(const Row& x) {
    Row next(hidden_);
    for (std::size_t u = 0; u < hidden_; ++u) next[u] = activated(layer_.activation, both(0, u, x));
    h_ = next;
  }

  const Recurrent& layer_;
  std::size_t gates_, input_, hidden_;
  const float *w_, *r_, *b_;
  Row h_, c_;
};

// The layer's outputs in time order, and each direction's state after all its steps.
struct LayerAnswer {
  Sequence sequence;
  Row final_state;
};

inline LayerAnswer answer(const Recurrent& layer, const Sequence& in) {
  LayerAnswer out;
  out.sequence.resize(in.size());
  for (int d = 0; d < layer.directions; ++d) {
    Direction direction(layer, d);
    const bool backwards = d == 1 || layer.reverse;
    Sequence steps(in.size());
    for (std::size_t i = 0; i < in.size(); ++i) {
      const std::size_t t = backwards ? in.size() - 1 - i : i;
      steps[t] = direction.step(in[t]);
      if (i + 1 == in.size())
        out.final_state.insert(out.final_state.end(), steps[t].begin(), steps[t].end());
    }
    for (std::size_t t = 0; t < in.size(); ++t)
      out.sequence[t].insert(out.sequence[t].end(), steps[t].begin(), steps[t].end());
  }
  return out;
}

// One window, [window][features] -> [outputs].
inline Row answer(const Network& network, const float* window, int steps) {
  Sequence sequence(static_cast<std::size_t>(steps));
  for (auto& row : sequence) {
    row.assign(window, window + network.features);
    window += network.features;
  }
  LayerAnswer last;
  for (const Recurrent& layer : network.layers) {
    last = answer(layer, sequence);
    sequence = last.sequence;
  }
  Row row = network.readout == Readout::last_step ? sequence.back() : last.final_state;
  for (const Dense& dense : network.head) {
    Row next;
    for (std::size_t o = 0; o < static_cast<std::size_t>(dense.output); ++o) {
      double sum = dense.b[o];
      for (std::size_t i = 0; i < row.size(); ++i)
        sum += static_cast<double>(dense.w[o * row.size() + i]) * row[i];
      next.push_back(activated(dense.activation, sum));
    }
    row = next;
  }
  return row;
}

struct Shape {
  Cell cell = Cell::gru;
  int hidden = 5;
  int layers = 1;
  int directions = 1;
  int window = 8;
  int features = 5;
  int outputs = 1;
  Readout readout = Readout::last_step;
};

inline std::vector<float> random_floats(Random& random, std::size_t count, double width) {
  std::vector<float> values(count);
  for (float& value : values) value = static_cast<float>((2 * random.uniform() - 1) * width);
  return values;
}

// Weights as a trained network has them: uniform within 1/sqrt(fan-in), as PyTorch begins.
inline Network random_network(const Shape& shape, std::uint64_t seed) {
  Random random(seed);
  Network network;
  network.window = shape.window;
  network.features = shape.features;
  network.readout = shape.readout;
  const double width = 1 / std::sqrt(static_cast<double>(shape.hidden));
  int input = shape.features;
  for (int i = 0; i < shape.layers; ++i) {
    Recurrent layer;
    layer.cell = shape.cell;
    layer.input = input;
    layer.hidden = shape.hidden;
    layer.directions = shape.directions;
    const auto rows =
        static_cast<std::size_t>(shape.directions * gates_of(shape.cell) * shape.hidden);
    layer.w = random_floats(random, rows * static_cast<std::size_t>(input), width);
    layer.r = random_floats(random, rows * static_cast<std::size_t>(shape.hidden), width);
    layer.b = random_floats(random, 2 * rows, width);
    layer.node = "layer" + std::to_string(i);
    input = layer.output();
    network.layers.push_back(std::move(layer));
  }
  Dense head;
  head.input = input;
  head.output = shape.outputs;
  head.w = random_floats(random, static_cast<std::size_t>(input * shape.outputs), 1.0);
  head.b = random_floats(random, static_cast<std::size_t>(shape.outputs), 0.1);
  head.node = "head";
  network.head.push_back(std::move(head));
  return network;
}

}  // namespace steelyard::contract

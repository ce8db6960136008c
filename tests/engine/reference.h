// SPDX-License-Identifier: Apache-2.0
// What the engine must compute, written straightforwardly in double precision from the ONNX
// operators' definitions. Networks with random weights to try it on. Thread-safe.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "steelyard/base/random.h"
#include "steelyard/model/network.h"

namespace steelyard::reference {

using Vector = std::vector<double>;

inline double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

inline double apply(Activation a, double x) {
  switch (a) {
    case Activation::relu:
      return x < 0 ? 0 : x;
    case Activation::sigmoid:
      return sigmoid(x);
    case Activation::tanh:
      return std::tanh(x);
    case Activation::none:
      break;
  }
  return x;
}

inline double apply(const GateFunction& f, double x) {
  const double a = f.alpha, b = f.beta;
  switch (f.kind) {
    case GateFunction::relu:
      return std::max(x, 0.0);
    case GateFunction::tanh:
      return std::tanh(x);
    case GateFunction::sigmoid:
      return sigmoid(x);
    case GateFunction::affine:
      return a * x + b;
    case GateFunction::leaky_relu:
      return x < 0 ? a * x : x;
    case GateFunction::thresholded_relu:
      return x > a ? x : 0;
    case GateFunction::scaled_tanh:
      return a * std::tanh(b * x);
    case GateFunction::hard_sigmoid:
      return std::clamp(a * x + b, 0.0, 1.0);
    case GateFunction::elu:
      return x < 0 ? a * std::expm1(x) : x;
    case GateFunction::softsign:
      return x / (1 + std::abs(x));
    case GateFunction::softplus:
      return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x)));
  }
  return x;
}

// One direction of a layer, its weights in ONNX order.
struct OneWay {
  const Recurrent& layer;
  int direction;

  // f, g and h of the operator's formulas.
  double f(double x) const {
    if (!layer.functions.empty()) return function(0, x);
    return layer.cell == Cell::rnn ? apply(layer.activation, x) : sigmoid(x);
  }
  double g(double x) const { return layer.functions.empty() ? std::tanh(x) : function(1, x); }
  double h_of(double x) const { return layer.functions.empty() ? std::tanh(x) : function(2, x); }
  double function(int which, double x) const {
    return apply(layer.functions[direction * functions_of(layer.cell) + which], x);
  }

  double w(int gate, int unit, const Vector& x) const {
    const std::size_t row = row_of(gate, unit);
    double sum = 0;
    for (int i = 0; i < layer.input; ++i) sum += double(layer.w[row * layer.input + i]) * x[i];
    return sum + layer.b[bias_of(gate, unit)];
  }
  double r(int gate, int unit, const Vector& h) const {
    const std::size_t row = row_of(gate, unit);
    double sum = 0;
    for (int i = 0; i < layer.hidden; ++i) sum += double(layer.r[row * layer.hidden + i]) * h[i];
    return sum + layer.b[bias_of(gate + gates_of(layer.cell), unit)];
  }

  void step(const Vector& x, Vector& h, Vector& c) const {
    const Vector before = h;
    Vector reset(layer.hidden);
    if (layer.cell == Cell::gru) {
      for (int u = 0; u < layer.hidden; ++u) {
        reset[u] = f(w(1, u, x) + r(1, u, before));
      }
    }
    Vector reset_h(layer.hidden);
    for (int u = 0; u < layer.hidden; ++u) reset_h[u] = reset[u] * before[u];
    for (int u = 0; u < layer.hidden; ++u) {
      if (layer.cell == Cell::rnn) {
        h[u] = f(w(0, u, x) + r(0, u, before));
      } else if (layer.cell == Cell::lstm) {
        const double in = f(w(0, u, x) + r(0, u, before));
        const double out = f(w(1, u, x) + r(1, u, before));
        const double forget = f(w(2, u, x) + r(2, u, before));
        c[u] = forget * c[u] + in * g(w(3, u, x) + r(3, u, before));
        h[u] = out * h_of(c[u]);
      } else {
        const double z = f(w(0, u, x) + r(0, u, before));
        const double n = g(w(2, u, x) + (layer.linear_before_reset ? reset[u] * r(2, u, before)
                                                                   : r(2, u, reset_h)));
        h[u] = (1 - z) * n + z * before[u];
      }
    }
  }

 private:
  std::size_t row_of(int gate, int unit) const {
    return (std::size_t(direction) * gates_of(layer.cell) + gate) * layer.hidden + unit;
  }
  std::size_t bias_of(int gate, int unit) const {
    return (std::size_t(direction) * 2 * gates_of(layer.cell) + gate) * layer.hidden + unit;
  }
};

inline Vector dense(const Dense& layer, const Vector& x) {
  Vector y(layer.output);
  for (int o = 0; o < layer.output; ++o) {
    double sum = layer.b[o];
    for (int i = 0; i < layer.input; ++i) sum += double(layer.w[o * layer.input + i]) * x[i];
    y[o] = apply(layer.activation, sum);
  }
  return y;
}

// One window's answers, one after the other. `states` (in the order of network.h) is what the
// window begins with and becomes what it leaves.
inline Vector infer_one(const Network& network, std::vector<Vector> sequence, Vector& states,
                        int length) {
  Vector final_state;
  double* state = states.data();
  for (const Recurrent& layer : network.layers) {
    const int steps = int(sequence.size()), own = layer.ends_early ? length : steps;
    std::vector<Vector> next(steps);
    final_state.clear();
    for (int d = 0; d < layer.directions; ++d) {
      const int cells = layer.cell == Cell::lstm ? 2 : 1, hidden = layer.hidden;
      Vector h(state, state + hidden), c(state + (cells - 1) * hidden, state + cells * hidden);
      std::vector<Vector> side(steps, Vector(hidden));
      for (int i = 0; i < own; ++i) {
        const int t = layer.reverse || d == 1 ? own - 1 - i : i;
        OneWay{layer, d}.step(sequence[t], h, c);
        side[t] = h;
      }
      if (own == 0) h = c = Vector(hidden);
      for (int t = 0; t < steps; ++t) {
        next[t].insert(next[t].end(), side[t].begin(), side[t].end());
      }
      final_state.insert(final_state.end(), h.begin(), h.end());
      state = std::copy(h.begin(), h.end(), state);
      if (cells == 2) state = std::copy(c.begin(), c.end(), state);
    }
    sequence = next;
  }
  std::vector<Vector> read{network.readout == Readout::final_state ? final_state : sequence.back()};
  if (network.readout == Readout::every_step) read = sequence;
  Vector answers;
  for (Vector& one : read) {
    for (const Dense& layer : network.head) one = dense(layer, one);
    answers.insert(answers.end(), one.begin(), one.end());
  }
  return answers;
}

struct Shape {
  Cell cell = Cell::gru;
  int features = 5, hidden = 5, layers = 1, directions = 1;
  std::vector<int> head = {1};
  bool reverse = false, linear_before_reset = true;
  Activation activation = Activation::tanh;
  Readout readout = Readout::last_step;
};

// What goes along with a query: states [batch] in the order of network.h, and lengths. Empty: the
// network's own.
struct Along {
  std::vector<float> before = {};
  std::vector<int> lengths = {};
};
// Answers as the engine gives them, and the states that windows leave, in the order of network.h.
struct Outcome {
  Vector answers, after;
};

// Element `i` of one window's states, for window `s` of a batch.
inline std::size_t place_of_state(const Network& network, std::size_t i, int batch, int s) {
  for (const Recurrent& layer : network.layers) {
    const int blocks = layer.directions * (layer.cell == Cell::lstm ? 2 : 1);
    const std::size_t hidden = layer.hidden, size = blocks * hidden;
    if (i >= size) {
      i -= size;
      continue;
    }
    std::size_t before = 0;
    for (const Recurrent* l = network.layers.data(); l != &layer; ++l) {
      before += std::size_t(l->output()) * (l->cell == Cell::lstm ? 2 : 1);
    }
    return (before + i / hidden * hidden) * batch + s * hidden + i % hidden;
  }
  return 0;
}

// input [batch][window][features] (or [window][batch][features]).
inline Outcome run(const Network& network, const std::vector<float>& input, int batch, int window,
                   const Along& along = {}) {
  const int features = network.features, outputs = network.outputs();
  const int answers = network.answers(window);
  const std::size_t size = state_size(network);
  const std::vector<float> before =
      along.before.empty() ? initial_states(network, batch) : along.before;
  const std::vector<int>& lengths = along.lengths.empty() ? network.lengths.fixed : along.lengths;
  Outcome outcome{Vector(std::size_t(batch) * outputs * answers), Vector(size * batch)};
  for (int s = 0; s < batch; ++s) {
    std::vector<Vector> sequence(window, Vector(features));
    for (int t = 0; t < window; ++t) {
      const std::size_t row =
          network.batch_first ? std::size_t(s) * window + t : std::size_t(t) * batch + s;
      for (int i = 0; i < features; ++i) sequence[t][i] = input[row * features + i];
    }
    Vector states(size);
    for (std::size_t i = 0; i < size && !before.empty(); ++i) {
      states[i] = before[place_of_state(network, i, batch, s)];
    }
    const int length = lengths.empty() ? window : lengths[lengths.size() == 1 ? 0 : s];
    const Vector y = infer_one(network, sequence, states, length);
    for (int a = 0; a < answers; ++a) {
      const std::size_t row =
          network.answer_batch_first ? std::size_t(s) * answers + a : std::size_t(a) * batch + s;
      std::copy_n(y.begin() + a * outputs, outputs, outcome.answers.begin() + row * outputs);
    }
    for (std::size_t i = 0; i < size; ++i) {
      outcome.after[place_of_state(network, i, batch, s)] = states[i];
    }
  }
  return outcome;
}

inline std::vector<double> infer(const Network& network, const std::vector<float>& input, int batch,
                                 int window) {
  return run(network, input, batch, window).answers;
}

inline std::vector<float> random_values(std::size_t count, double range, Random& random) {
  std::vector<float> values(count);
  for (float& v : values) v = float((2 * random.uniform() - 1) * range);
  return values;
}

// Weights uniform in +-1/sqrt(hidden), as frameworks start them.
inline Network random_network(const Shape& shape, Random& random) {
  Network network;
  network.features = shape.features;
  network.readout = shape.readout;
  const double range = 1 / std::sqrt(double(shape.hidden));
  int input = shape.features;
  for (int l = 0; l < shape.layers; ++l) {
    Recurrent r;
    r.cell = shape.cell;
    r.input = input;
    r.hidden = shape.hidden;
    r.directions = shape.directions;
    r.reverse = shape.reverse;
    r.linear_before_reset = shape.linear_before_reset;
    r.activation = shape.activation;
    const std::size_t rows = std::size_t(r.directions) * gates_of(r.cell) * r.hidden;
    r.w = random_values(rows * r.input, range, random);
    r.r = random_values(rows * r.hidden, range, random);
    r.b = random_values(rows * 2, range, random);
    network.layers.push_back(r);
    input = r.output();
  }
  for (const int outputs : shape.head) {
    Dense d;
    d.input = input;
    d.output = outputs;
    d.w = random_values(std::size_t(input) * outputs, 1 / std::sqrt(double(input)), random);
    d.b = random_values(outputs, 0.1, random);
    network.head.push_back(d);
    input = outputs;
  }
  return network;
}

}  // namespace steelyard::reference

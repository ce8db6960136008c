// SPDX-License-Identifier: Apache-2.0
// What the engine must compute, written straightforwardly in double precision from the ONNX
// operators' definitions. Networks with random weights to try it on. Thread-safe.
#pragma once

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

// One direction of a layer, its weights in ONNX order.
struct OneWay {
  const Recurrent& layer;
  int direction;

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
        reset[u] = sigmoid(w(1, u, x) + r(1, u, before));
      }
    }
    Vector reset_h(layer.hidden);
    for (int u = 0; u < layer.hidden; ++u) reset_h[u] = reset[u] * before[u];
    for (int u = 0; u < layer.hidden; ++u) {
      if (layer.cell == Cell::rnn) {
        h[u] = apply(layer.activation, w(0, u, x) + r(0, u, before));
      } else if (layer.cell == Cell::lstm) {
        const double i = sigmoid(w(0, u, x) + r(0, u, before));
        const double o = sigmoid(w(1, u, x) + r(1, u, before));
        const double f = sigmoid(w(2, u, x) + r(2, u, before));
        c[u] = f * c[u] + i * std::tanh(w(3, u, x) + r(3, u, before));
        h[u] = o * std::tanh(c[u]);
      } else {
        const double z = sigmoid(w(0, u, x) + r(0, u, before));
        const double n =
            std::tanh(w(2, u, x) +
                      (layer.linear_before_reset ? reset[u] * r(2, u, before) : r(2, u, reset_h)));
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

inline Vector infer_one(const Network& network, std::vector<Vector> sequence) {
  Vector read;
  for (const Recurrent& layer : network.layers) {
    const int steps = int(sequence.size());
    std::vector<Vector> next(steps);
    Vector final_state;
    for (int d = 0; d < layer.directions; ++d) {
      Vector h(layer.hidden), c(layer.hidden);
      for (int i = 0; i < steps; ++i) {
        const int t = layer.reverse || d == 1 ? steps - 1 - i : i;
        OneWay{layer, d}.step(sequence[t], h, c);
        next[t].insert(next[t].end(), h.begin(), h.end());
      }
      final_state.insert(final_state.end(), h.begin(), h.end());
    }
    sequence = next;
    read = network.readout == Readout::final_state ? final_state : sequence.back();
  }
  for (const Dense& layer : network.head) read = dense(layer, read);
  return read;
}

struct Shape {
  Cell cell = Cell::gru;
  int features = 5, hidden = 5, layers = 1, directions = 1;
  std::vector<int> head = {1};
  bool reverse = false, linear_before_reset = true;
  Activation activation = Activation::tanh;
  Readout readout = Readout::last_step;
};

// input [batch][window][features] (or [window][batch][features]) -> [batch][outputs].
inline std::vector<double> infer(const Network& network, const std::vector<float>& input, int batch,
                                 int window) {
  Vector all;
  const int features = network.features;
  for (int s = 0; s < batch; ++s) {
    std::vector<Vector> sequence(window, Vector(features));
    for (int t = 0; t < window; ++t) {
      const std::size_t row =
          network.batch_first ? std::size_t(s) * window + t : std::size_t(t) * batch + s;
      for (int i = 0; i < features; ++i) sequence[t][i] = input[row * features + i];
    }
    const Vector y = infer_one(network, sequence);
    all.insert(all.end(), y.begin(), y.end());
  }
  return all;
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

// SPDX-License-Identifier: Apache-2.0
// The reference of perf/gpu. Thread-safe.
#include "perf/gpu/reference.h"

#include <algorithm>
#include <cmath>

namespace steelyard::gpu {
namespace {

using Values = std::vector<double>;

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }
double activated(double x, Activation activation) {
  switch (activation) {
    case Activation::relu:
      return std::max(x, 0.0);
    case Activation::sigmoid:
      return sigmoid(x);
    case Activation::tanh:
      return std::tanh(x);
    case Activation::none:
      break;
  }
  return x;
}

// rows of m times v
double product(const float* m, const Values& v, int row) {
  double sum = 0;
  for (std::size_t k = 0; k < v.size(); ++k) sum += double(m[row * v.size() + k]) * v[k];
  return sum;
}

void step(const Recurrent& l, int d, const Values& x, Values& h, Values& c) {
  const int H = l.hidden, rows = gates_of(l.cell) * H;
  const float* w = l.w.data() + std::size_t(d) * rows * l.input;
  const float* r = l.r.data() + std::size_t(d) * rows * H;
  const float* bw = l.b.data() + std::size_t(d) * rows * 2;
  const float* br = bw + rows;
  Values next(H), reset(H), z(H);
  const auto in = [&](int g, int j) { return product(w, x, g * H + j) + bw[g * H + j]; };
  const auto back = [&](int g, int j) { return product(r, h, g * H + j) + br[g * H + j]; };
  for (int j = 0; j < H; ++j) {
    if (l.cell == Cell::rnn) next[j] = activated(in(0, j) + back(0, j), l.activation);
    if (l.cell == Cell::lstm) {
      c[j] = sigmoid(in(2, j) + back(2, j)) * c[j] +
             sigmoid(in(0, j) + back(0, j)) * std::tanh(in(3, j) + back(3, j));
      next[j] = sigmoid(in(1, j) + back(1, j)) * std::tanh(c[j]);
    }
    if (l.cell == Cell::gru) {
      z[j] = sigmoid(in(0, j) + back(0, j));
      const double gate = sigmoid(in(1, j) + back(1, j));
      reset[j] = gate * h[j];
      if (l.linear_before_reset) {
        const double n = std::tanh(in(2, j) + gate * back(2, j));
        next[j] = (1 - z[j]) * n + z[j] * h[j];
      }
    }
  }
  if (l.cell == Cell::gru && !l.linear_before_reset)
    for (int j = 0; j < H; ++j) {
      const double n = std::tanh(in(2, j) + product(r, reset, 2 * H + j) + br[2 * H + j]);
      next[j] = (1 - z[j]) * n + z[j] * h[j];
    }
  h = next;
}

// One window through all layers: [window][features] -> what the head reads.
Values states(const Network& network, std::vector<Values> sequence) {
  Values end;
  for (const Recurrent& l : network.layers) {
    std::vector<Values> out(sequence.size(), Values(l.output()));
    Values final_state(l.output());
    for (int d = 0; d < l.directions; ++d) {
      const bool reversed = l.reverse || d == 1;
      Values h(l.hidden), c(l.hidden);
      for (std::size_t s = 0; s < sequence.size(); ++s) {
        const std::size_t t = reversed ? sequence.size() - 1 - s : s;
        step(l, d, sequence[t], h, c);
        std::copy(h.begin(), h.end(), out[t].begin() + d * l.hidden);
      }
      std::copy(h.begin(), h.end(), final_state.begin() + d * l.hidden);
    }
    sequence = out;
    end = network.readout == Readout::final_state ? final_state : out.back();
  }
  return end;
}

void fill(std::vector<float>& values, std::size_t count, double range, Random& random) {
  values.resize(count);
  for (float& value : values) value = float((random.uniform() * 2 - 1) * range);
}

}  // namespace

Network random_network(const Shape& shape, Random& random) {
  Network network;
  network.window = 0;
  network.features = shape.features;
  network.batch_first = shape.batch_first;
  network.readout = shape.readout;
  int before = shape.features;
  const double range = 1 / std::sqrt(double(shape.hidden));
  for (int i = 0; i < shape.layers; ++i) {
    Recurrent l;
    l.cell = shape.cell;
    l.input = before;
    l.hidden = shape.hidden;
    l.directions = shape.directions;
    l.reverse = shape.reverse;
    l.linear_before_reset = shape.linear_before_reset;
    l.activation = shape.activation;
    const std::size_t rows = std::size_t(shape.directions) * gates_of(shape.cell) * shape.hidden;
    fill(l.w, rows * before, range, random);
    fill(l.r, rows * shape.hidden, range, random);
    fill(l.b, rows * 2, range, random);
    before = l.output();
    network.layers.push_back(l);
  }
  for (const int outputs : shape.head) {
    Dense dense;
    dense.input = before;
    dense.output = outputs;
    dense.activation = shape.head_activation;
    fill(dense.w, std::size_t(before) * outputs, 1 / std::sqrt(double(before)), random);
    fill(dense.b, outputs, 1 / std::sqrt(double(before)), random);
    network.head.push_back(dense);
    before = outputs;
  }
  return network;
}

std::vector<float> random_values(std::size_t count, Random& random) {
  std::vector<float> values(count);
  for (float& value : values) {
    double sum = -6;
    for (int i = 0; i < 12; ++i) sum += random.uniform();
    value = float(sum);
  }
  return values;
}

std::vector<double> expected(const Network& network, const std::vector<float>& input, int batch,
                             int window) {
  std::vector<double> result;
  for (int b = 0; b < batch; ++b) {
    std::vector<Values> sequence(window, Values(network.features));
    for (int t = 0; t < window; ++t)
      for (int i = 0; i < network.features; ++i) {
        const std::size_t row =
            network.batch_first ? std::size_t(b) * window + t : std::size_t(t) * batch + b;
        sequence[t][i] = input[row * network.features + i];
      }
    Values values = states(network, sequence);
    for (const Dense& dense : network.head) {
      Values next(dense.output);
      for (int n = 0; n < dense.output; ++n)
        next[n] = activated(product(dense.w.data(), values, n) + dense.b[n], dense.activation);
      values = next;
    }
    result.insert(result.end(), values.begin(), values.end());
  }
  return result;
}

}  // namespace steelyard::gpu

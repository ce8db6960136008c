// SPDX-License-Identifier: Apache-2.0
// The unrolled integer network. The same code runs once in double precision to learn the ranges
// and afterwards in integers, so that the two cannot drift apart.
#include "steelyard/backend/simulated/quantised.h"

#include <fmt/format.h>

#include "steelyard/backend/simulated/affine.h"
#include "steelyard/base/error.h"
#include "steelyard/base/random.h"

namespace steelyard::simulated {

namespace {

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

double activated(Activation activation, double x) {
  switch (activation) {
    case Activation::relu:
      return x > 0 ? x : 0;
    case Activation::sigmoid:
      return sigmoid(x);
    case Activation::tanh:
      return std::tanh(x);
    case Activation::none:
      break;
  }
  return x;
}

struct Direction {                                 // of one layer
  std::vector<Weights> w, r;                       // a gate
  std::vector<std::vector<float>> w_bias, r_bias;  // a gate
};

Direction direction_of(const Recurrent& layer, int d) {
  Direction direction;
  const int gates = gates_of(layer.cell), hidden = layer.hidden;
  const auto block = static_cast<std::size_t>(hidden);
  for (int g = 0; g < gates; ++g) {
    const std::size_t row = (static_cast<std::size_t>(d) * gates + g) * block;
    direction.w.emplace_back(layer.w.data() + row * layer.input, hidden, layer.input);
    direction.r.emplace_back(layer.r.data() + row * hidden, hidden, hidden);
    const float* bias = layer.b.data() + (static_cast<std::size_t>(d) * 2 * gates + g) * block;
    direction.w_bias.emplace_back(bias, bias + block);
    direction.r_bias.emplace_back(bias + gates * block, bias + (gates + 1) * block);
  }
  return direction;
}

}  // namespace

class QuantisedNetwork::Graph {
 public:
  Graph(const Network& network, const QuantisationProfile& profile, int window)
      : network_(network), profile_(profile), window_(window) {
    for (const Recurrent& layer : network.layers) {
      auto& directions = layers_.emplace_back();
      for (int d = 0; d < layer.directions; ++d) directions.push_back(direction_of(layer, d));
    }
    for (const Dense& dense : network.head)
      head_.emplace_back(dense.w.data(), dense.output, dense.input);
    make_room();
  }

  void see(const float* window) { run(window, nullptr); }

  // From now on in integers.
  void fix() {
    calibrating_ = false;
    for (std::size_t i = 0; i < tensors_.size(); ++i) tensors_[i].fix(bits_[i]);
    const auto quantise = [&](std::vector<Weights>& all) {
      for (Weights& w : all) w.quantise(profile_.weight_bits, profile_.weights_per_channel);
    };
    for (auto& directions : layers_) {
      for (Direction& direction : directions) {
        quantise(direction.w);
        quantise(direction.r);
      }
    }
    quantise(head_);
  }

  void run(const float* window, float* output);

 private:
  void make_room();
  void run_direction(const Recurrent&, const Direction&, bool reverse,
                     std::vector<Activations>& states);
  void gru(const Recurrent&, const Direction&);
  void lstm(const Recurrent&, const Direction&);
  // gates_[g] = activation(projected_[g] + bias + R_g state)
  void gate(const Recurrent&, const Direction&, int g, Activation, int bits, Activations& result);
  void concatenate(const Activations& forward, const Activations& backward, int width,
                   Activations& result);
  // The first `n` of values_ become the next tensor of the graph; its tensors come in the same
  // order in every run, so that the position is the tensor's name.
  void pass(int n, int bits, Activations& result);

  const Network network_;
  const QuantisationProfile profile_;
  const int window_;
  std::vector<std::vector<Direction>> layers_;
  std::vector<Weights> head_;
  bool calibrating_ = true;
  std::vector<Affine> tensors_;
  std::vector<int> bits_;
  std::size_t next_ = 0;

  std::vector<double> values_, product_;
  Activations h_, c_, a_, b_, head_in_;
  std::vector<Activations> projected_, gates_;
  std::vector<Activations> below_;                // what the running layer reads, a time step
  std::vector<std::vector<Activations>> states_;  // [direction][time step]
};

void QuantisedNetwork::Graph::make_room() {
  int widest = network_.features;
  for (const Recurrent& layer : network_.layers) widest = std::max(widest, layer.output());
  for (const Dense& dense : network_.head) widest = std::max(widest, dense.output);
  values_.resize(widest);
  product_.resize(widest);
  for (Activations* each : {&h_, &c_, &a_, &b_, &head_in_}) each->units.resize(widest);
  const Activations empty{std::vector<double>(widest), 1};
  projected_.assign(4, empty);
  gates_.assign(4, empty);
  below_.assign(window_, empty);
  states_.assign(2, std::vector<Activations>(window_, empty));
}

void QuantisedNetwork::Graph::pass(int n, int bits, Activations& result) {
  if (next_ == tensors_.size()) {  // the first window of the calibration
    tensors_.emplace_back();
    bits_.push_back(bits);
  }
  Affine& tensor = tensors_[next_++];
  result.scale = tensor.scale;
  for (int i = 0; i < n; ++i) {
    if (calibrating_) {
      tensor.see(values_[i]);
      result.units[i] = values_[i];
    } else {
      result.units[i] = tensor.units(values_[i]);
    }
  }
}

void QuantisedNetwork::Graph::gate(const Recurrent& layer, const Direction& direction, int g,
                                   Activation activation, int bits, Activations& result) {
  for (int j = 0; j < layer.hidden; ++j)
    values_[j] = projected_[g].value(j) + direction.r_bias[g][j];
  direction.r[g].multiply(h_, product_, values_);
  for (int j = 0; j < layer.hidden; ++j) values_[j] = activated(activation, values_[j]);
  pass(layer.hidden, bits, result);
}

void QuantisedNetwork::Graph::gru(const Recurrent& layer, const Direction& direction) {
  const int n = layer.hidden, bits = profile_.activation_bits;
  Activations &z = gates_[0], &r = gates_[1], &candidate = gates_[2];
  gate(layer, direction, 0, Activation::sigmoid, bits, z);
  gate(layer, direction, 1, Activation::sigmoid, bits, r);
  if (layer.linear_before_reset) {
    for (int j = 0; j < n; ++j) values_[j] = direction.r_bias[2][j];
    direction.r[2].multiply(h_, product_, values_);
    pass(n, bits, a_);
    for (int j = 0; j < n; ++j) values_[j] = r.value(j) * a_.value(j);
    pass(n, bits, b_);
    for (int j = 0; j < n; ++j) values_[j] = projected_[2].value(j) + b_.value(j);
  } else {
    for (int j = 0; j < n; ++j) values_[j] = r.value(j) * h_.value(j);
    pass(n, bits, a_);
    for (int j = 0; j < n; ++j) values_[j] = projected_[2].value(j) + direction.r_bias[2][j];
    direction.r[2].multiply(a_, product_, values_);
  }
  for (int j = 0; j < n; ++j) values_[j] = std::tanh(values_[j]);
  pass(n, bits, candidate);
  for (int j = 0; j < n; ++j) values_[j] = h_.value(j) - candidate.value(j);
  pass(n, bits, a_);
  for (int j = 0; j < n; ++j) values_[j] = z.value(j) * a_.value(j);
  pass(n, bits, b_);
  for (int j = 0; j < n; ++j) values_[j] = candidate.value(j) + b_.value(j);
  pass(n, profile_.state_bits, h_);
}

void QuantisedNetwork::Graph::lstm(const Recurrent& layer, const Direction& direction) {
  const int n = layer.hidden, bits = profile_.activation_bits;
  Activations &i = gates_[0], &o = gates_[1], &f = gates_[2], &g = gates_[3];
  gate(layer, direction, 0, Activation::sigmoid, bits, i);
  gate(layer, direction, 1, Activation::sigmoid, bits, o);
  gate(layer, direction, 2, Activation::sigmoid, bits, f);
  gate(layer, direction, 3, Activation::tanh, bits, g);
  for (int j = 0; j < n; ++j) values_[j] = f.value(j) * c_.value(j);
  pass(n, bits, a_);
  for (int j = 0; j < n; ++j) values_[j] = i.value(j) * g.value(j);
  pass(n, bits, b_);
  for (int j = 0; j < n; ++j) values_[j] = a_.value(j) + b_.value(j);
  pass(n, profile_.state_bits, c_);
  for (int j = 0; j < n; ++j) values_[j] = std::tanh(c_.value(j));
  pass(n, bits, a_);
  for (int j = 0; j < n; ++j) values_[j] = o.value(j) * a_.value(j);
  pass(n, profile_.state_bits, h_);
}

void QuantisedNetwork::Graph::run_direction(const Recurrent& layer, const Direction& direction,
                                            bool reverse, std::vector<Activations>& states) {
  std::fill(h_.units.begin(), h_.units.end(), 0.0);
  std::fill(c_.units.begin(), c_.units.end(), 0.0);
  for (int step = 0; step < window_; ++step) {
    const int t = reverse ? window_ - 1 - step : step;
    for (int g = 0; g < gates_of(layer.cell); ++g) {
      for (int j = 0; j < layer.hidden; ++j) values_[j] = direction.w_bias[g][j];
      direction.w[g].multiply(below_[t], product_, values_);
      pass(layer.hidden, profile_.activation_bits, projected_[g]);
    }
    if (layer.cell == Cell::gru) {
      gru(layer, direction);
    } else if (layer.cell == Cell::lstm) {
      lstm(layer, direction);
    } else {
      gate(layer, direction, 0, layer.activation, profile_.state_bits, h_);
    }
    std::copy_n(h_.units.begin(), layer.hidden, states[t].units.begin());
    states[t].scale = h_.scale;
  }
}

// Both directions in one tensor, which has one scale.
void QuantisedNetwork::Graph::concatenate(const Activations& forward, const Activations& backward,
                                          int width, Activations& result) {
  for (int j = 0; j < width; ++j) {
    values_[j] = forward.value(j);
    values_[width + j] = backward.value(j);
  }
  pass(2 * width, profile_.state_bits, result);
}

void QuantisedNetwork::Graph::run(const float* window, float* output) {
  next_ = 0;
  for (int t = 0; t < window_; ++t) {
    std::copy_n(window + static_cast<std::size_t>(t) * network_.features, network_.features,
                values_.begin());
    pass(network_.features, profile_.input_bits, below_[t]);
  }
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    const Recurrent& layer = network_.layers[l];
    const bool both = layer.directions == 2;
    for (int d = 0; d < layer.directions; ++d)
      run_direction(layer, layers_[l][d], both ? d == 1 : layer.reverse, states_[d]);
    if (l + 1 < layers_.size()) {
      for (int t = 0; t < window_; ++t) {
        if (both)
          concatenate(states_[0][t], states_[1][t], layer.hidden, below_[t]);
        else
          std::swap(below_[t], states_[0][t]);
      }
    }
  }
  const Recurrent& top = network_.layers.back();
  const bool final_state = network_.readout == Readout::final_state;
  const int last = window_ - 1;
  if (top.directions == 2)
    concatenate(states_[0][last], states_[1][final_state ? 0 : last], top.hidden, head_in_);
  else
    std::swap(head_in_, states_[0][final_state && top.reverse ? 0 : last]);

  for (std::size_t k = 0; k < head_.size(); ++k) {
    const Dense& dense = network_.head[k];
    for (int j = 0; j < dense.output; ++j) values_[j] = dense.b[j];
    head_[k].multiply(head_in_, product_, values_);
    for (int j = 0; j < dense.output; ++j) values_[j] = activated(dense.activation, values_[j]);
    const bool is_output = k + 1 == head_.size();
    pass(dense.output, is_output ? profile_.output_bits : profile_.activation_bits, head_in_);
  }
  if (output == nullptr) return;
  for (int j = 0; j < network_.outputs(); ++j) output[j] = static_cast<float>(head_in_.value(j));
}

QuantisedNetwork::QuantisedNetwork(const Network& network, const QuantisationProfile& profile,
                                   int window, std::span<const float> calibration)
    : graph_(std::make_unique<Graph>(network, profile, window)) {
  const std::size_t size = static_cast<std::size_t>(window) * network.features;
  if (calibration.size() % size != 0)
    throw Error(fmt::format("{} calibration values are not a whole number of windows of {} x {}",
                            calibration.size(), window, network.features),
                "calibrate with windows of the shape that the model takes");
  const std::size_t windows = calibration.size() / size;
  const auto wanted = static_cast<std::size_t>(profile.calibration_windows);
  if (windows == 0) {
    Random random(1);
    std::vector<float> values(size);
    for (std::size_t k = 0; k < wanted; ++k) {
      for (float& value : values) value = static_cast<float>(2 * random.uniform() - 1);
      graph_->see(values.data());
    }
  }
  const std::size_t seen = std::min(wanted, windows);
  for (std::size_t k = 0; k < seen; ++k)
    graph_->see(calibration.data() + k * windows / seen * size);
  graph_->fix();
}

QuantisedNetwork::~QuantisedNetwork() = default;

void QuantisedNetwork::answer(std::span<const float> input, std::span<float> output) {
  graph_->run(input.data(), output.data());
}

}  // namespace steelyard::simulated

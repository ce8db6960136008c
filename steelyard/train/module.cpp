// SPDX-License-Identifier: Apache-2.0
// lib/steelyard/train.so: fitting by LibTorch, the only file that includes it. One thread,
// deterministic kernels, and random numbers from base/random.h, so that a seed gives the same
// network bit for bit.
#include "steelyard/base/module.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <memory>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "steelyard/base/error.h"
#include "steelyard/base/random.h"
#include "steelyard/train/train.h"

namespace steelyard {
namespace {

using Progress = std::function<void(const TrainProgress&)>;

// Targets are fitted as (target - mean) / scale; the head takes that back before it is returned. So
// the loss is about 1 for the best constant, whatever the targets' unit.
struct Standard {
  double mean = 0, scale = 1;
};

Standard standard_of(const std::vector<float>& targets) {
  const auto n = static_cast<double>(targets.size());
  Standard standard;
  standard.mean = std::accumulate(targets.begin(), targets.end(), 0.0) / n;
  double squares = 0;
  for (const float target : targets) squares += (target - standard.mean) * (target - standard.mean);
  // Equal targets leave nothing to learn but the mean.
  if (squares > 0) standard.scale = std::sqrt(squares / n);
  return standard;
}

struct Part {
  torch::Tensor inputs, targets;
};

Part part_of(const Windows& windows, const Standard& standard) {
  const auto count = static_cast<std::int64_t>(windows.count);
  Part part;
  part.inputs = torch::empty({count, windows.window, windows.features});
  std::memcpy(part.inputs.data_ptr<float>(), windows.inputs.data(),
              windows.inputs.size() * sizeof(float));
  part.targets = torch::empty({count, 1});
  auto* out = part.targets.data_ptr<float>();
  for (const float target : windows.targets)
    *out++ = static_cast<float>((target - standard.mean) / standard.scale);
  return part;
}

torch::nn::AnyModule recurrent_module(const TrainOptions& options, int features) {
  const auto with = [&](auto settings) {
    return settings.num_layers(options.layers)
        .batch_first(true)
        .bidirectional(options.bidirectional);
  };
  switch (options.cell) {
    case Cell::gru:
      return torch::nn::AnyModule(
          torch::nn::GRU(with(torch::nn::GRUOptions(features, options.hidden))));
    case Cell::lstm:
      return torch::nn::AnyModule(
          torch::nn::LSTM(with(torch::nn::LSTMOptions(features, options.hidden))));
    case Cell::rnn:
      break;
  }
  return torch::nn::AnyModule(
      torch::nn::RNN(with(torch::nn::RNNOptions(features, options.hidden))));
}

// Recurrent layers and a linear head that reads the last step.
class Fit {
 public:
  Fit(const TrainOptions& options, int features)
      : options_(options),
        rnn_(recurrent_module(options, features)),
        head_(options.hidden * (options.bidirectional ? 2 : 1), 1) {
    // PyTorch's own initial range, from our generator; the head begins small, near the best
    // constant.
    Random random(options.seed);
    const double range = 1 / std::sqrt(static_cast<double>(options.hidden));
    const torch::NoGradGuard guard;
    for (auto& parameter : rnn_.ptr()->parameters()) fill(parameter, range, random);
    fill(head_->weight, 0.1 * range, random);
    head_->bias.zero_();
  }

  std::vector<torch::Tensor> parameters() const {
    auto all = rnn_.ptr()->parameters();
    all.push_back(head_->weight);
    all.push_back(head_->bias);
    return all;
  }

  torch::Tensor forward(const torch::Tensor& inputs) {
    return head_->forward(steps(inputs).select(1, -1));
  }

  double loss_over(const Part& part) {
    const torch::NoGradGuard guard;
    return torch::mse_loss(forward(part.inputs), part.targets).item<double>();
  }

  Network network(const Windows& windows, const Standard& standard) const;

 private:
  static void fill(torch::Tensor& tensor, double range, Random& random) {
    auto* out = tensor.data_ptr<float>();
    for (std::int64_t i = 0; i < tensor.numel(); ++i)
      out[i] = static_cast<float>((random.uniform() * 2 - 1) * range);
  }

  torch::Tensor steps(const torch::Tensor& inputs) {
    switch (options_.cell) {
      case Cell::gru:
        return std::get<0>(rnn_.get<torch::nn::GRU>()->forward(inputs));
      case Cell::lstm:
        return std::get<0>(rnn_.get<torch::nn::LSTM>()->forward(inputs));
      case Cell::rnn:
        break;
    }
    return std::get<0>(rnn_.get<torch::nn::RNN>()->forward(inputs));
  }

  const TrainOptions& options_;
  torch::nn::AnyModule rnn_;
  torch::nn::Linear head_;
};

// PyTorch stacks GRU gates as r z n and LSTM gates as i f g o; ONNX as z r h and i o f c.
std::vector<int> gate_order(Cell cell) {
  if (cell == Cell::gru) return {1, 0, 2};
  if (cell == Cell::lstm) return {0, 3, 1, 2};
  return {0};
}

void append_gates(std::vector<float>& to, const torch::Tensor& from, const TrainOptions& options) {
  const torch::Tensor plain = from.contiguous();
  const auto* data = plain.data_ptr<float>();
  const std::int64_t block = plain.numel() / gates_of(options.cell);
  for (const int gate : gate_order(options.cell))
    to.insert(to.end(), data + gate * block, data + (gate + 1) * block);
}

Network Fit::network(const Windows& windows, const Standard& standard) const {
  const torch::NoGradGuard guard;
  const auto named = rnn_.ptr()->named_parameters();
  Network network;
  network.window = windows.window;
  network.features = windows.features;
  int input = windows.features;
  for (int i = 0; i < options_.layers; ++i) {
    Recurrent layer;
    layer.cell = options_.cell;
    layer.input = input;
    layer.hidden = options_.hidden;
    layer.directions = options_.bidirectional ? 2 : 1;
    for (int d = 0; d < layer.directions; ++d) {
      const std::string suffix = "_l" + std::to_string(i) + (d == 1 ? "_reverse" : "");
      append_gates(layer.w, named["weight_ih" + suffix], options_);
      append_gates(layer.r, named["weight_hh" + suffix], options_);
      append_gates(layer.b, named["bias_ih" + suffix], options_);
      append_gates(layer.b, named["bias_hh" + suffix], options_);
    }
    input = layer.output();
    network.layers.push_back(std::move(layer));
  }
  Dense dense;
  dense.input = input;
  dense.output = 1;
  const auto* weight = head_->weight.data_ptr<float>();
  for (int j = 0; j < input; ++j) dense.w.push_back(static_cast<float>(weight[j] * standard.scale));
  dense.b = {static_cast<float>(head_->bias.item<float>() * standard.scale + standard.mean)};
  network.head.push_back(std::move(dense));
  return network;
}

// One pass over the training windows in an order of its own; returns the mean loss.
double epoch(Fit& fit, torch::optim::Adam& adam, const Part& training, int batch, Random& random) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(training.inputs.size(0)));
  std::iota(order.begin(), order.end(), 0);
  random.shuffle(order);
  const auto index = torch::from_blob(order.data(), {training.inputs.size(0)}, torch::kInt64);
  double sum = 0;
  for (std::int64_t at = 0; at < index.numel(); at += batch) {
    const auto chosen = index.slice(0, at, at + batch);
    adam.zero_grad();
    auto loss = torch::mse_loss(fit.forward(training.inputs.index_select(0, chosen)),
                                training.targets.index_select(0, chosen));
    loss.backward();
    torch::nn::utils::clip_grad_norm_(fit.parameters(), 1.0);
    adam.step();
    sum += loss.item<double>() * static_cast<double>(chosen.numel());
  }
  return sum / static_cast<double>(index.numel());
}

// Short tables get smaller batches, so that an epoch is at least 32 steps.
int batch_for(const TrainOptions& options, std::uint64_t windows) {
  const auto few = std::max<std::uint64_t>(8, windows / 32);
  return static_cast<int>(std::min<std::uint64_t>(few, static_cast<std::uint64_t>(options.batch)));
}

std::vector<torch::Tensor> copied(const std::vector<torch::Tensor>& parameters) {
  std::vector<torch::Tensor> copies;
  for (const auto& parameter : parameters) copies.push_back(parameter.detach().clone());
  return copies;
}

void restore(const std::vector<torch::Tensor>& parameters, const std::vector<torch::Tensor>& from) {
  const torch::NoGradGuard guard;
  for (std::size_t i = 0; i < parameters.size(); ++i) parameters[i].detach().copy_(from[i]);
}

Network fit_network(const Windows& training_windows, const Windows& validation_windows,
                    const TrainOptions& options, const Progress& progress) {
  at::set_num_threads(1);
  at::globalContext().setDeterministicAlgorithms(true, false);
  torch::manual_seed(options.seed);
  const Standard standard = standard_of(training_windows.targets);
  const Part training = part_of(training_windows, standard);
  const Part validation = part_of(validation_windows, standard);
  Fit fit(options, training_windows.features);
  torch::optim::Adam adam(fit.parameters(), torch::optim::AdamOptions(options.learning_rate));
  // Another stream than the weights': the first shuffle must not repeat their numbers.
  Random random(options.seed ^ 0x5deece66du);

  const int batch = batch_for(options, training_windows.count);
  const double unit = standard.scale * standard.scale;
  double best = 0;
  int best_epoch = 0;
  std::vector<torch::Tensor> kept;
  for (int number = 1; number <= options.max_epochs; ++number) {
    const double loss = epoch(fit, adam, training, batch, random);
    const double seen = fit.loss_over(validation);
    if (!std::isfinite(loss) || !std::isfinite(seen))
      throw Error(
          "the training diverged: the loss of epoch " + std::to_string(number) + " is not finite",
          "lower the learning rate or choose another --normalise");
    if (kept.empty() || seen < best) {
      best = seen;
      best_epoch = number;
      kept = copied(fit.parameters());
    }
    if (progress) progress({number, options.max_epochs, loss * unit, seen * unit, best * unit});
    if (number - best_epoch >= options.patience) break;
  }
  restore(fit.parameters(), kept);
  return fit.network(training_windows, standard);
}

Network train_entry(const Windows& training, const Windows& validation, const TrainOptions& options,
                    const Progress& progress) {
  try {
    return fit_network(training, validation, options, progress);
  } catch (const c10::Error& error) {
    throw Error(std::string("LibTorch refused to train: ") + error.what_without_backtrace(),
                "reduce hidden, layers or batch; if that does not help, report this");
  }
}

const ModuleHeader kHeader{kModuleApi, kModuleAbi, "train",
                           reinterpret_cast<void (*)()>(static_cast<TrainFunction>(train_entry))};

}  // namespace
}  // namespace steelyard

extern "C" __attribute__((visibility("default"))) const steelyard::ModuleHeader*
steelyard_module() {
  return &steelyard::kHeader;
}

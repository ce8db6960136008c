// SPDX-License-Identifier: Apache-2.0
// LibTorch's own recurrent modules with one thread.
#include <torch/torch.h>

#include <cstring>
#include <tuple>

#include "perf/engine/peer.h"

namespace steelyard::perf {
namespace {

// PyTorch's gates in ONNX's order: GRU r z n, LSTM i f g o.
int onnx_gate(Cell cell, int gate) {
  static constexpr int kGru[] = {1, 0, 2}, kLstm[] = {0, 2, 3, 1};
  return cell == Cell::lstm ? kLstm[gate] : kGru[gate];
}

void copy_gates(const Recurrent& r, const float* from, int width, torch::Tensor to) {
  const std::size_t block = std::size_t(r.hidden) * width;
  for (int g = 0; g < gates_of(r.cell); ++g) {
    std::memcpy(to.data_ptr<float>() + g * block, from + onnx_gate(r.cell, g) * block,
                block * sizeof(float));
  }
}

class LibTorch final : public Running {
 public:
  explicit LibTorch(const Problem& p) : p_(p) {
    static const bool once = [] {
      at::set_num_threads(1);
      at::set_num_interop_threads(1);
      return true;
    }();
    (void)once;
    const c10::InferenceMode mode;
    const Network& n = p.network;
    const Recurrent& first = n.layers[0];
    const bool both = first.directions == 2;
    const auto layers = std::int64_t(n.layers.size());
    if (first.cell == Cell::lstm) {
      lstm_ = torch::nn::LSTM(
          torch::nn::LSTMOptions(n.features, first.hidden).num_layers(layers).bidirectional(both));
      lstm_->eval();
      fill(lstm_->named_parameters());
    } else {
      gru_ = torch::nn::GRU(
          torch::nn::GRUOptions(n.features, first.hidden).num_layers(layers).bidirectional(both));
      gru_->eval();
      fill(gru_->named_parameters());
    }
    head_ = torch::nn::Linear(n.head[0].input, 1);
    std::memcpy(head_->weight.data_ptr(), n.head[0].w.data(), n.head[0].w.size() * sizeof(float));
    std::memcpy(head_->bias.data_ptr(), n.head[0].b.data(), sizeof(float));
    x_ = torch::empty({p.window, p.batch, n.features});
    reset();
  }

  void run(const float* input, float* output) override {
    const c10::InferenceMode mode;
    std::memcpy(x_.data_ptr(), input, x_.nbytes());
    torch::Tensor h;
    if (p_.stream) {
      std::tie(std::ignore, state_) = lstm_->forward(x_, state_);
      h = std::get<0>(state_);
    } else if (!lstm_.is_empty()) {
      h = std::get<0>(std::get<1>(lstm_->forward(x_)));
    } else {
      h = std::get<1>(gru_->forward(x_));
    }
    const std::int64_t directions = p_.network.layers[0].directions, last = h.size(0);
    h = directions == 2 ? torch::cat({h[last - 2], h[last - 1]}, 1) : h[last - 1];
    const torch::Tensor y = head_->forward(h);
    std::memcpy(output, y.data_ptr(), p_.batch * sizeof(float));
  }

  void reset() override {
    if (!p_.stream) return;
    const c10::InferenceMode mode;
    const auto zeros = [&] {
      return torch::zeros(
          {std::int64_t(p_.network.layers.size()), p_.batch, p_.network.layers[0].hidden});
    };
    state_ = {zeros(), zeros()};
  }

 private:
  void fill(const torch::OrderedDict<std::string, torch::Tensor>& to) {
    for (std::size_t l = 0; l < p_.network.layers.size(); ++l) {
      const Recurrent& r = p_.network.layers[l];
      const std::size_t rows = std::size_t(gates_of(r.cell)) * r.hidden;
      for (int d = 0; d < r.directions; ++d) {
        const std::string name = "_l" + std::to_string(l) + (d ? "_reverse" : "");
        const float* b = r.b.data() + d * 2 * rows;
        copy_gates(r, r.w.data() + d * rows * r.input, r.input, to["weight_ih" + name]);
        copy_gates(r, r.r.data() + d * rows * r.hidden, r.hidden, to["weight_hh" + name]);
        copy_gates(r, b, 1, to["bias_ih" + name]);
        copy_gates(r, b + rows, 1, to["bias_hh" + name]);
      }
    }
  }

  const Problem& p_;
  torch::nn::LSTM lstm_{nullptr};
  torch::nn::GRU gru_{nullptr};
  torch::nn::Linear head_{nullptr};
  torch::Tensor x_;
  std::tuple<torch::Tensor, torch::Tensor> state_;
};

Running* open(const char*, const Problem& p) { return new LibTorch(p); }

}  // namespace
}  // namespace steelyard::perf

STEELYARD_PEER("libtorch", steelyard::perf::open)

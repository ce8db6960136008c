// SPDX-License-Identifier: Apache-2.0
// RTNeural: layers with sizes known when compiled, hence only the table's networks, batch 1. The
// instruction set is the compiling machine's own (-march=native), which is RTNeural's best case.
#include <RTNeural/RTNeural.h>

#include <cstring>
#include <type_traits>
#include <vector>

#include "perf/engine/peer.h"

namespace steelyard::perf {
namespace {

using Rows = std::vector<std::vector<float>>;

template <Cell cell, int I, int H>
using Layer = std::conditional_t<cell == Cell::lstm, RTNeural::LSTMLayerT<float, I, H>,
                                 RTNeural::GRULayerT<float, I, H>>;

// RTNeural's gates: GRU z r h (as ONNX), LSTM i f c o (ONNX: i o f c).
int onnx_gate(Cell cell, int gate) {
  static constexpr int kLstm[] = {0, 2, 3, 1};
  return cell == Cell::lstm ? kLstm[gate] : gate;
}

template <class L>
void fill(L& layer, const Recurrent& r, int direction) {
  const int G = gates_of(r.cell), H = r.hidden, I = r.input;
  Rows w(I, std::vector<float>(G * H)), u(H, std::vector<float>(G * H)),
      b(2, std::vector<float>(G * H));
  for (int g = 0; g < G; ++g) {
    for (int o = 0; o < H; ++o) {
      const std::size_t row = (std::size_t(direction) * G + onnx_gate(r.cell, g)) * H + o;
      for (int k = 0; k < I; ++k) w[k][g * H + o] = r.w[row * I + k];
      for (int k = 0; k < H; ++k) u[k][g * H + o] = r.r[row * H + k];
      const float* bias = r.b.data() + std::size_t(direction) * 2 * G * H;
      b[0][g * H + o] = bias[onnx_gate(r.cell, g) * H + o];
      b[1][g * H + o] = bias[(G + onnx_gate(r.cell, g)) * H + o];
    }
  }
  layer.setWVals(w);
  layer.setUVals(u);
  if constexpr (std::is_invocable_v<decltype(&L::setBVals), L&, const Rows&>) {
    layer.setBVals(b);
  } else {
    for (int i = 0; i < G * H; ++i) b[0][i] += b[1][i];
    layer.setBVals(b[0]);
  }
}

template <Cell cell, int T, int I, int H, int D>
class alignas(64) Windows final : public Running {
  using Model = RTNeural::ModelT<float, I, H, Layer<cell, I, H>>;

 public:
  explicit Windows(const Problem& p) : network_(p.network) {
    for (int d = 0; d < D; ++d) {
      models_[d] = std::make_unique<Model>();
      fill(models_[d]->template get<0>(), network_.layers[0], d);
    }
  }
  void run(const float* input, float* output) override {
    const Dense& head = network_.head[0];
    float y = head.b[0];
    for (int d = 0; d < D; ++d) {
      models_[d]->reset();
      for (int t = 0; t < T; ++t) {
        // It reads whole vectors of input.
        alignas(64) float x[I + 16] = {};
        std::memcpy(x, input + (d ? T - 1 - t : t) * I, I * sizeof(float));
        models_[d]->forward(x);
      }
      const float* h = models_[d]->getOutputs();
      for (int k = 0; k < H; ++k) y += h[k] * head.w[d * H + k];
    }
    *output = y;
  }

 private:
  const Network& network_;
  std::unique_ptr<Model> models_[D];
};

class alignas(64) Stream final : public Running {
  using Model = RTNeural::ModelT<float, 128, 96, RTNeural::LSTMLayerT<float, 128, 96>,
                                 RTNeural::LSTMLayerT<float, 96, 96>>;

 public:
  explicit Stream(const Problem& p) : network_(p.network), model_(std::make_unique<Model>()) {
    fill(model_->get<0>(), network_.layers[0], 0);
    fill(model_->get<1>(), network_.layers[1], 0);
    model_->reset();
  }
  void run(const float* input, float* output) override {
    alignas(64) float x[128];
    std::memcpy(x, input, sizeof x);
    model_->forward(x);
    const float* h = model_->getOutputs();
    float y = network_.head[0].b[0];
    for (int k = 0; k < 96; ++k) y += h[k] * network_.head[0].w[k];
    *output = y;
  }
  void reset() override { model_->reset(); }

 private:
  const Network& network_;
  std::unique_ptr<Model> model_;
};

Running* open(const char*, const Problem& p) {
  constexpr Cell gru = Cell::gru, lstm = Cell::lstm;
  if (p.batch > 1) return nullptr;
  if (p.name == "GRU T8 H5") return new Windows<gru, 8, 5, 5, 1>(p);
  if (p.name == "LSTM T8 H5") return new Windows<lstm, 8, 5, 5, 1>(p);
  if (p.name == "BiLSTM T8 H5") return new Windows<lstm, 8, 5, 5, 2>(p);
  if (p.name == "GRU T32 H32") return new Windows<gru, 32, 5, 32, 1>(p);
  if (p.name == "GRU T60 H64") return new Windows<gru, 60, 5, 64, 1>(p);
  if (p.name == "LSTM T60 H64") return new Windows<lstm, 60, 5, 64, 1>(p);
  if (p.name == "LSTM T60 H128") return new Windows<lstm, 60, 5, 128, 1>(p);
  if (p.name == "LSTM T60 H256") return new Windows<lstm, 60, 5, 256, 1>(p);
  if (p.name == "stream 128-96-96") return new Stream(p);
  return nullptr;
}

}  // namespace
}  // namespace steelyard::perf

#if RTNEURAL_USE_XSIMD
STEELYARD_PEER("rtneural-xsimd", steelyard::perf::open)
#else
STEELYARD_PEER("rtneural-eigen", steelyard::perf::open)
#endif

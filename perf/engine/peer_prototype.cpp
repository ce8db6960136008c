// SPDX-License-Identifier: Apache-2.0
// The prototype by which the bars were set: kernels for exactly these shapes at compile time, with
// AVX-512 only. It is no peer and not part of this repository; -DPROTOTYPE names its source.
#define PEER_OURS
#include PROTOTYPE

#include <map>

#include "perf/engine/peer.h"

namespace steelyard::perf {
namespace {

// Its gates are in PyTorch's order.
std::vector<float> torch_order(const float* from, int gates, int rows, int width) {
  static constexpr int kLstm[] = {0, 2, 3, 1}, kGru[] = {1, 0, 2};
  std::vector<float> to;
  for (int g = 0; g < gates; ++g) {
    const float* gate = from + std::size_t(gates == 4 ? kLstm[g] : kGru[g]) * rows * width;
    to.insert(to.end(), gate, gate + std::size_t(rows) * width);
  }
  return to;
}

class Prototype final : public Running {
 public:
  Prototype(const char* name, const char* model, const Problem& p) {
    m_ = {};
    m_.name = model;
    m_.kind = p.network.layers[0].cell == Cell::lstm;
    m_.T = p.window;
    m_.I = p.network.features;
    m_.H = p.network.layers[0].hidden;
    m_.L = int(p.network.layers.size());
    m_.D = p.network.layers[0].directions;
    m_.st = p.stream;
    for (const Recurrent& r : p.network.layers) {
      const int g = gates_of(r.cell), rows = g * r.hidden;
      for (int d = 0; d < r.directions; ++d) {
        const auto keep = [&](const float* from, int width) {
          return kept_.emplace_back(torch_order(from, g, r.hidden, width)).data();
        };
        const float* b = r.b.data() + std::size_t(d) * 2 * rows;
        m_.w.push_back({keep(r.w.data() + std::size_t(d) * rows * r.input, r.input),
                        keep(r.r.data() + std::size_t(d) * rows * r.hidden, r.hidden), keep(b, 1),
                        keep(b + rows, 1), r.input});
      }
    }
    m_.hw = p.network.head[0].w.data();
    m_.hb = p.network.head[0].b.data();
    bytes_ = std::size_t(p.window) * p.batch * p.network.features * sizeof(float);
    batch_ = std::size_t(p.batch) * sizeof(float);
    session_.reset(peer_make(name, &m_, p.batch));
  }
  bool ready() const { return session_ != nullptr; }
  void run(const float* input, float* output) override {
    std::memcpy(session_->in, input, bytes_);
    session_->run();
    std::memcpy(output, session_->out, batch_);
  }
  void reset() override { session_->reset(); }

 private:
  Model m_;
  std::vector<std::vector<float>> kept_;
  std::size_t bytes_, batch_;
  std::unique_ptr<Sess> session_;
};

Running* open(const char* name, const Problem& p) {
  static const std::map<std::string, const char*> kModels = {
      {"GRU T8 H5", "gru_t8_h5"},          {"LSTM T8 H5", "lstm_t8_h5"},
      {"BiLSTM T8 H5", "bilstm_t8_h5"},    {"GRU T32 H32", "gru_t32_h32"},
      {"GRU T60 H64", "gru_t60_h64"},      {"LSTM T60 H64", "lstm_t60_h64"},
      {"LSTM T60 H128", "lstm_t60_h128"},  {"LSTM T60 H256", "lstm_t60_h256"},
      {"stream 128-96-96", "small_stream"}};
  static const std::map<std::string, const char*> kNames = {
      {"prototype", "ours_f32"}, {"prototype-bf16", "ours_w16"}, {"prototype-int8", "ours_int8"}};
  const auto model = kModels.find(p.name);
  if (model == kModels.end()) return nullptr;
  auto made = std::make_unique<Prototype>(kNames.at(name), model->second, p);
  return made->ready() ? made.release() : nullptr;
}

}  // namespace
}  // namespace steelyard::perf

STEELYARD_PEER("prototype,prototype-bf16,prototype-int8", steelyard::perf::open)

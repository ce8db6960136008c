// SPDX-License-Identifier: Apache-2.0
// Networks of any shape: a kernel for each layer and direction pair, one CUDA graph a query. A
// session belongs to one thread.
#include <algorithm>
#include <cstring>

#include "steelyard/base/error.h"
#include "steelyard/engine/cuda/launched.h"
#include "steelyard/engine/cuda/staging.h"

namespace steelyard::cuda {
namespace {

// Sequences between layers are kept for so many bytes of windows at once.
constexpr std::size_t kMostScratch = std::size_t(256) << 20;

class LayersSession final : public CudaSession {
 public:
  LayersSession(const Network& network, std::shared_ptr<const LayerWeights> weights, int batch,
                int window, bool steps, const CudaOptions& options, const CudaDevice& device)
      : network_(network),
        weights_(std::move(weights)),
        device_(device.index),
        shared_limit_(device.shared_bytes),
        batch_(batch),
        window_(window),
        values_(std::size_t(window) * network.features),
        deadline_(std::chrono::duration_cast<std::chrono::nanoseconds>(
            std::chrono::duration<double>(options.deadline_seconds))),
        stream_(device.index) {
    // Time-major input interleaves the windows, and a state belongs to its window: no pieces.
    piece_ = network.batch_first && !steps ? std::min(batch, windows_at_once()) : batch;
    take_memory();
    if (steps)
      for (const Recurrent& layer : network.layers)
        states_.push_back(zeroed(device_, std::size_t(batch) * 2 * layer.hidden * sizeof(float)));
    graph_ = Graph(stream_.handle(), [&] { record(); });
  }

  ~LayersSession() {
    try {
      stream_.synchronize();
    } catch (const Error&) {
    }
  }

  const std::string& kernel() const override { return words_; }

  void reset() override {
    for (const Memory& state : states_) clear(state, stream_);
  }

  void infer(std::span<const float> input, std::span<float> output) override {
    const std::size_t outputs = network_.outputs();
    if (input.size() != batch_ * values_ || output.size() != batch_ * outputs)
      throw Error("the session got " + std::to_string(input.size()) + " input and " +
                      std::to_string(output.size()) + " output values, but it needs " +
                      std::to_string(batch_ * values_) + " and " +
                      std::to_string(batch_ * outputs) + ".",
                  "Open a session for the batch and window that you pass.");
    for (int begin = 0; begin < batch_; begin += piece_) {
      const std::size_t count = std::min(piece_, batch_ - begin);
      std::memcpy(in_.as<float>(), input.data() + begin * values_, count * values_ * sizeof(float));
      graph_.launch(stream_.handle());
      await(stream_, deadline_);
      std::memcpy(output.data() + begin * outputs, out_.as<float>(),
                  count * outputs * sizeof(float));
    }
  }

 private:
  // Floats that one window needs between layers.
  std::size_t widest() const {
    std::size_t widest = 1;
    for (std::size_t i = 0; i < network_.layers.size(); ++i) {
      const bool last = i + 1 == network_.layers.size();
      widest = std::max(widest, std::size_t(network_.layers[i].output()) * (last ? 1 : window_));
    }
    for (const Dense& dense : network_.head) widest = std::max(widest, std::size_t(dense.output));
    return widest;
  }
  int windows_at_once() const {
    return int(std::clamp<std::size_t>(kMostScratch / (widest() * sizeof(float)), 1, 1 << 20));
  }

  void take_memory() {
    in_ = Memory(Memory::Place::pinned, device_, piece_ * values_ * sizeof(float));
    out_ = Memory(Memory::Place::pinned, device_,
                  std::size_t(piece_) * network_.outputs() * sizeof(float));
    std::memset(in_.as<void>(), 0, piece_ * values_ * sizeof(float));
    for (Memory& memory : scratch_)
      memory = Memory(Memory::Place::device, device_, piece_ * widest() * sizeof(float));
  }

  void record() {
    const float* x = in_.as<float>();
    int turn = 0;
    const auto next = [&](bool last) {
      if (last) return out_.as<float>();
      turn = 1 - turn;
      return scratch_[turn].as<float>();
    };
    for (std::size_t i = 0; i < network_.layers.size(); ++i) {
      const bool top = i + 1 == network_.layers.size();
      float* y = next(top && network_.head.empty());
      record_layer(i, x, y);
      x = y;
    }
    for (std::size_t i = 0; i < network_.head.size(); ++i) {
      float* y = next(i + 1 == network_.head.size());
      record_dense(i, x, y);
      x = y;
    }
  }

  void record_layer(std::size_t index, const float* x, float* y) {
    const Recurrent& layer = network_.layers[index];
    const auto& weights = weights_->layers[index];
    const bool top = index + 1 == network_.layers.size();
    LayerArgs args{};
    args.w = weights.w.as<float>();
    args.r = weights.r.as<float>();
    args.b = weights.b.as<float>();
    args.x = x;
    args.y = y;
    args.batch = piece_;
    const bool time_major = index == 0 && !network_.batch_first;
    args.batch_stride = time_major ? layer.input : std::int64_t(window_) * layer.input;
    args.step_stride = time_major ? std::int64_t(batch_) * layer.input : layer.input;
    args.input = layer.input;
    args.hidden = layer.hidden;
    args.directions = layer.directions;
    args.window = window_;
    args.relu = layer.activation == Activation::relu;
    args.linear_before_reset = layer.linear_before_reset;
    args.whole_sequence = !top;
    if (!states_.empty()) args.state = states_[index].as<float>();
    for (int d = 0; d < layer.directions; ++d)
      args.walk[d] = walk_of(layer, top ? network_.readout : Readout::final_state, d, window_);
    const int gates = gates_of(layer.cell);
    int windows = piece_ > 1 ? kLayerWindows : 1;
    std::size_t shared = layer_floats(windows, layer.input, layer.hidden) * sizeof(float);
    if (shared > shared_limit_) {
      windows = 1;
      shared = layer_floats(1, layer.input, layer.hidden) * sizeof(float);
    }
    if (shared > shared_limit_)
      throw Error("recurrent layer " + std::to_string(index + 1) + " with " +
                      std::to_string(layer.hidden) + " units needs " + std::to_string(shared) +
                      " bytes of shared memory, and the GPU has " + std::to_string(shared_limit_) +
                      ".",
                  "Use another runtime for this model.");
    const void* kernel = layer_kernel(gates, windows);
    allow_shared(kernel, shared);
    const int threads = std::clamp((layer.hidden + 31) / 32 * 32, 64, kLayerThreads);
    launch({kernel, unsigned((piece_ + windows - 1) / windows), unsigned(layer.directions),
            unsigned(threads), 1, shared},
           &args, stream_.handle());
  }

  void record_dense(std::size_t index, const float* x, float* y) {
    const Dense& layer = network_.head[index];
    const auto& weights = weights_->head[index];
    DenseArgs args{};
    args.w = weights.w.as<float>();
    args.b = weights.b.as<float>();
    args.x = x;
    args.y = y;
    args.batch = piece_;
    args.x_stride = layer.input;
    args.input = layer.input;
    args.output = layer.output;
    args.activation = static_cast<int>(layer.activation);
    const std::int64_t results = std::int64_t(piece_) * layer.output;
    launch({dense_kernel(), unsigned((results + 7) / 8), 1, 256, 1, 0}, &args, stream_.handle());
  }

  const Network network_;
  const std::shared_ptr<const LayerWeights> weights_;
  const int device_;
  const std::size_t shared_limit_;
  const int batch_, window_;
  const std::size_t values_;
  const std::chrono::nanoseconds deadline_;
  const std::string words_ = "a launch for each layer";
  Stream stream_;
  int piece_ = 1;
  Memory in_, out_, scratch_[2];
  std::vector<Memory> states_;  // of sessions of steps
  Graph graph_;
};

}  // namespace

std::shared_ptr<const LayerWeights> upload_layers(const Network& network, int device) {
  auto weights = std::make_shared<LayerWeights>();
  for (const Recurrent& layer : network.layers) {
    const int rows = gates_of(layer.cell) * layer.hidden;
    weights->layers.push_back(
        {uploaded(device, transposed(layer.w, layer.directions, rows, layer.input)),
         uploaded(device, transposed(layer.r, layer.directions, rows, layer.hidden)),
         uploaded(device, layer.b)});
  }
  for (const Dense& dense : network.head)
    weights->head.push_back({uploaded(device, dense.w), uploaded(device, dense.b)});
  return weights;
}

std::unique_ptr<CudaSession> open_layers(const Network& network,
                                         std::shared_ptr<const LayerWeights> weights, int batch,
                                         int window, const CudaOptions& options,
                                         const CudaDevice& device) {
  return std::make_unique<LayersSession>(network, std::move(weights), batch, window, false, options,
                                         device);
}

std::unique_ptr<CudaSession> open_layer_steps(const Network& network,
                                              std::shared_ptr<const LayerWeights> weights,
                                              int batch, const CudaOptions& options,
                                              const CudaDevice& device) {
  return std::make_unique<LayersSession>(network, std::move(weights), batch, 1, true, options,
                                         device);
}

}  // namespace steelyard::cuda

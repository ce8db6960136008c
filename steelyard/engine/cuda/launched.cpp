// SPDX-License-Identifier: Apache-2.0
// One kernel a query. Small batches read and write the host's memory directly, larger ones are cut
// into pieces whose copies overlap with computing. A session belongs to one thread.
#include "steelyard/engine/cuda/launched.h"

#include <cuda_runtime.h>

#include <algorithm>
#include <cstring>

#include "steelyard/base/error.h"
#include "steelyard/engine/cuda/staging.h"
#include "steelyard/engine/cuda/tail.h"

namespace steelyard::cuda {
namespace {

// Where copying starts to win over reading the host's memory from the kernel, and the pieces it is
// cut into (measured on an H200, docs/gpu.md).
constexpr std::int64_t kMappedBytes = std::int64_t(12) << 20;
constexpr std::int64_t kPieceBytes = std::int64_t(8) << 20;
constexpr int kStreams = 2;

class LaunchedSession final : public CudaSession {
 public:
  LaunchedSession(const Network& network, const Plan& plan, std::shared_ptr<const Weights> weights,
                  int batch, int window, const CudaOptions& options, const CudaDevice& device)
      : network_(network),
        plan_(plan),
        weights_(std::move(weights)),
        device_(device.index),
        batch_(batch),
        window_(window),
        window_values_(std::int64_t(window) * network.features),
        results_(std::size_t(directions()) * batch * device_outputs(network)),
        outputs_(std::size_t(batch) * network.outputs()),
        words_(plan.words()),
        deadline_(std::chrono::duration_cast<std::chrono::nanoseconds>(
            std::chrono::duration<double>(options.deadline_seconds))),
        tail_(network, head_on_device(network), true),
        streams_{Stream(device.index), Stream(device.index)} {
    results_memory_ = pinned(results_);
    copies_ = batch * window_values_ * std::int64_t(sizeof(float)) > kMappedBytes &&
              network.batch_first && directions() == 1;
    if (copies_) prepare_copies();
    prepare_launch(device);
  }

  ~LaunchedSession() {
    for (const Stream& stream : streams_) try {
        stream.synchronize();
      } catch (const Error&) {
      }
  }

  const std::string& kernel() const override { return words_; }

  void infer(std::span<const float> input, std::span<float> output) override {
    if (input.size() != std::size_t(batch_ * window_values_) || output.size() != outputs_)
      throw Error("the session got " + std::to_string(input.size()) + " input and " +
                      std::to_string(output.size()) + " output values, but it needs " +
                      std::to_string(batch_ * window_values_) + " and " + std::to_string(outputs_) +
                      ".",
                  "Open a session for the batch and window that you pass.");
    if (copies_ && reach_of(input.data()) != Reach::near)
      infer_in_pieces(input.data(), output.data());
    else
      infer_mapped(input.data(), output.data());
  }

 private:
  int directions() const { return network_.layers.front().directions; }

  Memory pinned(std::size_t floats) const {
    return Memory(Memory::Place::pinned, device_, floats * sizeof(float));
  }

  void prepare_copies() {
    piece_ =
        std::max<std::int64_t>(kPieceBytes / (window_values_ * std::int64_t(sizeof(float))), 1);
    piece_ = std::min<std::int64_t>((piece_ + 1023) / 1024 * 1024, batch_);
    for (Memory& memory : device_in_)
      memory = Memory(Memory::Place::device, device_, piece_ * window_values_ * sizeof(float));
    for (Memory& memory : device_out_)
      memory = Memory(Memory::Place::device, device_,
                      piece_ * std::size_t(device_outputs(network_)) * sizeof(float));
  }

  void prepare_launch(const CudaDevice& device) {
    const bool matrix = plan_.way == Way::matrix;
    const int threads = matrix ? 32 * plan_.matrix.tiles : weights_->blocks.threads;
    const int columns = plan_.matrix.input_columns;
    const std::size_t shared =
        matrix ? std::size_t(std::min(window_, kMatrixChunk)) * (kMatrixWindows * columns + 8) * 2
               : 0;
    const void* kernel = matrix ? plan_.matrix.function : plan_.kernel.function;
    allow_shared(kernel, shared);
    const int windows = matrix ? kMatrixWindows : plan_.kernel.windows;
    most_blocks_ = device.processors * blocks_per_processor(kernel, threads, shared);
    launch_ = {kernel, 1, unsigned(directions()), unsigned(threads), 1, shared};
    tile_windows_ = windows;
  }

  void start(const float* x, float* y, std::int64_t batch, StreamHandle stream) {
    const std::int64_t tiles = (batch + tile_windows_ - 1) / tile_windows_;
    Launch launch = launch_;
    launch.blocks_x = unsigned(std::min<std::int64_t>(tiles, most_blocks_));
    const std::int64_t batch_stride = network_.batch_first ? window_values_ : network_.features;
    const std::int64_t step_stride =
        network_.batch_first ? network_.features : batch * network_.features;
    if (plan_.way == Way::matrix) {
      const MatrixArgs args = matrix_args(x, y, batch, batch_stride, step_stride);
      cuda::launch(launch, &args, stream);
    } else {
      const TileArgs args = tile_args(x, y, batch, batch_stride, step_stride);
      cuda::launch(launch, &args, stream);
    }
  }

  static std::uint32_t reciprocal(std::int64_t divisor) {
    return divisor < 2 ? 0 : std::uint32_t((0x1'0000'0000 + divisor - 1) / divisor);
  }

  template <class Args>
  Args shared_args(const float* x, float* y, std::int64_t batch, std::int64_t batch_stride,
                   std::int64_t step_stride) const {
    Args args{};
    args.head = head_on_device(network_) ? weights_->head.as<float>() : nullptr;
    args.head_bias = weights_->head_bias.as<float>();
    args.x = x;
    args.y = y;
    args.batch = batch;
    args.batch_stride = batch_stride;
    args.step_stride = step_stride;
    args.features = network_.features;
    args.window = window_;
    args.hidden = network_.layers.front().hidden;
    args.outputs = device_outputs(network_);
    args.relu = network_.layers.front().activation == Activation::relu;
    args.features_reciprocal = reciprocal(network_.features);
    return args;
  }

  MatrixArgs matrix_args(const float* x, float* y, std::int64_t batch, std::int64_t batch_stride,
                         std::int64_t step_stride) const {
    auto args = shared_args<MatrixArgs>(x, y, batch, batch_stride, step_stride);
    args.weights = weights_->packed.as<std::uint32_t>();
    args.biases = weights_->biases.as<float>();
    args.walk = walk_of(network_.layers.front(), network_.readout, 0, window_);
    const bool in_a_row = network_.batch_first && window_values_ % 4 == 0 &&
                          window_ <= kMatrixChunk && reinterpret_cast<std::uintptr_t>(x) % 16 == 0;
    args.quads = in_a_row ? int(window_values_ / 4) : 0;
    args.quads_reciprocal = reciprocal(args.quads);
    return args;
  }

  TileArgs tile_args(const float* x, float* y, std::int64_t batch, std::int64_t batch_stride,
                     std::int64_t step_stride) const {
    auto args = shared_args<TileArgs>(x, y, batch, batch_stride, step_stride);
    args.weights = weights_->packed.as<float>();
    for (int d = 0; d < directions(); ++d)
      args.walk[d] = walk_of(network_.layers.front(), network_.readout, d, window_);
    return args;
  }

  void infer_mapped(const float* input, float* output) {
    const std::size_t bytes = std::size_t(batch_ * window_values_) * sizeof(float);
    // Asking the driver takes longer than copying a little.
    const bool direct = bytes > kAskAbove && reach_of(input) != Reach::none;
    if (!direct) {
      if (staging_.bytes() < bytes) staging_ = Memory(Memory::Place::pinned, device_, bytes);
      std::memcpy(staging_.as<void>(), input, bytes);
    }
    const float* x = direct ? input : staging_.as<float>();
    float* y = results_memory_.as<float>();
    const StreamHandle stream = streams_[0].handle();
    Watched watched(y, results_);
    const bool watch = results_ <= Watched::kMost;
    if (watch) watched.clear();
    start_again(x, y, stream);
    if (watch)
      watched.await(streams_[0], deadline_);
    else
      await(streams_[0], deadline_);
    finish(output);
  }

  // A recorded launch costs the host 2.7 us less than a plain one (H200), but holds the addresses:
  // it is recorded when a query comes from the same place as the one before.
  void start_again(const float* x, float* y, StreamHandle stream) {
    if (x != recorded_) {
      const bool settled = x == last_;
      last_ = x;
      if (!settled) return start(x, y, batch_, stream);
      graph_ = Graph(stream, [&] { start(x, y, batch_, stream); });
      recorded_ = x;
    }
    graph_.launch(stream);
  }

  void finish(float* output) {
    const float* results = results_memory_.as<float>();
    if (tail_.nothing_to_do())
      std::memcpy(output, results, results_ * sizeof(float));
    else
      tail_.finish(results, int(batch_), output);
  }

  void infer_in_pieces(const float* input, float* output) {
    const bool direct = reach_of(input) == Reach::far;
    const std::size_t piece_bytes = std::size_t(piece_ * window_values_) * sizeof(float);
    if (!direct && staging_.bytes() < kStreams * piece_bytes)
      staging_ = Memory(Memory::Place::pinned, device_, kStreams * piece_bytes);
    const int outputs = device_outputs(network_);
    int turn = 0;
    for (std::int64_t begin = 0; begin < batch_; begin += piece_, turn = (turn + 1) % kStreams) {
      const std::int64_t count = std::min(piece_, batch_ - begin);
      const std::size_t bytes = std::size_t(count * window_values_) * sizeof(float);
      const StreamHandle stream = streams_[turn].handle();
      const float* from = input + begin * window_values_;
      if (!direct) {
        await(streams_[turn], deadline_);  // its last piece has left the staging memory
        auto* staged = staging_.as<std::byte>() + turn * piece_bytes;
        std::memcpy(staged, from, bytes);
        from = reinterpret_cast<const float*>(staged);
      }
      check(
          cudaMemcpyAsync(device_in_[turn].as<void>(), from, bytes, cudaMemcpyHostToDevice, stream),
          "copying the input");
      start(device_in_[turn].as<float>(), device_out_[turn].as<float>(), count, stream);
      check(cudaMemcpyAsync(
                results_memory_.as<float>() + begin * outputs, device_out_[turn].as<void>(),
                std::size_t(count) * outputs * sizeof(float), cudaMemcpyDeviceToHost, stream),
            "copying the results");
    }
    for (const Stream& stream : streams_) await(stream, deadline_);
    finish(output);
  }

  static constexpr std::size_t kAskAbove = 16 * 1024;

  const Network network_;
  const Plan plan_;
  const std::shared_ptr<const Weights> weights_;
  const int device_;
  const std::int64_t batch_;
  const int window_;
  const std::int64_t window_values_;
  const std::size_t results_, outputs_;
  const std::string words_;
  const std::chrono::nanoseconds deadline_;
  Tail tail_;
  Stream streams_[kStreams];
  Memory results_memory_, staging_, device_in_[kStreams], device_out_[kStreams];
  bool copies_ = false;
  std::int64_t piece_ = 0;
  int most_blocks_ = 1, tile_windows_ = 1;
  Launch launch_{};
  Graph graph_;
  const float *recorded_ = nullptr, *last_ = nullptr;
};

}  // namespace

std::shared_ptr<const Weights> upload(const Network& network, const Plan& plan, int device) {
  const Recurrent& layer = network.layers.front();
  auto weights = std::make_shared<Weights>();
  int padded = plan.kernel.geometry.padded();
  if (plan.way == Way::matrix) {
    const Matrix matrix = pack_matrix(layer, plan.matrix.tiles, plan.matrix.input_columns);
    weights->packed = uploaded(device, matrix.fragments);
    weights->biases = uploaded(device, matrix.biases);
    padded = 16 * plan.matrix.tiles;
  } else if (plan.way == Way::stack) {
    weights->blocks = blocks_of(plan.kernel.geometry, layer.hidden, 1);
    const Stack stack =
        pack_stack(network, plan.kernel.geometry, weights->blocks, plan.kernel.approximate);
    weights->packed = uploaded(device, stack.recurrent);
    weights->projection = uploaded(device, stack.projection);
  } else {
    weights->blocks = plan.way == Way::warp
                          ? Blocks{32, 32, 1}
                          : blocks_of(plan.kernel.geometry, layer.hidden, plan.ranks);
    weights->packed = uploaded(
        device, pack_slices(layer, plan.kernel.geometry, weights->blocks, plan.kernel.approximate));
  }
  if (head_on_device(network)) {
    const Dense& first = network.head.front();
    weights->head = uploaded(device, pack_head(first, layer.directions, layer.hidden, padded));
    weights->head_bias = uploaded(device, first.b);
  }
  return weights;
}

std::unique_ptr<CudaSession> open_launched(const Network& network, const Plan& plan,
                                           std::shared_ptr<const Weights> weights, int batch,
                                           int window, const CudaOptions& options,
                                           const CudaDevice& device) {
  return std::make_unique<LaunchedSession>(network, plan, std::move(weights), batch, window,
                                           options, device);
}

}  // namespace steelyard::cuda

// SPDX-License-Identifier: Apache-2.0
// The front door: checks what comes in and hands it to the plans in cpu/. An engine may be shared
// by threads, a session belongs to one.
#include "steelyard/engine/engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <mutex>
#include <optional>
#include <system_error>

#include "steelyard/base/error.h"
#include "steelyard/engine/cpu/abreast.h"
#include "steelyard/engine/cpu/check.h"
#include "steelyard/engine/cpu/matrix_plan.h"
#include "steelyard/engine/cpu/narrow_plan.h"
#include "steelyard/engine/cpu/split.h"
#include "steelyard/engine/cpu/ticks.h"
#include "steelyard/engine/cpu/windows.h"

namespace steelyard {
namespace {

bool can_stream(const Network& network) {
  for (const Recurrent& layer : network.layers) {
    if (layer.directions == 2 || layer.reverse) return false;
  }
  return true;
}

void check_span(const char* what, std::size_t has, std::size_t needs) {
  if (has == needs) return;
  throw Error(
      fmt::format("the engine got {} {} values, but its session needs {}.", has, what, needs),
      "Open a session for the batch and window that you pass.");
}

[[noreturn]] void refuse_steps() {
  throw Error("a network with a reverse direction cannot be run step by step.",
              "Run whole windows, or train a unidirectional network.");
}

// A session that may be one piece of a split batch: spans are checked by the session as a whole.
class Piece : public EngineSession {
 public:
  virtual void infer_unchecked(const float* input, float* output) = 0;
  virtual void step_unchecked(const float* input, float* output) = 0;
};

class CpuSession final : public Piece {
 public:
  // `owner` keeps network and packed weights alive; `matrix`: null without a matrix unit.
  CpuSession(std::shared_ptr<const void> owner, const Network& network, const cpu::Kernels& kernels,
             cpu::PackCache& cache, const cpu::MatrixWeights* matrix, int batch, int window,
             int row)
      : owner_(std::move(owner)),
        tick_inputs_(std::size_t(batch) * network.features),
        inputs_(tick_inputs_ * window),
        outputs_(std::size_t(batch) * network.outputs()) {
    if (cpu::Abreast::suits(network, kernels, batch, window)) {
      abreast_.emplace(network, kernels, cache, batch, window, row);
    } else {
      windows_.emplace(network, kernels, cache, batch, window, row);
    }
    if (matrix) matrix_.emplace(network, *matrix, kernels, cache, batch, window, row);
    if (can_stream(network)) ticks_.emplace(network, kernels, cache, batch);
  }

  void infer(std::span<const float> input, std::span<float> output) override {
    check_span("input", input.size(), inputs_);
    check_span("output", output.size(), outputs_);
    infer_unchecked(input.data(), output.data());
  }
  void infer_unchecked(const float* input, float* output) override {
    if (matrix_ && matrix_->infer(input, output)) return;
    if (abreast_) {
      abreast_->infer(input, output);
    } else {
      windows_->infer(input, output);
    }
  }

  void step(std::span<const float> input, std::span<float> output) override {
    check_span("input", input.size(), tick_inputs_);
    check_span("output", output.size(), outputs_);
    step_unchecked(input.data(), output.data());
  }
  void step_unchecked(const float* input, float* output) override { ticks().step(input, output); }

  void prepare() override { ticks().prepare(); }

  void reset() override {
    if (ticks_) ticks_->reset();
  }

 private:
  cpu::Ticks& ticks() {
    if (!ticks_) refuse_steps();
    return *ticks_;
  }

  std::shared_ptr<const void> owner_;
  std::size_t tick_inputs_, inputs_, outputs_;
  std::optional<cpu::Abreast> abreast_;  // one of the two
  std::optional<cpu::Windows> windows_;
  std::optional<cpu::MatrixPlan> matrix_;  // of inputs that are numbers
  std::optional<cpu::Ticks> ticks_;
};

// The same with narrow weights.
class NarrowSession final : public Piece {
 public:
  NarrowSession(std::shared_ptr<const void> owner, const Network& network,
                const cpu::NarrowWeights& weights, const cpu::Kernels& kernels,
                cpu::PackCache& cache, const cpu::MatrixWeights* matrix, int batch, int window,
                int row)
      : owner_(std::move(owner)),
        tick_inputs_(std::size_t(batch) * network.features),
        inputs_(tick_inputs_ * window),
        outputs_(std::size_t(batch) * network.outputs()),
        windows_(network, weights, kernels, cache, batch, window, cpu::NarrowPlan::Keeps::nothing,
                 row) {
    if (matrix) matrix_.emplace(network, *matrix, kernels, cache, batch, window, row);
    if (can_stream(network)) {
      ticks_.emplace(network, weights, kernels, cache, batch, 1, cpu::NarrowPlan::Keeps::state);
    }
  }

  void infer(std::span<const float> input, std::span<float> output) override {
    check_span("input", input.size(), inputs_);
    check_span("output", output.size(), outputs_);
    infer_unchecked(input.data(), output.data());
  }
  void infer_unchecked(const float* input, float* output) override {
    if (matrix_ && matrix_->infer(input, output)) return;
    windows_.infer(input, output);
  }

  void step(std::span<const float> input, std::span<float> output) override {
    check_span("input", input.size(), tick_inputs_);
    check_span("output", output.size(), outputs_);
    step_unchecked(input.data(), output.data());
  }
  void step_unchecked(const float* input, float* output) override {
    if (!ticks_) refuse_steps();
    ticks_->infer(input, output);
  }

  void prepare() override {
    if (!ticks_) refuse_steps();
    ticks_->prepare();
  }

  void reset() override {
    if (ticks_) ticks_->reset();
  }

 private:
  std::shared_ptr<const void> owner_;
  std::size_t tick_inputs_, inputs_, outputs_;
  cpu::NarrowPlan windows_;
  std::optional<cpu::MatrixPlan> matrix_;  // of inputs that are numbers
  std::optional<cpu::NarrowPlan> ticks_;
};

// A batch in pieces, each with a thread.
class SplitSession final : public EngineSession {
 public:
  struct Share {
    std::unique_ptr<Piece> piece;
    std::size_t input, tick_input, output;  // where its part of the caller's spans begins
  };
  SplitSession(std::vector<Share> shares, std::size_t tick_inputs, int window, std::size_t outputs)
      : shares_(std::move(shares)),
        tick_inputs_(tick_inputs),
        inputs_(tick_inputs * window),
        outputs_(outputs),
        split_(int(shares_.size())) {}

  void infer(std::span<const float> input, std::span<float> output) override {
    check_span("input", input.size(), inputs_);
    check_span("output", output.size(), outputs_);
    input_ = input.data();
    output_ = output.data();
    split_.run(
        [](void* self, int i) {
          auto& s = *static_cast<SplitSession*>(self);
          Share& share = s.shares_[i];
          share.piece->infer_unchecked(s.input_ + share.input, s.output_ + share.output);
        },
        this);
  }

  void step(std::span<const float> input, std::span<float> output) override {
    check_span("input", input.size(), tick_inputs_);
    check_span("output", output.size(), outputs_);
    shares_[0].piece->prepare();  // refuses here what cannot be stepped, not in a thread
    input_ = input.data();
    output_ = output.data();
    split_.run(
        [](void* self, int i) {
          auto& s = *static_cast<SplitSession*>(self);
          Share& share = s.shares_[i];
          share.piece->step_unchecked(s.input_ + share.tick_input, s.output_ + share.output);
        },
        this);
  }

  void prepare() override {
    shares_[0].piece->prepare();
    split_.run(
        [](void* self, int i) { static_cast<SplitSession*>(self)->shares_[i].piece->prepare(); },
        this);
  }

  void reset() override {
    for (Share& share : shares_) share.piece->reset();
  }

 private:
  std::vector<Share> shares_;
  std::size_t tick_inputs_, inputs_, outputs_;
  const float* input_ = nullptr;
  float* output_ = nullptr;
  cpu::Split split_;
};

class CpuEngine final : public Engine, public std::enable_shared_from_this<CpuEngine> {
 public:
  CpuEngine(const Network& network, const cpu::Kernels& kernels, const EngineOptions& options)
      : network_(network),
        kernels_(kernels),
        target_(kernels.name),
        precision_(options.precision),
        cache_(network_, kernels_) {
    if (options.precision == Precision::bf16) narrow_.emplace(network_, *kernels_.narrow, nullptr);
    if (options.precision == Precision::int8) {
      const auto ranges =
          cpu::measure_ranges(network_, kernels, options.calibration, options.calibration_window);
      narrow_.emplace(network_, *kernels_.narrow, &ranges);
    }
  }

  std::unique_ptr<EngineSession> open(int batch, int window, int threads) const override {
    check_sizes(batch, window);
    if (threads < 1) {
      throw Error(fmt::format("{} threads cannot run a session.", threads), "Choose 1 or more.");
    }
    try {
      const int pieces = std::min(threads, batch);
      if (pieces == 1) return open_piece(batch, window, batch);
      std::vector<SplitSession::Share> shares;
      for (int i = 0, first = 0; i < pieces; ++i) {
        const int count = batch / pieces + (i < batch % pieces);
        const std::size_t tick = std::size_t(first) * network_.features;
        shares.push_back({open_piece(count, window, batch),
                          tick * (network_.batch_first ? window : 1), tick,
                          std::size_t(first) * network_.outputs()});
        first += count;
      }
      return std::make_unique<SplitSession>(std::move(shares),
                                            std::size_t(batch) * network_.features, window,
                                            std::size_t(batch) * network_.outputs());
    } catch (const std::bad_alloc&) {
      throw Error(
          fmt::format("not enough memory for a batch of {} windows of {} steps.", batch, window),
          "Choose a smaller batch or window.");
    } catch (const std::system_error& e) {
      throw Error(fmt::format("{} threads cannot be started: {}.", threads, e.what()),
                  "Choose fewer.");
    }
  }

  int features() const override { return network_.features; }
  int outputs() const override { return network_.outputs(); }
  const std::string& target() const override { return target_; }

 private:
  std::unique_ptr<Piece> open_piece(int batch, int window, int row) const {
    const cpu::MatrixWeights* matrix = matrix_weights(batch);
    if (narrow_) {
      return std::make_unique<NarrowSession>(shared_from_this(), network_, *narrow_, kernels_,
                                             cache_, matrix, batch, window, row);
    }
    return std::make_unique<CpuSession>(shared_from_this(), network_, kernels_, cache_, matrix,
                                        batch, window, row);
  }

  // Made for the first session that is faster with them, null for others.
  const cpu::MatrixWeights* matrix_weights(int batch) const {
    const auto products = narrow_ ? cpu::Products::two : cpu::Products::six;
    if (precision_ == Precision::int8 ||
        !cpu::MatrixPlan::suits(network_, kernels_, products, batch))
      return nullptr;
    const std::lock_guard lock(matrix_mutex_);
    if (!matrix_) matrix_.emplace(network_, products);
    return &*matrix_;
  }

  void check_sizes(int batch, int window) const {
    if (batch < 1 || window < 1) {
      throw Error(fmt::format("batch ({}) and window ({}) must be at least 1.", batch, window),
                  "Choose positive sizes.");
    }
    if (network_.window != 0 && network_.window != window) {
      throw Error(fmt::format("the network is made for windows of {} steps, not {}.",
                              network_.window, window),
                  fmt::format("Open it with a window of {}.", network_.window));
    }
    const double values = double(batch) * window * network_.features;
    if (values > double(std::numeric_limits<std::int64_t>::max() / 16)) {
      throw Error(fmt::format("a batch of {} windows of {} steps is more than memory can hold.",
                              batch, window),
                  "Choose a smaller batch or window.");
    }
  }

  const Network network_;
  const cpu::Kernels& kernels_;
  const std::string target_;
  const Precision precision_;
  mutable cpu::PackCache cache_;
  mutable std::mutex matrix_mutex_;
  mutable std::optional<cpu::MatrixWeights> matrix_;
  std::optional<cpu::NarrowWeights> narrow_;  // bf16 and int8
};

void check_precision(const Network& network, const EngineOptions& options) {
  if (options.precision == Precision::fp16 || options.precision == Precision::tf32) {
    throw Error(fmt::format("the engine has no {} arithmetic.", to_string(options.precision)),
                "Use fp32, bf16 or int8.");
  }
  if (options.precision != Precision::int8) return;
  const std::size_t each =
      std::size_t(std::max(options.calibration_window, 0)) * std::size_t(network.features);
  if (options.calibration.empty() || each == 0) {
    throw Error("int8 needs calibration windows, and there are none.",
                "Give the data that the model was trained on, or use bf16 or fp32.");
  }
  if (options.calibration.size() % each != 0) {
    throw Error(
        fmt::format("{} calibration values are no whole number of windows of {} x {}.",
                    options.calibration.size(), options.calibration_window, network.features),
        "Calibrate with windows of the shape that the model takes.");
  }
}

}  // namespace

std::shared_ptr<const Engine> Engine::compile(const Network& network,
                                              const EngineOptions& options) {
  cpu::check_network(network);
  check_precision(network, options);
  try {
    return std::make_shared<CpuEngine>(network, cpu::choose_kernels(options.target), options);
  } catch (const std::bad_alloc&) {
    throw Error("not enough memory for the network's weights.", "Use a machine with more memory.");
  }
}

std::vector<std::string> engine_targets() {
  std::vector<std::string> names;
  for (const cpu::Kernels* kernels : cpu::available_kernels()) names.emplace_back(kernels->name);
  return names;
}

}  // namespace steelyard

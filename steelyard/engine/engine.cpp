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
#include "steelyard/engine/cpu/session.h"
#include "steelyard/engine/cpu/ticks.h"
#include "steelyard/engine/cpu/windows.h"

namespace steelyard {
namespace {

bool can_stream(const Network& network) {
  if (network.ends_early()) return false;
  for (const Recurrent& layer : network.layers) {
    if (layer.directions == 2 || layer.reverse) return false;
  }
  return true;
}

[[noreturn]] void refuse_steps(const Network& network) {
  if (network.ends_early()) {
    throw Error("a network whose windows have lengths cannot be run step by step.",
                "Run whole windows.");
  }
  throw Error("a network with a reverse direction cannot be run step by step.",
              "Run whole windows, or train a unidirectional network.");
}

// What every session of one open() has.
struct Opening {
  int batch, window, row;
  std::shared_ptr<const cpu::SessionStates> states;
  bool carries() const { return states->carries() || states->has_own(); }
};

class CpuSession final : public cpu::PieceOf<CpuSession> {
 public:
  // `owner` keeps network and packed weights alive; `matrix`: null where the matrix
  // unit is not there or not the way to run the network.
  CpuSession(std::shared_ptr<const void> owner, const Network& network, const cpu::Kernels& kernels,
             cpu::PackCache& cache, const cpu::MatrixWeights* matrix, const Opening& o)
      : PieceOf({network, o.batch, o.window}, o.states),
        owner_(std::move(owner)),
        network_(network) {
    if (cpu::Abreast::suits(network, kernels, o.batch, o.window)) {
      abreast_.emplace(network, kernels, cache, o.batch, o.window, o.row, o.carries());
    } else {
      windows_.emplace(network, kernels, cache, o.batch, o.window, o.row, o.carries());
    }
    if (matrix) matrix_.emplace(network, *matrix, kernels, cache, o.batch, o.window, o.row);
    if (can_stream(network)) ticks_.emplace(network, kernels, cache, o.batch);
  }

  void infer_unchecked(const float* input, float* output, const cpu::Carried* carried) override {
    if (matrix_ && !carried && matrix_->infer(input, output)) return;
    if (abreast_) {
      abreast_->infer(input, output, carried);
    } else if (carried) {
      windows_->infer(input, output, *carried);
    } else {
      windows_->infer(input, output);
    }
  }
  void step_unchecked(const float* input, float* output, const cpu::Carried* carried) override {
    ticks().step(input, output, carried);
  }

  void prepare() override { ticks().prepare(); }

  void reset_unchecked(const cpu::Carried& carried) override {
    if (ticks_) ticks_->reset(carried);
  }

 private:
  cpu::Ticks& ticks() {
    if (!ticks_) refuse_steps(network_);
    return *ticks_;
  }

  std::shared_ptr<const void> owner_;
  const Network& network_;
  std::optional<cpu::Abreast> abreast_;  // one of the two
  std::optional<cpu::Windows> windows_;
  std::optional<cpu::MatrixPlan> matrix_;  // of inputs that are numbers
  std::optional<cpu::Ticks> ticks_;
};

// The same with narrow weights.
class NarrowSession final : public cpu::PieceOf<NarrowSession> {
 public:
  NarrowSession(std::shared_ptr<const void> owner, const Network& network,
                const cpu::NarrowWeights& weights, const cpu::Kernels& kernels,
                cpu::PackCache& cache, const cpu::MatrixWeights* matrix, const Opening& o)
      : PieceOf({network, o.batch, o.window}, o.states),
        owner_(std::move(owner)),
        network_(network),
        windows_(network, weights, kernels, cache, o.batch, o.window,
                 cpu::NarrowPlan::Keeps::nothing, o.row, o.carries()) {
    if (matrix) matrix_.emplace(network, *matrix, kernels, cache, o.batch, o.window, o.row);
    if (can_stream(network)) {
      ticks_.emplace(network, weights, kernels, cache, o.batch, 1, cpu::NarrowPlan::Keeps::state, 0,
                     o.carries());
    }
  }

  void infer_unchecked(const float* input, float* output, const cpu::Carried* carried) override {
    if (carried) return windows_.infer(input, output, *carried);
    if (matrix_ && matrix_->infer(input, output)) return;
    windows_.infer(input, output);
  }

  void step_unchecked(const float* input, float* output, const cpu::Carried* carried) override {
    if (carried) return ticks().infer(input, output, *carried);
    ticks().infer(input, output);
  }

  void prepare() override { ticks().prepare(); }

  void reset_unchecked(const cpu::Carried& carried) override {
    if (ticks_) ticks_->reset(carried);
  }

 private:
  cpu::NarrowPlan& ticks() {
    if (!ticks_) refuse_steps(network_);
    return *ticks_;
  }

  std::shared_ptr<const void> owner_;
  const Network& network_;
  cpu::NarrowPlan windows_;
  std::optional<cpu::MatrixPlan> matrix_;  // of inputs that are numbers
  std::optional<cpu::NarrowPlan> ticks_;
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

  std::unique_ptr<EngineSession> open(int batch, int window, int threads,
                                      bool states) const override {
    check_sizes(batch, window);
    if (threads < 1) {
      throw Error(fmt::format("{} threads cannot run a session.", threads), "Choose 1 or more.");
    }
    try {
      auto session = open_checked(batch, window, std::min(threads, batch), states);
      session->reset();
      return session;
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
  std::size_t state_size() const override { return steelyard::state_size(network_); }
  const std::string& target() const override { return target_; }

 private:
  std::unique_ptr<EngineSession> open_checked(int batch, int window, int pieces,
                                              bool states) const {
    Opening opening{batch, window, batch,
                    std::make_shared<cpu::SessionStates>(network_, batch, window, states)};
    if (pieces == 1) return open_piece(opening);
    const std::size_t outputs = network_.outputs(), answers = network_.answers(window);
    std::vector<cpu::SplitSession::Share> shares;
    for (int i = 0, first = 0; i < pieces; ++i) {
      opening.batch = batch / pieces + (i < batch % pieces);
      const std::size_t at = std::size_t(first), tick = at * network_.features;
      shares.push_back({open_piece(opening), first, tick * (network_.batch_first ? window : 1),
                        tick, at * outputs * (network_.answer_batch_first ? answers : 1),
                        at * outputs});
      first += opening.batch;
    }
    return std::make_unique<cpu::SplitSession>(
        std::move(shares), cpu::SessionSizes(network_, batch, window), std::move(opening.states));
  }

  std::unique_ptr<cpu::Piece> open_piece(const Opening& opening) const {
    const cpu::MatrixWeights* matrix = matrix_weights(opening.batch);
    if (narrow_) {
      return std::make_unique<NarrowSession>(shared_from_this(), network_, *narrow_, kernels_,
                                             cache_, matrix, opening);
    }
    return std::make_unique<CpuSession>(shared_from_this(), network_, kernels_, cache_, matrix,
                                        opening);
  }

  // Made for the first session that is faster with them, null for others.
  const cpu::MatrixWeights* matrix_weights(int batch) const {
    const auto products = narrow_ ? cpu::Products::two : cpu::Products::six;
    if (precision_ == Precision::int8 || network_.readout == Readout::every_step ||
        std::any_of(network_.layers.begin(), network_.layers.end(), cpu::Stepwise::needed) ||
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

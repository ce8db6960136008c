// SPDX-License-Identifier: Apache-2.0
// The host's side of a kernel that never ends. A session belongs to one thread; the keeper's thread
// touches it only through `state_`, which says who may.
#include "steelyard/engine/cuda/persistent.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>
#include <utility>

#include "steelyard/base/error.h"
#include "steelyard/engine/cuda/keeper.h"
#include "steelyard/engine/cuda/room.h"
#include "steelyard/engine/cuda/tail.h"

namespace steelyard::cuda {
namespace {

using SteadyClock = std::chrono::steady_clock;

int blocks_needed(const Network& network, const Plan& plan) {
  return int(network.layers.size()) * network.layers.front().directions * plan.ranks;
}

class PersistentSession final : public CudaSession, private Sleeper {
 public:
  PersistentSession(const Network& network, const Plan& plan,
                    std::shared_ptr<const Weights> weights, int window, const CudaOptions& options,
                    const CudaDevice& device)
      : device_(device.index),
        stacked_(plan.way == Way::stack),
        ticks_(plan.way == Way::tick),
        weights_(std::move(weights)),
        room_(device.index, blocks_needed(network, plan), device.processors),
        tail_(network, head_on_device(network), false),
        words_(plan.words()),
        rows_(ticks_ ? std::vector<float>(std::size_t(kTickRows) * network.features)
                     : std::vector<float>()),
        values_((ticks_ ? 1 : window) * network.features),
        outputs_(network.outputs()),
        first_(std::size_t(network.layers.front().directions) * device_outputs(network)),
        idle_(std::chrono::duration_cast<std::chrono::nanoseconds>(
            std::chrono::duration<double>(options.idle_seconds))),
        deadline_(std::chrono::duration_cast<std::chrono::nanoseconds>(
            std::chrono::duration<double>(options.deadline_seconds))),
        stream_(device.index) {
    const int words = words_for(window, network.features);
    args_.looks = words <= kMostLookedAt ? std::min(options.lookers, plan.kernel.lookers) : 0;
    args_.copy_words = stride_for(words);
    // A warp's units answer each by itself.
    if (plan.way == Way::warp && head_on_device(network) && device_outputs(network) == 1)
      parts_ = plan.kernel.geometry.padded();
    copies_ = {readers(network, plan) * std::max(args_.looks, 1), args_.copy_words};
    in_ = Memory(Memory::Place::pinned, device_,
                 std::size_t(copies_.count) * copies_.stride * sizeof(InputWord));
    out_ =
        Memory(Memory::Place::pinned, device_, (first_.size() * parts_ + 1) * sizeof(OutputWord));
    std::memset(in_.as<void>(), 0, in_.bytes());
    std::memset(out_.as<void>(), 0, out_.bytes());
    if (ticks_) {
      state_memory_ = zeroed(device_, 2 * plan.kernel.geometry.padded() * sizeof(float));
      args_.state = state_memory_.as<float>();
    }
    fill_args(network, window);
    if (stacked_) fill_stack(network, window);
    fill_launch(network, plan, window);
  }

  ~PersistentSession() {
    leave(*this);
    int state = state_.exchange(stopping);
    if (state == asleep) return;
    if (state == broken || !stop()) {  // it may still write into its memory
      in_.abandon();
      out_.abandon();
      state_memory_.abandon();
      stream_.abandon();
    }
  }

  // Whether there is room; starts the kernel and waits for an answer to an empty window.
  bool start(bool cluster) {
    if (!room_.granted() || (cluster && !cluster_fits(launch_))) return false;
    const std::vector<float> empty(values_);
    std::vector<float> output(outputs_);
    infer(empty, output);
    reset();
    keep(*this, idle_);
    return true;
  }

  const std::string& kernel() const override { return words_; }

  void infer(std::span<const float> input, std::span<float> output) override {
    if (input.size() != std::size_t(values_) || output.size() != std::size_t(outputs_))
      refuse(input.size(), output.size());
    int expected = ready;
    if (!state_.compare_exchange_strong(expected, busy, std::memory_order_acquire)) wake();
    send(in_.as<InputWord>(), ticks_ ? row_of(input) : input.data(), args_.window, args_.features,
         sequence_, copies_);
    for (std::size_t n = 0; n < first_.size(); ++n) first_[n] = result(n);
    answered_ = sequence_;
    sequence_ = next_sequence(sequence_);
    tail_.finish(first_.data(), 1, output.data());
    uses_.store(uses_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    state_.store(ready, std::memory_order_release);
  }

  // The kernel says in one more word that it has done what it can before the next step; asleep, it
  // has said so before.
  void prepare() override {
    float nothing;
    if (ticks_ && state_.load(std::memory_order_relaxed) != broken)
      await(first_.size(), answered_, nothing);
  }

  void reset() override { from_zero_ = true; }

 private:
  enum State { asleep, ready, busy, stopping, broken };

  // Blocks that wait for windows.
  static int readers(const Network& network, const Plan& plan) {
    return network.layers.front().directions * plan.ranks;
  }

  const float* row_of(std::span<const float> input) {
    std::copy(input.begin(), input.end(), rows_.begin());
    rows_[input.size()] = std::exchange(from_zero_, false) ? 1.f : 0.f;
    return rows_.data();
  }

  void fill_args(const Network& network, int window) {
    const Recurrent& layer = network.layers.back();
    args_.weights = weights_->packed.as<float>();
    args_.head = head_on_device(network) ? weights_->head.as<float>() : nullptr;
    args_.in = in_.as<InputWord>();
    args_.out = out_.as<OutputWord>();
    args_.words = words_for(window, network.features);
    args_.step_words = words_of_step(network.features);
    args_.features = network.features;
    args_.window = window;
    args_.step_words_reciprocal =
        std::uint32_t((0x1'0000'0000u + args_.step_words - 1) / args_.step_words);
    args_.hidden = layer.hidden;
    args_.outputs = device_outputs(network);
    args_.ranks = weights_->blocks.ranks;
    args_.relu = layer.activation == Activation::relu;
    for (int d = 0; d < layer.directions; ++d)
      args_.walk[d] = walk_of(layer, network.readout, d, window);
    if (ticks_) args_.walk[0] = {kTickRows, 0};
  }

  void fill_stack(const Network& network, int window) {
    const Recurrent& layer = network.layers.front();
    stack_.recurrent = weights_->packed.as<float>();
    stack_.projection = weights_->projection.as<float>();
    // Zeros, because memory is reused and an old word could carry a number of this session.
    chain_ = uploaded(device_, std::vector<OutputWord>(network.layers.size() * std::size_t(window) *
                                                       layer.output()));
    stack_.chain = chain_.as<OutputWord>();
    stack_.layers = int(network.layers.size());
    stack_.directions = layer.directions;
  }

  void fill_launch(const Network& network, const Plan& plan, int window) {
    const Geometry& geometry = plan.kernel.geometry;
    const std::size_t head =
        args_.head == nullptr ? 0 : std::size_t(args_.outputs) * geometry.padded();
    std::size_t floats = (std::size_t(window) + 1) * kRowFloats + head;
    unsigned threads = unsigned(weights_->blocks.threads);
    if (plan.way == Way::warp) floats = warp_floats(window);
    if (ticks_) floats = head;
    threads += 32 * unsigned(args_.looks);
    if (stacked_) {
      floats = stack_floats(network, geometry, window);
      threads *= 2;
    }
    launch_ = {plan.kernel.function,
               unsigned(blocks_needed(network, plan)),
               1,
               threads,
               unsigned(plan.ranks),
               floats * sizeof(float)};
    allow_shared(launch_.kernel, launch_.shared_bytes);
  }

  [[noreturn]] void refuse(std::size_t in, std::size_t out) const {
    throw Error("the session got " + std::to_string(in) + " input and " + std::to_string(out) +
                    " output values, but it needs " + std::to_string(values_) + " and " +
                    std::to_string(outputs_) + ".",
                "Open a session for the batch and window that you pass.");
  }

  // The kernel sleeps, or is being put to sleep: starts it again. Leaves the state busy.
  void wake() {
    int state = state_.load(std::memory_order_acquire);
    while (state == stopping) {
      std::this_thread::yield();
      state = state_.load(std::memory_order_acquire);
    }
    if (state == broken)
      throw Error("the session's kernel has failed before.", "Open another session.");
    state_.store(busy);
    try {
      check_device();
      args_.first = sequence_;
      stack_.mail = args_;
      launch(launch_, stacked_ ? static_cast<const void*>(&stack_) : &args_, stream_.handle());
    } catch (...) {
      state_.store(asleep);
      throw;
    }
  }

  void check_device() const { use_device(device_); }

  float result(std::size_t n) {
    float sum = 0;
    for (std::size_t part = 0; part < parts_; ++part) {
      float value;
      await(n * parts_ + part, sequence_, value);
      sum += value;
    }
    return sum;
  }

  void await(std::size_t word, std::uint32_t sequence, float& value) {
    const auto* out = out_.as<volatile OutputWord>();
    for (unsigned spins = 1; !arrived(out + word, sequence, value); ++spins)
      if (spins % (1u << 16) == 0) look_at_watch(spins);
  }

  void look_at_watch(unsigned spins) {
    const auto now = SteadyClock::now();
    if (spins == 1u << 16) waiting_since_ = now;
    const bool late = now - waiting_since_ > deadline_;
    try {
      if (stream_.idle())
        throw Error("the kernel ended without an answer.", "Check the GPU with nvidia-smi.");
      if (late)
        throw Error("the GPU gave no answer within " +
                        std::to_string(std::chrono::duration<double>(deadline_).count()) +
                        " s (native-cuda.deadline).",
                    "Raise native-cuda.deadline, or see what else the GPU does with nvidia-smi.");
    } catch (...) {
      state_.store(broken);
      stop_all();
      throw;
    }
  }

  void stop_all() { send_stop(in_.as<InputWord>(), copies_.count * copies_.stride); }

  // Whether the kernel has ended, so that its memory may be reused.
  bool stop() {
    stop_all();
    const auto begin = SteadyClock::now();
    try {
      while (!stream_.idle()) {
        if (SteadyClock::now() - begin > std::chrono::seconds(2)) return false;
        std::this_thread::yield();
      }
    } catch (const Error&) {
      return false;
    }
    std::memset(in_.as<void>(), 0, in_.bytes());
    return true;
  }

  void tick(SteadyClock::time_point now) override {
    const std::uint64_t uses = uses_.load(std::memory_order_relaxed);
    if (uses != seen_uses_) {
      seen_uses_ = uses;
      seen_at_ = now;
      return;
    }
    if (now - seen_at_ < idle_) return;
    int expected = ready;
    if (!state_.compare_exchange_strong(expected, stopping, std::memory_order_acquire)) return;
    state_.store(stop() ? asleep : broken, std::memory_order_release);
  }

  const int device_;
  const bool stacked_, ticks_;
  const std::shared_ptr<const Weights> weights_;
  const Room room_;
  Tail tail_;
  const std::string words_;
  std::vector<float> rows_;  // of ticks: what is sent
  const int values_, outputs_;
  std::vector<float> first_;  // the device's results
  std::size_t parts_ = 1;     // words of each, to be added
  bool from_zero_ = true;     // of ticks: the next step
  const std::chrono::nanoseconds idle_, deadline_;
  Stream stream_;
  Memory in_, out_, state_memory_;
  Copies copies_;
  PersistentArgs args_{};
  StackArgs stack_{};
  Memory chain_;
  Launch launch_{};
  std::uint32_t sequence_ = kNever + 1, answered_ = kNever;
  SteadyClock::time_point waiting_since_;
  std::atomic<std::uint64_t> uses_{0};
  std::atomic<int> state_{asleep};
  // The keeper's own.
  std::uint64_t seen_uses_ = 0;
  SteadyClock::time_point seen_at_ = SteadyClock::now();
};

}  // namespace

std::unique_ptr<CudaSession> open_persistent(const Network& network, const Plan& plan,
                                             std::shared_ptr<const Weights> weights, int window,
                                             const CudaOptions& options, const CudaDevice& device) {
  auto session = std::make_unique<PersistentSession>(network, plan, std::move(weights), window,
                                                     options, device);
  if (!session->start(plan.way == Way::cluster)) return nullptr;
  return session;
}

std::unique_ptr<CudaSession> open_ticks(const Network& network, const Plan& plan,
                                        std::shared_ptr<const Weights> weights,
                                        const CudaOptions& options, const CudaDevice& device) {
  return open_persistent(network, plan, std::move(weights), kTickRows, options, device);
}

}  // namespace steelyard::cuda

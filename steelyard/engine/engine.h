// SPDX-License-Identifier: Apache-2.0
// Our own recurrent inference on a CPU, usable without the rest of Steelyard.
//
//   auto engine = Engine::compile(network_of(load_model("GRU_Apple.onnx")));
//   auto session = engine->open(/*batch*/ 1, /*window*/ 8);
//   session->infer(input, output);          // input [batch][window][features], output
//   [batch][outputs], fp32
//
// Windows begin with states of zeros, or the network's own, unless they are given:
//
//   auto session = engine->open(1, 8, /*threads*/ 1, /*states*/ true);
//   session->infer(input, output, {.before = states, .after = states});
//
// fp32 is exact to about 1e-6. bf16 and int8 round the recurrent layers' weights (and int8 also
// what they are multiplied with); biases, states, activations and the head stay fp32.
//
// An Engine is immutable and may be shared by threads. A Session belongs to one thread at a time
// and owns all memory it needs: infer() does not allocate or lock, nor enter the kernel unless it
// has threads of its own to wake.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "steelyard/model/network.h"
#include "steelyard/record/spec.h"

namespace steelyard {

struct EngineOptions {
  Precision precision = Precision::fp32;
  // Instruction set: "" = the best of this CPU, or one of engine_targets(). $STEELYARD_CPU_TARGET
  // overrides.
  std::string target;
  // int8 only: windows like those to come, [n][calibration_window][features], from which the ranges
  // of inputs and states are taken. Read while compiling.
  std::span<const float> calibration;
  int calibration_window = 0;
};

// What goes along with a query, read and written during the call only; all of it may be empty.
// States are batch*state_size() floats in the order of network.h.
struct EngineStates {
  // What windows begin with; empty: the network's own, or zeros.
  std::span<const float> before = {};
  // Gets what windows leave; empty: not wanted. May be the memory of `before`.
  std::span<float> after = {};
  // How many steps each window has, from its first; empty: the network's own, or all. What lies
  // behind a window's end changes nothing: the last layer's states there are zeros, and `after` is
  // what the window's own last step leaves, zeros where it has none.
  std::span<const std::int32_t> lengths = {};
};

class EngineSession {
 public:
  virtual ~EngineSession() = default;
  // Whole windows. Sizes must be exactly batch*window*features and batch*outputs, with
  // Readout::every_step batch*window*outputs. Throws Error for states in a session that was opened
  // without, for lengths where no layer takes them, and for those that are not within the window.
  virtual void infer(std::span<const float> input, std::span<float> output,
                     const EngineStates& = {}) = 0;
  // Streaming: one time step [batch][features] to [batch][outputs], with the state carried over
  // from the last step; `after` as above. Throws Error for sizes that are not these, for networks
  // with a reverse direction or with lengths, and for `after` in a session opened without states.
  virtual void step(std::span<const float> input, std::span<float> output,
                    std::span<float> after = {}) = 0;
  // The half of the next step that does not depend on its input, done between ticks; optional.
  // Throws as step() does.
  virtual void prepare() = 0;
  // State back to `before`; empty: the network's own, or zeros. Throws Error for states of another
  // size and in a session opened without; does nothing where there are no steps.
  virtual void reset(std::span<const float> before = {}) = 0;
};

class Engine {
 public:
  // Packs the weights. Throws Error for what it cannot run, naming the layer, and for int8 without
  // calibration.
  static std::shared_ptr<const Engine> compile(const Network&, const EngineOptions& = {});
  virtual ~Engine() = default;
  // `window` must equal Network::window unless that is 0. Throws Error when a size is not positive,
  // when the window or the batch is not that of the network's own window, states or lengths, and
  // when memory runs out or a thread cannot be started.
  // `threads`: how many work at one infer() or step(), each at its share of the batch; the others
  // belong to the session and sleep between calls.
  // `states`: the session takes and gives states, for which some plans need more memory, and time
  // for steps whose answer nobody reads.
  virtual std::unique_ptr<EngineSession> open(int batch, int window, int threads = 1,
                                              bool states = false) const = 0;
  virtual int features() const = 0;
  virtual int outputs() const = 0;                // of one answer
  virtual std::size_t state_size() const = 0;     // floats of one window's states
  virtual const std::string& target() const = 0;  // instruction set in use
};

// Instruction sets that this CPU can run, best first, e.g. {"AMX", "AVX3_FP16", "AVX3", "AVX2",
// "SSE4"}.
std::vector<std::string> engine_targets();

}  // namespace steelyard

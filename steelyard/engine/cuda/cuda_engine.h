// SPDX-License-Identifier: Apache-2.0
// Our own recurrent inference on an NVIDIA GPU, usable without the rest of Steelyard.
//
//   auto engine = CudaEngine::compile(network, {.device = 0});
//   auto session = engine->open(/*batch*/ 1, /*window*/ 8);
//   session->infer(input, output);   // host memory to host memory, fp32
//
// A CudaEngine is immutable and may be shared by threads. A CudaSession belongs to one thread at a
// time. A session of one window keeps a kernel running on the GPU (docs/gpu.md): it polls the
// host's memory for the next window until the session closes or has been idle for `idle_seconds`.
// Everything that stops the work is thrown as Error.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "steelyard/model/network.h"

namespace steelyard {

// How weights are kept. The state is fp32 always; int8 has one scale per row.
enum class CudaWeights { fp32, fp16, bf16, int8 };

// automatic: the fastest that the network, the batch and the device allow.
enum class CudaMode { automatic, persistent, launch };

// exact: exp2 and reciprocal of the special function unit, head error below 1e-7 as a rule.
// approximate: tanh.approx, 11 bits, shorter by about 50 ns a step.
enum class CudaActivations { exact, approximate };

struct CudaOptions {
  int device = 0;
  CudaWeights weights = CudaWeights::fp32;
  CudaMode mode = CudaMode::automatic;
  CudaActivations activations = CudaActivations::exact;
  double idle_seconds = 1;      // after that a session gives its part of the GPU back
  double deadline_seconds = 2;  // an answer that takes longer is an Error
  // For measurements. Geometry 0: the best known; n: the n-th other that fits. Lookers: how many
  // warps look for the next window, at most; 0: none but those that compute.
  int geometry = 0, lookers = 8;
};

struct CudaDevice {
  int index = 0;
  std::string name, bus;  // "NVIDIA H200", "0000:01:00.0"
  std::string driver;     // the newest CUDA that the driver knows, e.g. "13.0"
  int major = 0, minor = 0;
  int processors = 0;    // streaming multiprocessors
  int shared_bytes = 0;  // most shared memory of a block
  bool watched = false;  // the system kills kernels that run for seconds (a display hangs on it)
};

// Whether CUDA can be used here. Touches no device.
struct CudaStatus {
  enum Kind { ready, no_runtime, no_device } kind = ready;
  std::string reason, hint;
};
CudaStatus cuda_status();
std::vector<CudaDevice> cuda_devices();  // empty unless ready

// Throws Error, naming the layer, for a network that no kernel runs. compile() asks it too.
void check_cuda_network(const Network&);

class CudaSession {
 public:
  virtual ~CudaSession() = default;
  // Whole windows from a zero state: input [batch][window][features] (or [window][batch][features]
  // when the network says so), output [batch][outputs]. Sizes must fit exactly.
  virtual void infer(std::span<const float> input, std::span<float> output) = 0;
  // Of a session of steps: waits until the half of the next step that does not depend on its input
  // is done. Kernels that stay do it by themselves, as soon as the answer is on its way.
  virtual void prepare() {}
  // Of a session of steps: state back to zero.
  virtual void reset() {}
  // What runs, in words: "persistent, one SM, 128 threads".
  virtual const std::string& kernel() const = 0;
};

class CudaEngine {
 public:
  // Throws Error for what it cannot run, naming the layer, and when the device cannot be used.
  static std::shared_ptr<const CudaEngine> compile(const Network&, const CudaOptions& = {});
  virtual ~CudaEngine() = default;
  // `window` must equal Network::window unless that is 0.
  virtual std::unique_ptr<CudaSession> open(int batch, int window) const = 0;
  // Streaming: infer() takes one time step, [batch][features], with the state that the step before
  // left on the device. Throws Error for a network with a direction that needs the whole window.
  virtual std::unique_ptr<CudaSession> open_steps(int batch) const = 0;
  virtual int features() const = 0;
  virtual int outputs() const = 0;
};

// Host memory that a GPU reads and writes directly: infer() copies nothing from or to it, and from
// the device's own memory, where a session of many windows takes its input too. Freed with the last
// owner.
std::shared_ptr<float[]> cuda_pinned(std::size_t floats);

}  // namespace steelyard

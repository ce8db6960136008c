// SPDX-License-Identifier: Apache-2.0
// What the benchmark asks of every engine beside ours. A peer is a shared object with two C
// functions; it is opened locally, so that several libraries live in one process. One thread.
#pragma once

#include <string>
#include <vector>

#include "steelyard/model/network.h"

namespace steelyard::perf {

struct Problem {
  std::string name;
  Network network;  // input [window][batch][features], output [batch][1], Readout::final_state
  int window = 1, batch = 1;
  bool stream = false;  // one step a call, state carried over
  std::string onnx;     // the same as a file with static shapes
  // Windows [n][calibration_window][features] like those to come, for int8. Those of a stream are
  // long: how large its states become shows only after many steps.
  std::vector<float> calibration;
  int calibration_window = 1;
};

// A network made ready. `run` is what is timed: from the caller's memory to the caller's memory.
class Running {
 public:
  virtual ~Running() = default;
  virtual void run(const float* input, float* output) = 0;
  virtual void reset() {}
  // What may be done before the input is there; not timed.
  virtual void prepare() {}
};

// "name,name": settings of the peer, each measured on its own. A name with "bf16" or "int8" is no
// fp32 peer; one with "prepared" is timed after prepare().
using PeerNames = const char*();
// Null when the peer does not run this problem; throws std::exception when it fails.
using PeerOpen = Running*(const char* name, const Problem*);

}  // namespace steelyard::perf

#define STEELYARD_PEER(names, open)                                                         \
  extern "C" const char* peer_names() { return names; }                                     \
  extern "C" steelyard::perf::Running* peer_open(const char* name,                          \
                                                 const steelyard::perf::Problem* problem) { \
    return open(name, *problem);                                                            \
  }

// SPDX-License-Identifier: Apache-2.0
// Our own engine, as its users call it.
#include <cstring>

#include "perf/engine/peer.h"
#include "steelyard/engine/engine.h"

namespace steelyard::perf {
namespace {

class Native final : public Running {
 public:
  Native(const Problem& p, const EngineOptions& options)
      : stream_(p.stream),
        inputs_(std::size_t(p.window) * p.batch * p.network.features),
        outputs_(p.batch),
        session_(Engine::compile(p.network, options)->open(p.batch, p.window)) {}
  void run(const float* input, float* output) override {
    if (stream_) {
      session_->step({input, inputs_}, {output, outputs_});
    } else {
      session_->infer({input, inputs_}, {output, outputs_});
    }
  }
  void reset() override { session_->reset(); }
  void prepare() override { session_->prepare(); }

 private:
  bool stream_;
  std::size_t inputs_, outputs_;
  std::unique_ptr<EngineSession> session_;
};

Running* open(const char* name, const Problem& p) {
  if (std::strstr(name, "prepared") && !p.stream) return nullptr;
  EngineOptions options;
  if (std::strstr(name, "bf16")) options.precision = Precision::bf16;
  if (std::strstr(name, "int8")) options.precision = Precision::int8;
  options.calibration = p.calibration;
  options.calibration_window = p.calibration_window;
  return new Native(p, options);
}

}  // namespace
}  // namespace steelyard::perf

STEELYARD_PEER(
    "native,native-prepared,native-bf16,native-prepared-bf16,native-int8,native-prepared-int8",
    steelyard::perf::open)

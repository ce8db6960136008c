// SPDX-License-Identifier: Apache-2.0
// ONNX Runtime with one thread and values bound once.
#include <onnxruntime_cxx_api.h>

#include <cstring>
#include <vector>

#include "perf/engine/peer.h"

namespace steelyard::perf {
namespace {

class OnnxRuntime final : public Running {
 public:
  explicit OnnxRuntime(const Problem& p) {
    static Ort::Env* env = new Ort::Env(ORT_LOGGING_LEVEL_ERROR, "perf");
    Ort::SessionOptions options;
    options.SetIntraOpNumThreads(1);
    options.SetInterOpNumThreads(1);
    options.SetExecutionMode(ORT_SEQUENTIAL);
    options.SetGraphOptimizationLevel(ORT_ENABLE_ALL);
    options.AddConfigEntry("session.intra_op.allow_spinning", "0");
    options.AddConfigEntry("session.set_denormal_as_zero", "1");
    session_ = Ort::Session(*env, p.onnx.c_str(), options);
    binding_ = Ort::IoBinding(session_);
    for (std::size_t i = 0; i < session_.GetInputCount(); ++i) bind(true, i);
    for (std::size_t i = 0; i < session_.GetOutputCount(); ++i) bind(false, i);
    reset();
  }

  void run(const float* input, float* output) override {
    std::memcpy(inputs_[0].data(), input, inputs_[0].size() * sizeof(float));
    session_.Run(options_, binding_);
    for (std::size_t i = 1; i < inputs_.size(); ++i) {
      std::memcpy(inputs_[i].data(), outputs_[i].data(), inputs_[i].size() * sizeof(float));
    }
    std::memcpy(output, outputs_[0].data(), outputs_[0].size() * sizeof(float));
  }
  void reset() override {
    for (std::size_t i = 1; i < inputs_.size(); ++i) {
      std::fill(inputs_[i].begin(), inputs_[i].end(), 0.0f);
    }
  }

 private:
  void bind(bool input, std::size_t i) {
    Ort::AllocatorWithDefaultOptions allocator;
    const auto memory = Ort::MemoryInfo::CreateCpu(OrtDeviceAllocator, OrtMemTypeCPU);
    const auto name = input ? session_.GetInputNameAllocated(i, allocator)
                            : session_.GetOutputNameAllocated(i, allocator);
    const auto type = input ? session_.GetInputTypeInfo(i) : session_.GetOutputTypeInfo(i);
    const auto shape = type.GetTensorTypeAndShapeInfo().GetShape();
    std::size_t count = 1;
    for (const auto d : shape) count *= std::size_t(d);
    auto& values = (input ? inputs_ : outputs_).emplace_back(count);
    values_.push_back(
        Ort::Value::CreateTensor<float>(memory, values.data(), count, shape.data(), shape.size()));
    if (input) {
      binding_.BindInput(name.get(), values_.back());
    } else {
      binding_.BindOutput(name.get(), values_.back());
    }
  }

  Ort::Session session_{nullptr};
  Ort::IoBinding binding_{nullptr};
  Ort::RunOptions options_;
  std::vector<Ort::Value> values_;
  std::vector<std::vector<float>> inputs_, outputs_;
};

Running* open(const char*, const Problem& p) { return new OnnxRuntime(p); }

}  // namespace
}  // namespace steelyard::perf

STEELYARD_PEER("onnxruntime", steelyard::perf::open)

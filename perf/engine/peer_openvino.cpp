// SPDX-License-Identifier: Apache-2.0
// OpenVINO with one thread: in fp32, and as it comes (bf16 on CPUs that have it).
#include <cstring>
#include <openvino/openvino.hpp>
#include <vector>

#include "perf/engine/peer.h"

namespace steelyard::perf {
namespace {

class OpenVino final : public Running {
 public:
  OpenVino(const Problem& p, bool fp32) {
    static ov::Core* core = new ov::Core;
    ov::AnyMap settings{ov::hint::performance_mode(ov::hint::PerformanceMode::LATENCY),
                        ov::num_streams(1), ov::inference_num_threads(1),
                        ov::hint::enable_cpu_pinning(false)};
    if (fp32) settings.insert(ov::hint::inference_precision(ov::element::f32));
    model_ = core->compile_model(p.onnx, "CPU", settings);
    request_ = model_.create_infer_request();
    for (std::size_t i = 0; i < model_.inputs().size(); ++i) {
      const auto shape = model_.input(i).get_shape();
      auto& values = inputs_.emplace_back(ov::shape_size(shape));
      request_.set_input_tensor(i, ov::Tensor(ov::element::f32, shape, values.data()));
    }
    for (std::size_t i = 0; i < model_.outputs().size(); ++i) {
      const auto shape = model_.output(i).get_shape();
      auto& values = outputs_.emplace_back(ov::shape_size(shape));
      request_.set_output_tensor(i, ov::Tensor(ov::element::f32, shape, values.data()));
    }
  }
  void run(const float* input, float* output) override {
    std::memcpy(inputs_[0].data(), input, inputs_[0].size() * sizeof(float));
    request_.infer();
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
  ov::CompiledModel model_;
  ov::InferRequest request_;
  std::vector<std::vector<float>> inputs_, outputs_;
};

Running* open(const char* name, const Problem& p) {
  return new OpenVino(p, !std::strstr(name, "bf16"));
}

}  // namespace
}  // namespace steelyard::perf

STEELYARD_PEER("openvino,openvino-bf16", steelyard::perf::open)

// SPDX-License-Identifier: Apache-2.0
// A model on a shipped simulated device, with windows to ask it.
#pragma once

#include "tests/backend/simulated_fixture.h"

namespace steelyard::simulated {

inline constexpr const char* kTensorRt = "rtx-3070-ti+tensorrt";
inline constexpr const char* kOnnxRuntime = "rtx-3070-ti+onnxruntime";
inline constexpr const char* kHailo = "hailo-8l";

struct Rig {
  explicit Rig(const std::string& id, const Network& network, std::vector<Setting> settings = {},
               std::uint64_t seed = 1)
      : backend(simulated::backend()),
        device(simulated::device(*backend, id)),
        test(windows(network, 100)),
        calibration(windows(network, 64, 1)) {
    CompileOptions options;
    options.precision = device.precisions.front();
    options.settings = std::move(settings);
    options.seed = seed;
    options.calibration = calibration;
    model = backend->compile(folder.model(network), nullptr, device, options);
    sensors = backend->sensors(device, model.get());
  }
  std::span<const std::byte> input(int window, int batch = 1) const {
    return std::as_bytes(std::span(test).subspan(window * 40, batch * 40));
  }
  nanoseconds query(Session& session, int window) {
    float output = 0;
    const nanoseconds begin = model->clock().now();
    session.infer(input(window), std::as_writable_bytes(std::span(&output, 1)));
    return model->clock().now() - begin;
  }
  std::vector<double> latencies(int count) {
    const auto session = model->open(1);
    std::vector<double> list;
    for (int i = 0; i < count; ++i)
      list.push_back(static_cast<double>(query(*session, i % 100).count()));
    return list;
  }

  Folder folder;
  std::unique_ptr<Backend> backend;
  Device device;
  std::vector<float> test, calibration;
  std::unique_ptr<CompiledModel> model;
  std::vector<std::unique_ptr<Sensor>> sensors;
};

inline double mean_of(const std::vector<double>& list) {
  double sum = 0;
  for (const double value : list) sum += value;
  return sum / static_cast<double>(list.size());
}

}  // namespace steelyard::simulated

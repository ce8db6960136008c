// SPDX-License-Identifier: Apache-2.0
// The execution providers of the opened ONNX Runtime besides the CPU's, and the NVIDIA devices that
// some of them run on. Found once, then read-only; thread-safe.
#pragma once

#include <string>
#include <vector>

#include "steelyard/backend/onnxruntime/library.h"
#include "steelyard/record/record.h"

namespace steelyard::onnxruntime {

struct Provider {
  std::string name;  // "CUDAExecutionProvider"
  std::string id;    // "cuda"
  bool on_nvidia() const { return id == "cuda" || id == "tensorrt"; }
  // Whether its library loads, in the loader's words. No device is started to find out.
  Availability availability;
};
const std::vector<Provider>& providers();
// The one of a device's id ("cuda.1"), null for "cpu".
const Provider* provider_of(const std::string& device_id);

struct NvidiaDevice {
  int index = 0;
  std::string name, bus;  // "0000:01:00.0"
};
// In the driver's order; empty where there is no driver, whose words are then in `reason`.
struct NvidiaDevices {
  std::vector<NvidiaDevice> found;
  std::string reason;
};
const NvidiaDevices& nvidia_devices();

// Makes `options` prefer that provider on its device `index`. Throws Error.
void append(OrtSessionOptions* options, const Provider&, int index, Precision);

}  // namespace steelyard::onnxruntime

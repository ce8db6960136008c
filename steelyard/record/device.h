// SPDX-License-Identifier: Apache-2.0
// What is weighed: devices, whether they can be used here, and the files made for them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "steelyard/record/reason.h"
#include "steelyard/record/spec.h"

namespace steelyard {

// The real device and runtime that a simulated one stands for; a measured row of the same pair
// replaces it.
struct StandsFor {
  std::string device;   // "NVIDIA GeForce RTX 3070 Ti"
  std::string runtime;  // "tensorrt"
  friend bool operator==(const StandsFor&, const StandsFor&) = default;
};

struct Device {
  std::string backend;  // "onnxruntime"
  std::string id;       // "cpu"; with the backend it makes the SPEC
  std::string name;     // for people: "Intel Xeon Platinum 8481C"
  std::string runtime;  // name and version of what runs there: "ONNX Runtime 1.32.0"
  std::string
      physical_id;  // devices that share silicon share this: "cpu", "pci-0000:01:00.0", "simulated"
  std::vector<Precision> precisions;  // that it accepts; the first is its default
  Provenance provenance = Provenance::measured;
  std::optional<StandsFor> stands_for;  // simulated devices only
};

// One line of `steelyard devices`: a device, or a backend that has none and says why.
struct DeviceListing {
  std::string spec;
  std::string backend;
  std::string name;
  Availability availability;
  std::string physical_id;
  std::string runtime;                // of a device, as above
  std::vector<Precision> precisions;  // likewise
};

// One line of `steelyard doctor`: something that can be read while a device works, or why not.
struct InstrumentListing {
  std::string id;           // "rapl", "hwmon:ina3221", "nvml:0"
  std::string name;         // for people
  std::string physical_id;  // of the device that it watches; empty: of the whole host
  Availability availability;
  std::vector<std::string> channels;  // "energy J (chip)"
};

// A file made from a model for one runtime. `kind`: onnx, unrolled, hef, engine.
struct Artefact {
  std::string kind = "onnx";
  std::string path;
  std::string sha256;
  std::string reference_sha256;  // of the ONNX whose FP32 outputs are right for this artefact
};

}  // namespace steelyard

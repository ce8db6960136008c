// SPDX-License-Identifier: Apache-2.0
// What a test can set of the card that tests/fakes/nvml.cpp plays. Plain data.
#pragma once

#include "steelyard/sensor/nvml_library.h"

namespace steelyard {

struct FakeNvml {
  const char* name = "NVIDIA GeForce RTX 3070 Ti";
  unsigned cards = 1;
  sensor::nvml::Return init_status = sensor::nvml::kSuccess;
  bool has_counter = true, has_fields = true, lost = false;
  double watts = 120, average_watts = 80, joules = 1000;
  unsigned utilisation = 42;
  unsigned long long throttle = 0;
};

}  // namespace steelyard

extern "C" steelyard::FakeNvml* fake_nvml_state();

// SPDX-License-Identifier: Apache-2.0
// A HEF on a device, and queries to it one at a time or several in flight (InferModel API, with
// HailoRT's scheduler). The compiled model may be shared by threads, a Session or Stream belongs to
// one.
#pragma once

#include <filesystem>
#include <memory>

#include "steelyard/backend/backend.h"
#include "steelyard/backend/hailort/adapter/sdk.h"

namespace steelyard::hailo {

struct HefSettings {
  bool monitor = true;  // utilisation, as HailoRT's scheduler sees it
  bool raw = false;     // bytes as the device takes them; false: fp32, which the library quantises
};

class HefModel : public CompiledModel {
 public:
  // The device that it runs on, for instruments; lives as long as the model.
  virtual hailort::Device& chip() = 0;
  virtual std::shared_ptr<void> owner() = 0;
};

// Opens the device `id` (as in Chip) for this model alone.
std::unique_ptr<HefModel> compile_for(const Model&, const std::filesystem::path& hef,
                                      const std::string& id, int window, const HefSettings&);

}  // namespace steelyard::hailo

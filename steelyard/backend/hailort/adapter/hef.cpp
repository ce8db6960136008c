// SPDX-License-Identifier: Apache-2.0
// What a HEF says about itself; no device is needed. Thread-safe.
#include "steelyard/backend/hailort/adapter/hef.h"

#include <fmt/format.h>

#include "steelyard/backend/hailort/adapter/chip.h"

namespace steelyard::hailo {
namespace {

std::string line_of(const char* side, const hailo_vstream_info_t& info) {
  const auto& q = info.quant_info;
  return fmt::format("{} {} [{},{},{}], quantised: value = (byte - {:g}) * {:g}, {:g} to {:g}",
                     side, info.name, info.shape.height, info.shape.width, info.shape.features,
                     q.qp_zp, q.qp_scale, q.limvals_min, q.limvals_max);
}

}  // namespace

std::vector<std::string> describe_hef(const std::filesystem::path& file) {
  const std::string name = file.string();
  const hailort::Hef hef = take(hailort::Hef::create(name), "read " + name);
  std::vector<std::string> lines{
      "architecture " + name_of(take(hef.get_hef_device_arch(), "read the device of " + name))};
  for (const auto& info : take(hef.get_input_vstream_infos(), "read the inputs of " + name))
    lines.push_back(line_of("input", info));
  for (const auto& info : take(hef.get_output_vstream_infos(), "read the outputs of " + name))
    lines.push_back(line_of("output", info));
  return lines;
}

}  // namespace steelyard::hailo

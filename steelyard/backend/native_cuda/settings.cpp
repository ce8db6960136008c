// SPDX-License-Identifier: Apache-2.0
// Reading the settings of native-cuda. Thread-safe.
#include "steelyard/backend/native_cuda/settings.h"

#include <fmt/format.h>

#include <charconv>

namespace steelyard::native_cuda {
namespace {

[[noreturn]] void refuse(std::string_view key, std::string_view value, std::string_view allowed) {
  throw UsageError(fmt::format("native-cuda.{} cannot be '{}'", key, value),
                   fmt::format("it is {}", allowed));
}

double seconds(const CompileOptions& options, std::string_view key, std::string_view fallback) {
  const std::string_view text = setting(options.settings, key, fallback);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !(value >= 0.001) ||
      value > 86400)
    refuse(key, text, "a number of seconds from 0.001 to 86400");
  return value;
}

CudaWeights weights_of(Precision precision) {
  switch (precision) {
    case Precision::fp32:
      return CudaWeights::fp32;
    case Precision::fp16:
      return CudaWeights::fp16;
    case Precision::bf16:
      return CudaWeights::bf16;
    case Precision::int8:
      return CudaWeights::int8;
    default:
      break;
  }
  throw UsageError(fmt::format("native-cuda does not compute in {}", to_string(precision)),
                   "its precisions are: fp32, fp16, bf16, int8");
}

}  // namespace

CudaOptions options_from(const CompileOptions& options, int device) {
  check_settings("native-cuda", options.settings, {"mode", "activations", "idle", "deadline"});
  CudaOptions chosen;
  chosen.device = device;
  chosen.weights = weights_of(options.precision);
  const std::string_view mode = setting(options.settings, "mode", "automatic");
  if (mode == "persistent")
    chosen.mode = CudaMode::persistent;
  else if (mode == "launch")
    chosen.mode = CudaMode::launch;
  else if (mode != "automatic")
    refuse("mode", mode, "automatic, persistent or launch");
  const std::string_view activations = setting(options.settings, "activations", "exact");
  if (activations == "approximate")
    chosen.activations = CudaActivations::approximate;
  else if (activations != "exact")
    refuse("activations", activations, "exact or approximate");
  chosen.idle_seconds = seconds(options, "idle", "1");
  chosen.deadline_seconds = seconds(options, "deadline", "2");
  return chosen;
}

}  // namespace steelyard::native_cuda

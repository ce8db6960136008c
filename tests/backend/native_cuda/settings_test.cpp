// SPDX-License-Identifier: Apache-2.0
// The words of native-cuda: settings, and what it says where there is no GPU.
#include "steelyard/backend/native_cuda/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "steelyard/backend/registry.h"

namespace steelyard::native_cuda {
namespace {

using testing::HasSubstr;

CompileOptions with(std::string key, std::string value) {
  CompileOptions options;
  options.settings = {{std::move(key), std::move(value)}};
  return options;
}

std::string refusal(const CompileOptions& options) {
  try {
    options_from(options, 0);
  } catch (const UsageError& e) {
    return std::string(e.what()) + "; " + e.hint();
  }
  return "";
}

TEST(NativeCudaSettings, HaveDefaults) {
  const CudaOptions options = options_from({}, 2);
  EXPECT_EQ(options.device, 2);
  EXPECT_EQ(options.weights, CudaWeights::fp32);
  EXPECT_EQ(options.mode, CudaMode::automatic);
  EXPECT_EQ(options.activations, CudaActivations::exact);
  EXPECT_EQ(options.idle_seconds, 1);
}

TEST(NativeCudaSettings, AreUnderstood) {
  EXPECT_EQ(options_from(with("mode", "launch"), 0).mode, CudaMode::launch);
  EXPECT_EQ(options_from(with("activations", "approximate"), 0).activations,
            CudaActivations::approximate);
  EXPECT_EQ(options_from(with("idle", "0.25"), 0).idle_seconds, 0.25);
  CompileOptions half;
  half.precision = Precision::fp16;
  EXPECT_EQ(options_from(half, 0).weights, CudaWeights::fp16);
}

TEST(NativeCudaSettings, RefuseWhatTheyDoNotKnow) {
  EXPECT_THAT(refusal(with("speed", "11")), HasSubstr("speed"));
  EXPECT_THAT(refusal(with("mode", "fast")), HasSubstr("automatic, persistent or launch"));
  for (const char* value : {"", "abc", "-1", "0", "1s", "1e9", "nan"})
    EXPECT_THAT(refusal(with("idle", value)), HasSubstr("native-cuda.idle")) << value;
}

TEST(NativeCuda, SaysWhyWhereThereIsNoGpu) {
  const Registry registry(std::filesystem::path(STEELYARD_BUILD) / "lib/steelyard/backends");
  const Availability availability = registry.find("native-cuda").availability();
  if (availability.kind == Availability::Ready) {
    EXPECT_FALSE(registry.find("native-cuda").backend->devices().empty());
    return;
  }
  EXPECT_NE(availability.kind, Availability::NotBuilt) << availability.reason;
  EXPECT_NE(availability.reason, "");
  EXPECT_NE(availability.hint, "");
}

}  // namespace
}  // namespace steelyard::native_cuda

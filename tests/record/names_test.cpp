// SPDX-License-Identifier: Apache-2.0
#include "steelyard/record/names.h"

#include <gtest/gtest.h>

namespace steelyard {
namespace {

Device device(std::string name, std::string runtime, std::string backend) {
  Device d;
  d.name = std::move(name);
  d.runtime = std::move(runtime);
  d.backend = std::move(backend);
  return d;
}

TEST(StandsFor, MatchesTheSameProductUnderOtherSpellings) {
  const StandsFor card{"NVIDIA GeForce RTX 3070 Ti", "tensorrt"};
  EXPECT_TRUE(
      stands_for_same(card, device("NVIDIA GeForce RTX 3070 Ti", "TensorRT 10.3", "tensorrt")));
  EXPECT_TRUE(stands_for_same(card, device("GeForce RTX 3070 Ti", "", "tensorrt")));
  EXPECT_TRUE(
      stands_for_same({"Hailo-8L", "hailort"}, device("HAILO8L", "HailoRT 4.23.0", "hailort")));
  EXPECT_TRUE(stands_for_same({"Hailo-8L", "hailort"},
                              device("Hailo-8L AI ACC M.2 B+M KEY", "HailoRT 4.23", "hailort")));
  EXPECT_TRUE(
      stands_for_same({"RTX 3070 Ti", "onnxruntime"},
                      device("NVIDIA GeForce RTX 3070 Ti", "ONNX Runtime 1.32.0", "onnxruntime")));
}

TEST(StandsFor, DoesNotConfuseNeighbours) {
  EXPECT_FALSE(stands_for_same({"NVIDIA GeForce RTX 3070 Ti", "tensorrt"},
                               device("NVIDIA GeForce RTX 3070", "TensorRT", "tensorrt")));
  EXPECT_FALSE(stands_for_same({"NVIDIA GeForce RTX 3070", "tensorrt"},
                               device("NVIDIA GeForce RTX 3070 Ti", "TensorRT", "tensorrt")));
  EXPECT_FALSE(
      stands_for_same({"NVIDIA GeForce RTX 3070 Ti", "tensorrt"},
                      device("NVIDIA GeForce RTX 3070 Ti Laptop GPU", "TensorRT", "tensorrt")));
  EXPECT_FALSE(stands_for_same({"Hailo-8", "hailort"}, device("Hailo-8L", "HailoRT", "hailort")));
  EXPECT_FALSE(stands_for_same({"Hailo-8L", "hailort"}, device("Hailo-8", "HailoRT", "hailort")));
}

TEST(StandsFor, WantsTheSameRuntime) {
  EXPECT_FALSE(
      stands_for_same({"NVIDIA GeForce RTX 3070 Ti", "tensorrt"},
                      device("NVIDIA GeForce RTX 3070 Ti", "ONNX Runtime 1.32", "onnxruntime")));
  EXPECT_FALSE(stands_for_same({"Hailo-8L", "hailort"}, device("", "", "")));
}

TEST(ShortName, KeepsWhatTellsDevicesApart) {
  EXPECT_EQ(short_device("NVIDIA GeForce RTX 3070 Ti", ""), "RTX 3070 Ti");
  EXPECT_EQ(short_device("NVIDIA GeForce RTX 3070 Ti (TensorRT)", "TensorRT"), "RTX 3070 Ti");
  EXPECT_EQ(short_device("Intel(R) Xeon(R) Platinum 8481C CPU @ 2.70GHz", ""), "Xeon 8481C");
  EXPECT_EQ(short_device("AMD EPYC 7B13 64-Core Processor", ""), "EPYC 7B13");
  EXPECT_EQ(short_device("CPU", ""), "CPU");
  EXPECT_EQ(short_runtime("ONNX Runtime 1.32.0", "onnxruntime"), "ONNX Runtime");
  EXPECT_EQ(short_runtime("", "hailort"), "HailoRT");
  EXPECT_EQ(short_runtime("Steelyard engine 0.1.0 (AVX2)", "native-cpu"), "Steelyard");
}

}  // namespace
}  // namespace steelyard

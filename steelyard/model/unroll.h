// SPDX-License-Identifier: Apache-2.0
// A recurrent model as a plain one: every time step written out, for compilers that know no
// recurrent operator (Hailo's among them). Thread-safe.
//
//   unroll(load_model("GRU_Apple.onnx"), 8, "GRU_Apple.unrolled.onnx");
#pragma once

#include <filesystem>

#include "steelyard/model/model.h"

namespace steelyard {

// Writes ONNX with the same answers: input [1, window, features] and output [1, outputs], Gemm,
// Add, Sub, Mul, Sigmoid, Tanh (Relu where the model has it), Slice, Concat and Reshape, no state.
// Recipe and metadata are the model's, with its hash as "steelyard.unrolled_from". `window` is for
// models that leave the number of steps open. Throws Error for a graph that is no recurrent
// network, and when the disk refuses.
void unroll(const Model&, int window, const std::filesystem::path& file);

}  // namespace steelyard

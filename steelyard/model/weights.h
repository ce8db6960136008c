// SPDX-License-Identifier: Apache-2.0
// Protobuf tensors as Tensors: lengths against shapes, external files, NaN. Inside `model` only.
#pragma once

#include <onnx/onnx_pb.h>

#include <filesystem>
#include <set>
#include <string>

#include "steelyard/model/model.h"

namespace steelyard {

// `file` is the model: it is named in messages, and external data lie beside it. The names of
// external files that were read are added to `external`. Throws Error for lengths that do not fit
// the shape, missing external data and NaN.
Tensor read_tensor(const onnx::TensorProto&, const std::filesystem::path& file,
                   std::set<std::filesystem::path>& external);

ElementType element_type_of(int onnx_type);

// False when one of the numbers is infinite or NaN; true for types that have no such numbers.
bool all_finite(const Tensor&);

}  // namespace steelyard

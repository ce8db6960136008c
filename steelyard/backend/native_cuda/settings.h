// SPDX-License-Identifier: Apache-2.0
// What `--set native-cuda.<key>=<value>` can say. Thread-safe.
#pragma once

#include "steelyard/backend/backend.h"
#include "steelyard/engine/cuda/cuda_engine.h"

namespace steelyard::native_cuda {

// Throws UsageError that names the key and what it can be.
//   mode         automatic | persistent | launch
//   activations  exact | approximate
//   idle         seconds after which a kernel that polls gives its part of the GPU back, e.g. 0.5
//   deadline     seconds after which a missing answer is an error
CudaOptions options_from(const CompileOptions&, int device);

}  // namespace steelyard::native_cuda

// SPDX-License-Identifier: Apache-2.0
// A plan in the device's memory, and queries to it. The engine may be shared by threads, a Session
// belongs to one.
#pragma once

#include <memory>
#include <string>

#include "steelyard/backend/backend.h"
#include "steelyard/backend/tensorrt/libraries.h"
#include "steelyard/backend/tensorrt/settings.h"

namespace steelyard::tensorrt {

// Throws Error, with TensorRT's words, for bytes that are no plan of this version and device.
std::shared_ptr<nvinfer1::ICudaEngine> load_plan(std::string_view plan, const std::string& source);

// The inspector's words about every layer, as JSON.
std::string describe(nvinfer1::ICudaEngine&);

// Throws Unsupported when the engine's tensors are not those of the signature.
std::unique_ptr<Session> open_session(std::shared_ptr<nvinfer1::ICudaEngine>, Signature, int device,
                                      const Settings&);

// Where the time of a query goes, on average over `queries` that are submitted call by call with
// events between them, under the names that trtexec gives them. The events cost time themselves.
std::vector<TimePart> parts_of(std::shared_ptr<nvinfer1::ICudaEngine>, Signature, int device,
                               const Settings&, std::span<const std::byte> in,
                               std::span<std::byte> out, int queries);

}  // namespace steelyard::tensorrt

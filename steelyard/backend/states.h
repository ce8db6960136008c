// SPDX-License-Identifier: Apache-2.0
// Packed tensors, and models that hand their state out and take it in again: the same Session with
// the state fed back by itself. A Session belongs to one thread.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "steelyard/backend/backend.h"

namespace steelyard {

// Where the bytes of tensors[index] begin when all are packed one behind the other.
std::size_t offset_of(const std::vector<TensorInfo>& tensors, std::size_t index);

// Streaming for any runtime: after the first query the inputs of Signature::state are what the
// outputs left, whatever the caller's bytes say; reset() begins anew with the caller's. The copies
// are inside the timed region. Throws Unsupported when the signature has no state.
std::unique_ptr<Session> feed_back(std::unique_ptr<Session>);

}  // namespace steelyard

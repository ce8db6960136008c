// SPDX-License-Identifier: Apache-2.0
// From what went wrong to the outcome of a case. Pure.
#pragma once

#include "steelyard/record/message.h"
#include "steelyard/record/record.h"

namespace steelyard {

// Skipped: not_built, no_runtime or no_device.
Outcome outcome_of(const Availability&);
// Skipped as unsupported, or Failed with the error's words.
Outcome outcome_of(const ErrorAnswer&);

}  // namespace steelyard

// SPDX-License-Identifier: Apache-2.0
// Records as bytes: MessagePack between processes and in the store, JSON for people and other
// tools. The fields of each struct are listed once, in fields.h. Numeric columns (queries,
// readings, outputs, histograms) travel as little-endian binary inside MessagePack; JSON carries
// scalars. Missing optionals are null. Thread-safe.
//
// Instantiated for: Plan, Case, Effort, Measurement (without truth), Block, Truth, Summary,
// Manifest, Device, DeviceListing, InstrumentListing, WindowRecipe, Outcome, Attachment, CaseBegin
// (without index), and Request and Answer of message.h. Another type is a link error.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace steelyard {

using Bytes = std::vector<std::byte>;

template <class T>
Bytes encode(const T&);
// Throws Error naming the missing or misshapen field. Unknown fields are ignored, so that newer
// files can be read.
template <class T>
T decode(std::span<const std::byte>);

// The same fields as JSON text, `indent` < 0 for one line.
template <class T>
std::string to_json(const T&, int indent = -1);
template <class T>
T from_json(std::string_view);

}  // namespace steelyard

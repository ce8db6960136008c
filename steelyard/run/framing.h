// SPDX-License-Identifier: Apache-2.0
// Messages on a stream: a 4-byte little-endian length, then that many bytes. One thread a
// descriptor.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "steelyard/base/units.h"
#include "steelyard/record/encode.h"

namespace steelyard {

// Nothing that we send is near this; a longer one means that the stream is not ours.
inline constexpr std::uint32_t kLongestFrame = 1u << 30;

// Throws Error when the other side is gone. On a socket no SIGPIPE is raised.
void write_frame(int descriptor, std::span<const std::byte> payload);

struct Frame {
  enum Kind {
    whole,
    end,        // the stream ended between two frames
    broken,     // the stream ended inside a frame, or announced an impossible length
    timed_out,  // `until` passed
  } kind = end;
  Bytes payload;
};
// `until` is a time of CLOCK_MONOTONIC; none waits for ever.
Frame read_frame(int descriptor, std::optional<nanoseconds> until = {});

}  // namespace steelyard

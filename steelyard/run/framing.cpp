// SPDX-License-Identifier: Apache-2.0
// Reading and writing whole frames on blocking descriptors.
#include "steelyard/run/framing.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "steelyard/base/clock.h"
#include "steelyard/base/error.h"

namespace steelyard {
namespace {

// What is asked for at once: a length that lies costs no more memory than bytes that arrived.
constexpr std::size_t kPiece = 1 << 20;

void write_all(int descriptor, const std::byte* data, std::size_t size) {
  while (size > 0) {
    ssize_t written = ::send(descriptor, data, size, MSG_NOSIGNAL);
    if (written < 0 && errno == ENOTSOCK) written = ::write(descriptor, data, size);
    if (written < 0) {
      if (errno == EINTR) continue;
      throw Error(std::string("the other process cannot be written to: ") + std::strerror(errno));
    }
    data += written;
    size -= static_cast<std::size_t>(written);
  }
}

// False when `until` passed first.
bool wait_readable(int descriptor, std::optional<nanoseconds> until) {
  if (!until) return true;
  while (true) {
    const nanoseconds left = *until - MonotonicClock::read();
    if (left <= nanoseconds(0)) return false;
    const auto milliseconds = std::min<std::int64_t>(left.count() / 1'000'000 + 1, 60'000);
    pollfd waiting{descriptor, POLLIN, 0};
    const int ready = ::poll(&waiting, 1, static_cast<int>(milliseconds));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return true;  // read() will say what is wrong
  }
}

// Appends exactly `size` bytes to `out`.
Frame::Kind read_all(int descriptor, std::size_t size, std::optional<nanoseconds> until,
                     Bytes& out) {
  const std::size_t start = out.size();
  while (out.size() - start < size) {
    if (!wait_readable(descriptor, until)) return Frame::timed_out;
    const std::size_t had = out.size();
    const std::size_t want = std::min(size - (had - start), kPiece);
    out.resize(had + want);
    const ssize_t got = ::read(descriptor, out.data() + had, want);
    out.resize(had + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return out.size() == start ? Frame::end : Frame::broken;
  }
  return Frame::whole;
}

}  // namespace

void write_frame(int descriptor, std::span<const std::byte> payload) {
  if (payload.size() > kLongestFrame)
    throw Error("a message of " + std::to_string(payload.size()) + " bytes is too long to send",
                "use fewer windows");
  const auto length = static_cast<std::uint32_t>(payload.size());
  std::array<std::byte, 4> head;
  for (std::size_t i = 0; i < head.size(); ++i)
    head[i] = static_cast<std::byte>((length >> (8 * i)) & 0xff);
  write_all(descriptor, head.data(), head.size());
  write_all(descriptor, payload.data(), payload.size());
}

Frame read_frame(int descriptor, std::optional<nanoseconds> until) {
  Frame frame;
  Bytes head;
  frame.kind = read_all(descriptor, 4, until, head);
  if (frame.kind != Frame::whole) return frame;
  std::uint32_t length = 0;
  for (std::size_t i = 0; i < head.size(); ++i)
    length |= static_cast<std::uint32_t>(head[i]) << (8 * i);
  if (length > kLongestFrame) {
    frame.kind = Frame::broken;
    return frame;
  }
  frame.kind = read_all(descriptor, length, until, frame.payload);
  if (frame.kind == Frame::end) frame.kind = Frame::broken;
  return frame;
}

}  // namespace steelyard

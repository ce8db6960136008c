// SPDX-License-Identifier: Apache-2.0
#include "steelyard/run/framing.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <thread>

#include "steelyard/base/clock.h"
#include "steelyard/base/error.h"

namespace steelyard {
namespace {

class Framing : public testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends_.data()), 0); }
  void TearDown() override {
    hang_up();
    ::close(ends_[1]);
  }
  void hang_up() {
    if (ends_[0] >= 0) ::close(ends_[0]);
    ends_[0] = -1;
  }
  void send_raw(const std::vector<unsigned char>& bytes) {
    ASSERT_EQ(::write(ends_[0], bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  }
  int ours() const { return ends_[0]; }
  int theirs() const { return ends_[1]; }

 private:
  std::array<int, 2> ends_{-1, -1};
};

Bytes bytes_of(std::size_t size) {
  Bytes bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(i * 7);
  return bytes;
}

TEST_F(Framing, BringsFramesOverInOrder) {
  write_frame(ours(), bytes_of(5));
  write_frame(ours(), bytes_of(0));
  write_frame(ours(), bytes_of(300));
  for (const std::size_t size : {5, 0, 300}) {
    const Frame frame = read_frame(theirs());
    EXPECT_EQ(frame.kind, Frame::whole);
    EXPECT_EQ(frame.payload, bytes_of(size));
  }
}

TEST_F(Framing, BringsMoreThanAPipeHolds) {
  const Bytes large = bytes_of(5'000'000);
  std::thread writer([&] { write_frame(ours(), large); });
  const Frame frame = read_frame(theirs());
  writer.join();
  EXPECT_EQ(frame.payload, large);
}

TEST_F(Framing, WritesTheLengthLittleEndian) {
  write_frame(ours(), bytes_of(258));
  std::array<unsigned char, 4> head;
  ASSERT_EQ(::read(theirs(), head.data(), head.size()), 4);
  EXPECT_EQ(head, (std::array<unsigned char, 4>{2, 1, 0, 0}));
}

TEST_F(Framing, SeesTheEndBetweenFrames) {
  hang_up();
  EXPECT_EQ(read_frame(theirs()).kind, Frame::end);
}

TEST_F(Framing, SeesAnEndInsideTheLength) {
  send_raw({9, 0});
  hang_up();
  EXPECT_EQ(read_frame(theirs()).kind, Frame::broken);
}

TEST_F(Framing, SeesAnEndInsideThePayload) {
  send_raw({9, 0, 0, 0, 1, 2, 3});
  hang_up();
  EXPECT_EQ(read_frame(theirs()).kind, Frame::broken);
}

TEST_F(Framing, SeesAnEndWhereThePayloadShouldBegin) {
  send_raw({9, 0, 0, 0});
  hang_up();
  EXPECT_EQ(read_frame(theirs()).kind, Frame::broken);
}

TEST_F(Framing, RefusesAnImpossibleLengthAtOnce) {
  send_raw({0xff, 0xff, 0xff, 0xff});
  EXPECT_EQ(read_frame(theirs()).kind, Frame::broken);
}

TEST_F(Framing, DoesNotBelieveALargeLengthBeforeItsBytesCome) {
  send_raw({0, 0, 0, 0x3f, 1});
  hang_up();
  const Frame frame = read_frame(theirs());
  EXPECT_EQ(frame.kind, Frame::broken);
  EXPECT_LE(frame.payload.capacity(), 4u << 20);
}

TEST_F(Framing, GivesUpAtItsDeadline) {
  send_raw({4, 0, 0, 0, 1});
  const Frame frame = read_frame(theirs(), MonotonicClock::read() + std::chrono::milliseconds(20));
  EXPECT_EQ(frame.kind, Frame::timed_out);
}

TEST_F(Framing, SaysThatTheOtherSideIsGoneInsteadOfDying) {
  ::close(::dup(theirs()));
  ::shutdown(theirs(), SHUT_RDWR);
  EXPECT_THROW(write_frame(ours(), bytes_of(10)), Error);
}

}  // namespace
}  // namespace steelyard

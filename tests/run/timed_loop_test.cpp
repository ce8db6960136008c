// SPDX-License-Identifier: Apache-2.0
#include "steelyard/run/timed_loop.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "tests/run/fakes.h"

namespace {

std::atomic<std::uint64_t> allocations{0};

}  // namespace

// Counts every allocation of the program. Not inlined: GCC would see free() where it expects
// delete.
[[gnu::noinline]] void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace steelyard {
namespace {

using std::chrono::nanoseconds;

struct Loop {
  explicit Loop(std::vector<nanoseconds> latencies, std::uint64_t windows = 3)
      : model(std::move(latencies)),
        session(model.open(1)),
        ring(fake_feed(windows), session->signature(), 1, 1) {}
  FakeModel model;
  std::unique_ptr<Session> session;
  FeedRing ring;
  std::size_t slot = 0;

  std::size_t time(std::span<Stamp> stamps, std::uint64_t count, const Enough& enough) {
    return time_queries(*session, ring.ring(), slot, stamps, count, enough, ReadClock{model.time});
  }
};

constexpr nanoseconds kNever = std::chrono::hours(1);

TEST(TimedLoop, StampsEachQueryExactly) {
  Loop loop({nanoseconds(10), nanoseconds(30), nanoseconds(7)});
  std::vector<Stamp> stamps(4);
  ASSERT_EQ(loop.time(stamps, 0, {100, kNever, kNever}), 4u);
  const std::int64_t starts[] = {0, 10, 40, 47}, ends[] = {10, 40, 47, 57};
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(stamps[i].started.count(), starts[i]);
    EXPECT_EQ(stamps[i].finished.count(), ends[i]);
  }
}

TEST(TimedLoop, AsksTheWindowsInTurnAndGoesOnWhereItStopped) {
  Loop loop({nanoseconds(10)});
  std::vector<Stamp> stamps(4);
  loop.time(stamps, 0, {100, kNever, kNever});
  loop.time(stamps, 4, {100, kNever, kNever});
  EXPECT_EQ(loop.model.asked, (std::vector<float>{0, 1, 2, 0, 1, 2, 0, 1}));
}

TEST(TimedLoop, EndsAtTheCountWhenTheTimeIsThere) {
  Loop loop({nanoseconds(10)});
  std::vector<Stamp> stamps(100);
  EXPECT_EQ(loop.time(stamps, 0, {7, nanoseconds(0), kNever}), 7u);
}

TEST(TimedLoop, CountsTheQueriesOfEarlierChunks) {
  Loop loop({nanoseconds(10)});
  std::vector<Stamp> stamps(100);
  EXPECT_EQ(loop.time(stamps, 5, {7, nanoseconds(0), kNever}), 2u);
}

TEST(TimedLoop, EndsAtTheTimeWhenTheCountIsThere) {
  Loop loop({nanoseconds(10)});
  std::vector<Stamp> stamps(100);
  EXPECT_EQ(loop.time(stamps, 0, {2, nanoseconds(95), kNever}), 10u);
}

TEST(TimedLoop, EndsAtTheLatestTimeWithoutTheCount) {
  Loop loop({nanoseconds(10)});
  std::vector<Stamp> stamps(100);
  EXPECT_EQ(loop.time(stamps, 0, {1000, nanoseconds(20), nanoseconds(40)}), 4u);
}

TEST(TimedLoop, DoesNotAllocate) {
  Loop loop({nanoseconds(10)});
  loop.model.asked.reserve(100'000);
  struct Quiet : Session {
    Signature s = fake_signature(1);
    const Signature& signature() const override { return s; }
    void infer(std::span<const std::byte>, std::span<std::byte>) override {}
  } quiet;
  std::vector<Stamp> stamps(50'000);
  const std::uint64_t before = allocations;
  std::size_t slot = 0;
  const std::size_t n = time_queries(quiet, loop.ring.ring(), slot, stamps, 0,
                                     {1, kNever * 1000, kNever * 1000}, ReadMonotonic{});
  EXPECT_EQ(allocations - before, 0u);
  EXPECT_EQ(n, 50'000u);
}

struct StreamLoop {
  StreamLoop(std::vector<nanoseconds> latencies, int depth, std::uint64_t windows = 8)
      : model(std::move(latencies)),
        stream(model.stream(depth, 1)),
        ring(fake_feed(windows), stream->signature(), 1, depth),
        turns(depth) {}
  FakeModel model;
  std::unique_ptr<Stream> stream;
  FeedRing ring;
  StreamTurns turns;

  std::size_t time(std::span<Stamp> stamps, const Enough& enough) {
    return time_stream(*stream, ring.ring(), turns, stamps, 0, enough, ReadClock{model.time});
  }
};

TEST(TimedStream, KeepsItsDepthInFlight) {
  StreamLoop loop({nanoseconds(10)}, 4);
  std::vector<Stamp> stamps(100);
  // Four at a time, 10 ns each: 40 queries take 100 ns.
  EXPECT_EQ(loop.time(stamps, {38, nanoseconds(0), kNever}), 41u);
  EXPECT_EQ(loop.model.time.now().count(), 110);
}

TEST(TimedStream, TakesCompletionsAsTheyCome) {
  StreamLoop loop({nanoseconds(50), nanoseconds(10)}, 2);
  std::vector<Stamp> stamps(3);
  ASSERT_EQ(loop.time(stamps, {100, kNever, kNever}), 3u);
  EXPECT_EQ(stamps[0].finished.count(), 10);
  EXPECT_EQ(stamps[1].finished.count(), 50);
  EXPECT_EQ(stamps[2].started.count(), 10);
}

TEST(TimedStream, NeverSharesAnOutputAndReachesEveryWindow) {
  StreamLoop loop({nanoseconds(50), nanoseconds(10), nanoseconds(20)}, 3, 10);
  std::vector<Stamp> stamps(500);
  loop.time(stamps, {400, nanoseconds(0), kNever});
  for (float window = 0; window < 10; ++window)
    EXPECT_NE(std::find(loop.model.asked.begin(), loop.model.asked.end(), window),
              loop.model.asked.end());
}

TEST(TimedStream, LeavesNothingInFlight) {
  StreamLoop loop({nanoseconds(10), nanoseconds(70)}, 4);
  std::vector<Stamp> stamps(9);
  EXPECT_EQ(loop.time(stamps, {1000, kNever, kNever}), 9u);
  EXPECT_EQ(loop.turns.idle.size(), 4u);
}

TEST(TimedStream, DoesNotAllocateByItself) {
  struct Quiet : Stream {
    Signature s = fake_signature(1);
    std::uint32_t slots[8];
    std::size_t n = 0;
    const Signature& signature() const override { return s; }
    void submit(std::uint32_t slot, std::span<const std::byte>, std::span<std::byte>) override {
      slots[n++] = slot;
    }
    Completion wait() override { return {slots[--n], MonotonicClock::read()}; }
  } quiet;
  StreamLoop loop({nanoseconds(10)}, 8);
  std::vector<Stamp> stamps(10'000);
  const std::uint64_t before = allocations;
  time_stream(quiet, loop.ring.ring(), loop.turns, stamps, 0, {1, kNever * 1000, kNever * 1000},
              ReadMonotonic{});
  EXPECT_EQ(allocations - before, 0u);
}

}  // namespace
}  // namespace steelyard

// SPDX-License-Identifier: Apache-2.0
// Open loops on a virtual clock, against what queueing theory says.
#include "steelyard/run/open_loop.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/run/fakes.h"

namespace steelyard {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr nanoseconds kNever = std::chrono::hours(1000);

struct Open {
  explicit Open(std::vector<nanoseconds> latencies, int in_flight = 1)
      : model(std::move(latencies)), loop(model, feed, in_flight) {
    loop.begin_at(0);
  }
  Block run(double rate, bool poisson, std::uint64_t queries, std::uint64_t keep = 1000) {
    Tally tally(keep);
    Block block;
    block.begin = model.time.now();
    loop.run({rate, poisson, 7, keep, {queries, nanoseconds(0), kNever}}, tally, block, {});
    tally.move_into(block);
    block.end = model.time.now();
    return block;
  }
  Feed feed = fake_feed(5);
  FakeModel model;
  OpenLoop loop;
};

TEST(Arrivals, AreEvenlySpacedAtAFixedRate) {
  Arrivals arrivals(1000, false, 1, seconds(5));
  EXPECT_EQ(arrivals.next(), seconds(5) + milliseconds(1));
  EXPECT_EQ(arrivals.next(), seconds(5) + milliseconds(2));
}

TEST(Arrivals, AreExponentialWithTheSeedAlone) {
  Random random(3), again(3);
  double sum = 0, squares = 0, beyond = 0;
  constexpr int kDraws = 400'000;
  for (int i = 0; i < kDraws; ++i) {
    const double x = exponential(random);
    ASSERT_EQ(x, exponential(again));
    sum += x;
    squares += x * x;
    beyond += x > 3;
  }
  EXPECT_NEAR(sum / kDraws, 1, 0.01);
  EXPECT_NEAR(squares / kDraws, 2, 0.04);
  EXPECT_NEAR(beyond / kDraws, std::exp(-3), 0.002);
}

TEST(OpenLoop, CountsLatencyFromTheTimeAtWhichAQueryWasDue) {
  // One every 10 us; the third query stalls for 35 us and delays those behind it.
  Open open({microseconds(4), microseconds(4), microseconds(35), microseconds(4)});
  const Block block = open.run(100'000, false, 4);
  ASSERT_EQ(block.queries.size(), 4u);
  EXPECT_EQ(block.queries[2].due, microseconds(30));
  EXPECT_EQ(block.queries[2].finished, microseconds(65));
  EXPECT_EQ(block.queries[3].due, microseconds(40));
  EXPECT_EQ(block.queries[3].started, microseconds(65));
  EXPECT_EQ(block.latency.max, 35'000);
  EXPECT_EQ(block.latency.mean, (4 + 4 + 35 + 29) * 1000 / 4.0);
  EXPECT_EQ(block.send_delay.max, 0) << "waiting for the device is not the sender's fault";
  EXPECT_EQ(block.late, 0u);
}

TEST(OpenLoop, GivesTheWaitOfTheMD1Queue) {
  // Constant service of 100 us at 80 % load: the mean wait is rho / (2 (1 - rho)) services.
  Open open({microseconds(100)});
  const Block block = open.run(8000, true, 200'000);
  EXPECT_EQ(block.count, 200'000u);
  EXPECT_NEAR(block.latency.mean - 100'000, 200'000, 0.05 * 200'000);
}

TEST(OpenLoop, GivesQueriesToTheDeviceTogether) {
  // Three places of 10 us each at 0.2 queries a us: nothing ever waits.
  Open open({microseconds(10)}, 3);
  const Block block = open.run(200'000, false, 100);
  EXPECT_EQ(block.count, 100u);
  EXPECT_EQ(block.latency.max, 10'000);
  // One place at half that rate is overloaded, and the queue grows.
  Open narrow({microseconds(10)});
  EXPECT_GT(narrow.run(200'000, false, 100).latency.max, 400'000);
}

TEST(OpenLoop, EndsWhenItsTimeIsUpThoughTheQueueIsFull) {
  Open open({milliseconds(1)});
  Tally tally(10);
  Block block;
  open.loop.run({1e6, false, 1, 10, {1'000'000, nanoseconds(0), milliseconds(50)}}, tally, block,
                {});
  tally.move_into(block);
  EXPECT_EQ(block.count, 50u);
}

TEST(OpenLoop, LeavesEveryAnswerInItsWindow) {
  Open open({microseconds(1)}, 2);
  open.run(1000, true, 10);
  std::vector<float> outputs(5);
  std::vector<std::uint8_t> seen(5);
  open.loop.collect(outputs, seen);
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(seen[i], 1);
    EXPECT_EQ(outputs[i], static_cast<float>(i) + 0.5f);
  }
}

// A real clock: a thread a place.
class RealModel : public CompiledModel {
 public:
  std::unique_ptr<Session> open(int batch) override {
    struct Sleeper : Session {
      explicit Sleeper(int batch) : signature_(fake_signature(batch)) {}
      const Signature& signature() const override { return signature_; }
      void infer(std::span<const std::byte>, std::span<std::byte>) override {
        if (queries_++ == 20) throw Error("the chip is gone");
        MonotonicClock clock;
        clock.sleep_until(clock.now() + milliseconds(2));
      }
      Signature signature_;
      int queries_ = 0;
    };
    return std::make_unique<Sleeper>(batch);
  }
};

TEST(OpenLoop, KeepsSeveralRealSessionsBusy) {
  RealModel model;
  const Feed feed = fake_feed(4);
  OpenLoop loop(model, feed, 4);
  loop.begin_at(0);
  Tally tally(100);
  Block block;
  loop.run({1000, false, 1, 100, {40, nanoseconds(0), model.clock().now() + seconds(20)}}, tally,
           block, {});
  tally.move_into(block);
  EXPECT_EQ(block.count, 40u);
  EXPECT_EQ(block.queries.size(), 40u);
  for (std::size_t i = 0; i < block.queries.size(); ++i) {
    const Query& q = block.queries[i];
    EXPECT_LE(q.due, q.started);
    EXPECT_GE(q.finished - q.started, milliseconds(2));
    if (i > 0) {
      EXPECT_LT(block.queries[i - 1].due, q.due);
    }
  }
}

TEST(OpenLoop, HandsOnWhatASessionThrows) {
  RealModel model;
  const Feed feed = fake_feed(4);
  OpenLoop loop(model, feed, 2);
  loop.begin_at(0);
  Tally tally(100);
  Block block;
  EXPECT_THROW(
      loop.run({1e4, false, 1, 100, {1000, nanoseconds(0), model.clock().now() + seconds(20)}},
               tally, block, {}),
      Error);
}

}  // namespace
}  // namespace steelyard

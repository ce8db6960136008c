// SPDX-License-Identifier: Apache-2.0
#include "steelyard/record/encode.h"

#include <gtest/gtest.h>

#include "steelyard/base/error.h"
#include "steelyard/base/random.h"
#include "steelyard/record/message.h"
#include "steelyard/record/record.h"
#include "steelyard/record/summary.h"

namespace steelyard {
namespace {

Case example_case() {
  Case what;
  what.model = "GRU_Apple";
  what.spec = parse_spec("simulated:hailo-8l@int8");
  what.device.stands_for = StandsFor{"Hailo-8L", "hailort"};
  what.device.precisions = {Precision::int8};
  what.precision = Precision::int8;
  what.settings = {{"spread", "0.02"}};
  what.scenario = Offline{64, 2};
  what.id = identity(what);
  return what;
}

Block example_block(int queries) {
  Block block;
  Random random(9);
  nanoseconds now(1'000'000'000'000);
  for (int i = 0; i < queries; ++i) {
    Query q;
    q.due = q.started = now;
    now += nanoseconds(70'000 + random.below(9'000));
    q.finished = now;
    now += nanoseconds(40);
    block.queries.push_back(q);
    block.latency.add(static_cast<double>((q.finished - q.started).count()));
    block.histogram.add(static_cast<std::uint64_t>((q.finished - q.started).count()));
  }
  block.count = block.items = static_cast<std::uint64_t>(queries);
  block.readings = {{1, nanoseconds(5), 68.25}, {0, nanoseconds(7), -1e-300}};
  return block;
}

TEST(Encode, ABlockComesBackBitForBit) {
  const Block block = example_block(100'000);
  const Block back = decode<Block>(encode(block));
  ASSERT_EQ(back.queries.size(), block.queries.size());
  for (std::size_t i = 0; i < block.queries.size(); ++i) {
    ASSERT_EQ(back.queries[i].due, block.queries[i].due);
    ASSERT_EQ(back.queries[i].started, block.queries[i].started);
    ASSERT_EQ(back.queries[i].finished, block.queries[i].finished);
  }
  EXPECT_EQ(back.histogram.buckets(), block.histogram.buckets());
  EXPECT_EQ(back.latency.mean, block.latency.mean);
  EXPECT_EQ(back.readings.at(0).value, 68.25);
  EXPECT_EQ(back.readings.at(1).value, -1e-300);
  EXPECT_EQ(back.readings.at(0).channel, 1);
}

TEST(Encode, AQueryTakesAtMostTwelveBytes) {
  EXPECT_LE(encode(example_block(100'000)).size(), 12u * 100'000);
}

TEST(Encode, AnOpenLoopQueryKeepsWhenItWasDue) {
  Block block;
  block.queries = {{nanoseconds(100), nanoseconds(350), nanoseconds(900)}};
  EXPECT_EQ(decode<Block>(encode(block)).queries.at(0).due, nanoseconds(100));
}

TEST(Encode, ACaseComesBackFromBothForms) {
  const Case what = example_case();
  for (const Case& back : {decode<Case>(encode(what)), from_json<Case>(to_json(what))}) {
    EXPECT_EQ(identity(back), what.id);
    EXPECT_EQ(back.spec, what.spec);
    EXPECT_EQ(back.device.stands_for, what.device.stands_for);
    EXPECT_EQ(std::get<Offline>(back.scenario), (Offline{64, 2}));
  }
}

TEST(Encode, EveryMessageKeepsItsType) {
  PrepareRequest prepare;
  prepare.what = example_case();
  prepare.ticker = "AAPL";
  const Request request = prepare;
  EXPECT_EQ(std::get<PrepareRequest>(decode<Request>(encode(request))).ticker, "AAPL");
  FetchAnswer fetched;
  fetched.outputs = {1.5f, -0.0f};
  fetched.seen = {1, 0};
  const Answer back = decode<Answer>(encode<Answer>(fetched));
  EXPECT_EQ(std::get<FetchAnswer>(back).outputs, fetched.outputs);
  EXPECT_EQ(std::get<FetchAnswer>(back).seen, fetched.seen);
  EXPECT_EQ(std::get<ErrorAnswer>(decode<Answer>(encode<Answer>(ErrorAnswer{"a", "b", true}))).hint,
            "b");
}

TEST(Encode, AMissingFigureIsNullAndComesBackMissing) {
  Summary summary;
  summary.accuracy.reason = Reason{ReasonCode::no_targets, {}, ""};
  EXPECT_NE(to_json(summary).find("\"rmse\":null"), std::string::npos);
  const Summary back = from_json<Summary>(to_json(summary));
  EXPECT_FALSE(back.accuracy.rmse);
  EXPECT_EQ(back.accuracy.reason->code, ReasonCode::no_targets);
}

TEST(Encode, UnknownFieldsAreIgnoredAndMissingOnesNamed) {
  EXPECT_EQ(from_json<Effort>(to_json(Effort{}).insert(1, "\"later\":1,")).name, "quick");
  try {
    from_json<Effort>("{\"name\":\"quick\"}");
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("min_queries"), std::string::npos);
  }
}

TEST(Encode, DamagedBytesAreAnErrorNeverACrash) {
  const Bytes good = encode(example_block(50));
  Random random(11);
  int refused = 0;
  for (int round = 0; round < 2'000; ++round) {
    Bytes bad = good;
    if (round % 2 == 0) bad.resize(random.below(bad.size()));
    for (std::uint64_t i = 0; i < random.below(4) && !bad.empty(); ++i)
      bad[random.below(bad.size())] = static_cast<std::byte>(random.next());
    try {
      decode<Block>(bad);
    } catch (const Error&) {
      ++refused;
    }
  }
  EXPECT_GE(refused, 900);
}

TEST(Identity, DoesNotDependOnPathsAndDoesOnSettings) {
  Case what = example_case();
  Case elsewhere = what;
  elsewhere.model_path = "/somewhere/else.onnx";
  EXPECT_EQ(identity(what), identity(elsewhere));
  elsewhere.settings[0].value = "0.03";
  EXPECT_NE(identity(what), identity(elsewhere));
}

}  // namespace
}  // namespace steelyard

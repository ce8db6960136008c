// SPDX-License-Identifier: Apache-2.0
// The worker in a thread, spoken to as its campaign does.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <optional>
#include <thread>

#include "steelyard/base/error.h"
#include "steelyard/record/encode.h"
#include "steelyard/record/message.h"
#include "steelyard/run/framing.h"
#include "steelyard/run/run.h"
#include "tests/run/files.h"

namespace steelyard {
namespace {

class Worker : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends_.data()), 0);
    thread_ = std::thread([this] { code_ = serve(ends_[1], ends_[1]); });
    write_table(folder_ / "table.csv");
    write_model(folder_ / "GRU.onnx");
  }
  void TearDown() override {
    if (thread_.joinable()) hang_up();
    ::close(ends_[1]);
  }
  int hang_up() {
    ::close(ends_[0]);
    thread_.join();
    return code_;
  }

  Answer ask(const Request& request) {
    write_frame(ends_[0], encode(request));
    return decode<Answer>(read_frame(ends_[0]).payload);
  }
  template <class A>
  A expect(const Request& request) {
    const Answer answer = ask(request);
    if (const auto* error = std::get_if<ErrorAnswer>(&answer)) ADD_FAILURE() << error->what;
    return std::get<A>(answer);
  }
  ErrorAnswer expect_error(const Request& request) { return std::get<ErrorAnswer>(ask(request)); }

  PrepareRequest prepare_request(const std::string& spec) {
    RunOptions options;
    options.models = {{"", folder_ / "GRU.onnx"}};
    options.data = folder_ / "table.csv";
    options.specs = {spec};
    plan_ = make_plan(options);
    return {plan_.cases.front(), plan_.effort, plan_.data_path, plan_.ticker, 1};
  }
  static BlockRequest block_request(std::uint64_t queries) {
    BlockRequest request;
    request.min_queries = queries;
    request.max_duration = std::chrono::seconds(20);
    request.keep_queries = 1000;
    return request;
  }

  TemporaryFolder folder_;
  Plan plan_;
  std::array<int, 2> ends_{-1, -1};
  std::thread thread_;
  int code_ = -1;
};

TEST_F(Worker, SaysWhoItIs) {
  const auto hello = expect<HelloAnswer>(HelloRequest{});
  EXPECT_EQ(hello.protocol, 1);
  EXPECT_FALSE(hello.tool_version.empty());
  EXPECT_GT(hello.manifest.cores, 0);
}

TEST_F(Worker, MeasuresACaseBlockByBlock) {
  const auto prepared = expect<PrepareAnswer>(prepare_request("native-cpu"));
  EXPECT_EQ(prepared.windows, plan_.truths.front().windows());
  EXPECT_EQ(prepared.output_width, 1u);
  EXPECT_GT(prepared.startup.load.count(), 0);
  EXPECT_GT(prepared.startup.first_query.count(), 0);
  const auto digest = expect<BlockAnswer>(block_request(200));
  EXPECT_EQ(digest.count, 200u);
  const auto fetched = expect<FetchAnswer>(FetchRequest{});
  EXPECT_EQ(fetched.block.count, 200u);
  EXPECT_EQ(fetched.block.queries.size(), 200u);
  EXPECT_GT(fetched.memory_bytes, 1u << 20);
  EXPECT_EQ(fetched.seen.size(), prepared.windows);
  EXPECT_EQ(std::count(fetched.seen.begin(), fetched.seen.end(), 1),
            static_cast<std::ptrdiff_t>(prepared.windows));
  EXPECT_EQ(fetched.outputs, plan_.truths.front().reference) << "same engine, same windows";
}

TEST_F(Worker, MeasuresSimulatedDevicesInExactTimesForASeed) {
  const auto measure = [this] {
    expect<PrepareAnswer>(prepare_request("simulated:rtx-3070-ti+tensorrt"));
    expect<BlockAnswer>(block_request(500));
    return expect<FetchAnswer>(FetchRequest{});
  };
  const auto one = measure(), two = measure();
  EXPECT_EQ(encode(one.block), encode(two.block));
  EXPECT_EQ(one.outputs, two.outputs);
  EXPECT_EQ(one.block.begin, two.block.begin);
  EXPECT_EQ(one.memory_bytes, 0u) << "a simulator's memory says nothing about the device";
}

TEST_F(Worker, WatchesAnIdleSimulatedDeviceBeforeItIsPrepared) {
  const auto request = prepare_request("simulated:rtx-3070-ti+tensorrt");
  const auto idle =
      expect<ObserveAnswer>(ObserveRequest{request.what, std::chrono::seconds(5)}).idle;
  EXPECT_EQ(idle.phase, Phase::idle);
  EXPECT_FALSE(idle.readings.empty());
}

TEST_F(Worker, RefusesABlockBeforeACaseIsPrepared) {
  EXPECT_EQ(expect_error(block_request(1)).what,
            "a block was asked for before a case was prepared");
}

TEST_F(Worker, RefusesAModelThatHasChangedSinceThePlan) {
  const auto request = prepare_request("native-cpu");
  write_model(folder_ / "GRU.onnx", 2);
  const auto error = expect_error(request);
  EXPECT_NE(error.what.find("is not the file that this campaign was planned with"),
            std::string::npos);
  EXPECT_FALSE(error.skipped);
}

TEST_F(Worker, NamesAnUnknownSetting) {
  auto request = prepare_request("native-cpu");
  request.what.settings = {{"nonsense", "1"}};
  EXPECT_NE(expect_error(request).what.find("nonsense"), std::string::npos);
}

TEST_F(Worker, GoesOnAfterAnError) {
  expect_error(FetchRequest{});
  EXPECT_EQ(expect<HelloAnswer>(HelloRequest{}).protocol, 1);
}

TEST_F(Worker, AnswersNonsenseWithAnError) {
  write_frame(ends_[0], Bytes(20, std::byte{0xc1}));
  const auto answer = decode<Answer>(read_frame(ends_[0]).payload);
  EXPECT_TRUE(std::holds_alternative<ErrorAnswer>(answer));
}

TEST_F(Worker, EndsWithItsCampaign) { EXPECT_EQ(hang_up(), 0); }

TEST_F(Worker, EndsWhenItIsTold) {
  expect<FinishAnswer>(FinishRequest{});
  thread_.join();
  EXPECT_EQ(code_, 0);
}

TEST_F(Worker, EndsWithAnErrorOnAStreamThatIsNotOurs) {
  const unsigned char junk[] = {'G', 'E', 'T', ' ', '/', ' ', 'H', 'T'};
  ASSERT_EQ(::write(ends_[0], junk, sizeof junk), 8);
  EXPECT_EQ(hang_up(), 1);
}

}  // namespace
}  // namespace steelyard

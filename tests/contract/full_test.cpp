// SPDX-License-Identifier: Apache-2.0
// Agreement over many shapes, batches and settings; too long for every build (label long).
#include <gtest/gtest.h>

#include <memory>
#include <thread>
#include <vector>

#include "steelyard/engine/engine.h"
#include "tests/contract/allocations.h"
#include "tests/contract/subjects.h"

namespace steelyard::contract {
namespace {

class Full : public testing::TestWithParam<std::string> {};

void expect_agreement(const std::string& spec, const Shape& shape, std::uint64_t seed,
                      const std::vector<int>& batches, const std::vector<Setting>& settings = {}) {
  SCOPED_TRACE(testing::Message() << "cell " << static_cast<int>(shape.cell) << " hidden "
                                  << shape.hidden << " layers " << shape.layers << " directions "
                                  << shape.directions << " window " << shape.window << " features "
                                  << shape.features << " seed " << seed);
  Subject subject(spec, shape, seed, settings);
  const auto compiled = subject.compile();
  for (const int batch : batches) {
    const auto session = compiled->open(batch);
    const auto input = subject.next_input(batch);
    expect_close(infer(*session, input), subject.exact(input), tolerance_of(compiled->precision()));
  }
}

TEST_P(Full, EveryHiddenSizeAgrees) {
  std::uint64_t seed = 1000;
  for (const Cell cell : {Cell::gru, Cell::lstm, Cell::rnn})
    for (const int directions : {1, 2})
      for (const int hidden : {1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 64, 100, 128})
        expect_agreement(GetParam(), {cell, hidden, 1, directions}, seed++, {1});
}

TEST_P(Full, EveryDepthAndReadoutAgrees) {
  std::uint64_t seed = 2000;
  for (const Cell cell : {Cell::gru, Cell::lstm})
    for (const int directions : {1, 2})
      for (const int layers : {2, 3, 4})
        for (const Readout readout : {Readout::last_step, Readout::final_state})
          expect_agreement(GetParam(), {cell, 12, layers, directions, 8, 5, 2, readout}, seed++,
                           {1, 3});
}

TEST_P(Full, EveryWindowAndWidthAgrees) {
  std::uint64_t seed = 3000;
  for (const Cell cell : {Cell::gru, Cell::lstm})
    for (const int window : {1, 2, 3, 8, 33, 100})
      for (const int features : {1, 2, 5, 16, 40})
        expect_agreement(GetParam(), {cell, 10, 1, 1, window, features, 3}, seed++, {1});
}

TEST_P(Full, EveryBatchAgrees) {
  for (const Cell cell : {Cell::gru, Cell::lstm})
    expect_agreement(GetParam(), {cell, 20, 1, 1}, 4000,
                     {1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 64, 257});
}

TEST_P(Full, TheMatrixAgrees) {
  std::uint64_t seed = 8000;
  for (const Cell cell : {Cell::gru, Cell::lstm})
    for (int directions = 1; directions <= (cell == Cell::lstm ? 2 : 1); ++directions)
      for (const int layers : {1, 2, 3})
        for (const int hidden : {5, 32, 64, 100})
          for (const int window : {8, 60})
            expect_agreement(GetParam(), {cell, hidden, layers, directions, window}, seed++,
                             {1, 7, 64});
}

TEST_P(Full, SessionsOnThreadsAnswerAsOneDoes) {
  Subject subject(GetParam(), {Cell::lstm, 16, 2, 1}, 8500);
  const auto compiled = subject.compile();
  const auto input = subject.next_input(1);
  const auto alone = infer(*compiled->open(1), input);
  std::vector<std::unique_ptr<Session>> sessions;
  for (int i = 0; i < 4; ++i) sessions.push_back(compiled->open(1));
  std::vector<int> wrong(sessions.size());
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < sessions.size(); ++i)
    threads.emplace_back([&, i] {
      for (int k = 0; k < 200; ++k) wrong[i] += infer(*sessions[i], input) != alone;
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, std::vector<int>(sessions.size()));
}

TEST_P(Full, AHundredReopeningsDoNotGrow) {
  Subject subject(GetParam(), {Cell::gru, 5, 1, 1}, 8600);
  const auto compiled = subject.compile();
  const auto input = subject.next_input(1);
  const auto reopen = [&](int times) {
    for (int i = 0; i < times; ++i) infer(*compiled->open(1), input);
  };
  reopen(5);
  const std::int64_t before = live_blocks();
  reopen(100);
  EXPECT_LT(live_blocks() - before, 100);
}

INSTANTIATE_TEST_SUITE_P(Ready, Full, testing::ValuesIn(ready_specs()),
                         [](const auto& info) { return test_name(info.param); });

TEST(FullSettings, EveryInstructionSetAgrees) {
  std::uint64_t seed = 5000;
  for (const std::string& target : engine_targets())
    for (const Cell cell : {Cell::gru, Cell::lstm})
      for (const int hidden : {5, 16, 33})
        expect_agreement("native-cpu", {cell, hidden, 2, 2}, seed++, {1, 9}, {{"target", target}});
}

TEST(FullSettings, OnnxRuntimeAgreesAtEverySetting) {
  if (registry().find("onnxruntime").availability().kind != Availability::Ready)
    GTEST_SKIP() << "ONNX Runtime is not here";
  std::uint64_t seed = 6000;
  for (const char* threads : {"1", "2"})
    for (const char* optimisation : {"none", "basic", "extended", "all"})
      for (const char* spinning : {"on", "off"})
        expect_agreement(
            "onnxruntime:cpu", {Cell::lstm, 24, 2, 2}, seed++, {1, 16},
            {{"threads", threads}, {"optimisation", optimisation}, {"spinning", spinning}});
}

}  // namespace
}  // namespace steelyard::contract

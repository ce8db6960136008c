// SPDX-License-Identifier: Apache-2.0
// What every backend owes its callers, for every device and precision that is ready here.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/contract/allocations.h"
#include "tests/contract/subjects.h"

namespace steelyard::contract {
namespace {

constexpr Shape kGru{Cell::gru, 5, 1, 1};
constexpr Shape kLstm{Cell::lstm, 6, 2, 1};
constexpr Shape kBiLstm{Cell::lstm, 5, 1, 2};

class Contract : public testing::TestWithParam<std::string> {
 protected:
  bool is_real() const {
    return registry().resolve(parse_spec(GetParam())).device.provenance == Provenance::measured;
  }
};

void expect_agreement(const std::string& spec, const Shape& shape, std::uint64_t seed,
                      int batch = 1) {
  Subject subject(spec, shape, seed);
  const auto compiled = subject.compile();
  const auto session = compiled->open(batch);
  const double tolerance = tolerance_of(compiled->precision());
  for (int i = 0; i < 8; ++i) {
    const auto input = subject.next_input(batch);
    expect_close(infer(*session, input), subject.exact(input), tolerance);
  }
}

TEST_P(Contract, AGruAgreesWithTheReference) { expect_agreement(GetParam(), kGru, 11); }
TEST_P(Contract, AnLstmAgreesWithTheReference) { expect_agreement(GetParam(), kLstm, 12); }
TEST_P(Contract, ABiLstmAgreesWithTheReference) { expect_agreement(GetParam(), kBiLstm, 13); }
TEST_P(Contract, ABatchAgreesWithTheReference) { expect_agreement(GetParam(), kGru, 14, 7); }

TEST_P(Contract, TheSignatureIsTheModelsAtThatBatch) {
  Subject subject(GetParam(), kGru);
  const auto compiled = subject.compile();
  for (const int batch : {1, 3}) {
    const auto session = compiled->open(batch);
    const Signature& signature = session->signature();
    ASSERT_EQ(signature.inputs.size(), 1u);
    ASSERT_EQ(signature.outputs.size(), 1u);
    EXPECT_EQ(signature.inputs[0].shape, (std::vector<std::int64_t>{batch, 8, 5}));
    EXPECT_EQ(signature.outputs[0].shape, (std::vector<std::int64_t>{batch, 1}));
    EXPECT_EQ(signature.input_bytes(), static_cast<std::size_t>(batch) * 8 * 5 * 4);
    EXPECT_EQ(signature.output_bytes(), static_cast<std::size_t>(batch) * 4);
  }
}

TEST_P(Contract, TheSameWindowGetsTheSameAnswerWhateverCameBefore) {
  Subject subject(GetParam(), kLstm);
  const auto compiled = subject.compile();
  const auto session = compiled->open(1);
  const auto input = subject.next_input(1), other = subject.next_input(1);
  const auto first = infer(*session, input);
  EXPECT_NE(infer(*session, other), first);
  EXPECT_EQ(infer(*session, input), first);
}

TEST_P(Contract, ResetForgets) {
  Subject subject(GetParam(), kGru);
  const auto compiled = subject.compile();
  const auto session = compiled->open(1), fresh = compiled->open(1);
  const auto input = subject.next_input(1);
  infer(*session, subject.next_input(1));
  session->prepare();
  session->reset();
  EXPECT_EQ(infer(*session, input), infer(*fresh, input));
}

TEST_P(Contract, StepsEndInTheAnswerOfTheirWindow) {
  for (const Shape& shape : {kGru, kLstm}) {
    Subject subject(GetParam(), shape);
    const auto compiled = subject.compile();
    std::unique_ptr<Session> session;
    try {
      session = compiled->open_steps(1);
    } catch (const Unsupported& e) {
      GTEST_SKIP() << e.what();
    }
    const auto row = static_cast<std::size_t>(subject.network.features);
    for (const bool prepared : {true, false, true}) {
      const auto window = subject.next_input(1);
      session->reset();
      std::vector<float> answer;
      for (std::size_t at = 0; at < window.size(); at += row) {
        if (prepared) session->prepare();
        const auto begin = window.begin() + static_cast<std::ptrdiff_t>(at);
        answer = infer(*session, {begin, begin + static_cast<std::ptrdiff_t>(row)});
      }
      expect_close(answer, subject.exact(window), tolerance_of(compiled->precision()));
    }
  }
}

TEST_P(Contract, TwoSessionsAreIndependent) {
  Subject subject(GetParam(), kLstm);
  const auto compiled = subject.compile();
  const auto a = subject.next_input(1), b = subject.next_input(1);
  const auto alone = compiled->open(1);
  const auto answer_a = infer(*alone, a), answer_b = infer(*alone, b);
  const auto one = compiled->open(1), two = compiled->open(1);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(infer(*one, a), answer_a);
    EXPECT_EQ(infer(*two, b), answer_b);
  }
}

TEST_P(Contract, AnUnknownSettingIsRefusedByName) {
  Subject subject(GetParam(), kGru, 1, {{"no_such_setting", "1"}});
  try {
    subject.compile();
    FAIL() << "accepted";
  } catch (const UsageError& e) {
    EXPECT_THAT(e.what(), testing::HasSubstr("no_such_setting"));
    EXPECT_NE(e.hint(), "");
  }
}

TEST_P(Contract, BuffersOfAWrongSizeAreRefused) {
  Subject subject(GetParam(), kGru);
  const auto compiled = subject.compile();
  const auto session = compiled->open(2);
  std::vector<std::byte> in(session->signature().input_bytes());
  std::vector<std::byte> out(session->signature().output_bytes());
  const std::span<std::byte> right_in(in), right_out(out);
  EXPECT_THROW(session->infer(right_in.first(in.size() - 4), right_out), Error);
  EXPECT_THROW(session->infer(right_in, right_out.first(4)), Error);
  EXPECT_THROW(session->infer({}, {}), Error);
  EXPECT_NO_THROW(session->infer(right_in, right_out));
}

TEST_P(Contract, ABatchBelowOneIsRefused) {
  Subject subject(GetParam(), kGru);
  const auto compiled = subject.compile();
  EXPECT_THROW(compiled->open(0), Error);
  EXPECT_THROW(compiled->open(-1), Error);
}

TEST_P(Contract, InferDoesNotAllocate) {
  if (!is_real()) GTEST_SKIP() << "a simulated device's own time is not measured";
  Subject subject(GetParam(), kBiLstm);
  const auto compiled = subject.compile();
  const auto session = compiled->open(1);
  const auto input = subject.next_input(1);
  std::vector<float> output(subject.outputs());
  const auto in = std::as_bytes(std::span(input));
  const auto out = std::as_writable_bytes(std::span(output));
  session->infer(in, out);
  const AllocationCount count;
  for (int i = 0; i < 100; ++i) session->infer(in, out);
  EXPECT_EQ(count.ours(), 0u);
}

TEST_P(Contract, ReopeningDoesNotGrow) {
  Subject subject(GetParam(), kGru);
  const auto compiled = subject.compile();
  const auto input = subject.next_input(1);
  const auto reopen = [&](int times) {
    for (int i = 0; i < times; ++i) infer(*compiled->open(1), input);
  };
  reopen(5);
  const std::int64_t before = live_blocks();
  reopen(20);
  EXPECT_LT(live_blocks() - before, 20);
}

TEST_P(Contract, AStreamCompletesEverySlotWithTheAnswersOfASession) {
  Subject subject(GetParam(), kGru);
  const auto compiled = subject.compile();
  constexpr std::uint32_t depth = 3;
  const auto session = compiled->open(1);
  std::vector<std::vector<float>> inputs, outputs(40), expected;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    inputs.push_back(subject.next_input(1));
    outputs[i].resize(subject.outputs());
    expected.push_back(infer(*session, inputs[i]));
  }
  const auto stream = compiled->stream(depth, 1);
  EXPECT_EQ(stream->signature().input_bytes(), session->signature().input_bytes());
  std::size_t next = 0;
  const auto submit = [&](std::uint32_t slot) {
    stream->submit(slot, std::as_bytes(std::span(inputs[next])),
                   std::as_writable_bytes(std::span(outputs[next])));
    ++next;
  };
  const nanoseconds begin = compiled->clock().now();
  for (std::uint32_t slot = 0; slot < depth; ++slot) submit(slot);
  std::multiset<std::uint32_t> completed;
  while (completed.size() < outputs.size()) {
    const Completion done = stream->wait();
    completed.insert(done.slot);
    EXPECT_GE(done.finished, begin);
    if (next < outputs.size()) submit(done.slot);
  }
  EXPECT_EQ(outputs, expected);
  for (std::uint32_t slot = 0; slot < depth; ++slot) EXPECT_GE(completed.count(slot), 1u);
}

TEST_P(Contract, ADeviceSaysWhatItIs) {
  const Registry::Found found = registry().resolve(parse_spec(GetParam()));
  EXPECT_EQ(found.device.backend, found.backend->name());
  EXPECT_NE(found.device.name, "");
  EXPECT_NE(found.device.runtime, "");
  EXPECT_NE(found.device.physical_id, "");
  EXPECT_FALSE(found.device.precisions.empty());
  EXPECT_EQ(found.device.stands_for.has_value(), found.device.provenance == Provenance::simulated);
}

INSTANTIATE_TEST_SUITE_P(Ready, Contract, testing::ValuesIn(ready_specs()),
                         [](const auto& info) { return test_name(info.param); });

TEST(ContractSuite, CoversOurOwnEngine) {
  EXPECT_THAT(ready_specs(), testing::Contains("native-cpu@fp32"));
}

TEST(ContractSuite, CoversEveryModule) {
  registry();  // says which folder
  std::error_code none;
  for (const auto& file : std::filesystem::directory_iterator(module_folder() / "backends", none))
    if (file.path().extension() == ".so") {
      // One backend may have a module for each version of its library: tensorrt-10.so.
      std::string name = file.path().stem().string();
      const auto end = name.find_last_not_of("0123456789");
      if (end + 1 < name.size() && name[end] == '-') name.resize(end);
      EXPECT_NE(registry().find(name).backend, nullptr) << file.path();
    }
}

}  // namespace
}  // namespace steelyard::contract

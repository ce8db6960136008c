// SPDX-License-Identifier: Apache-2.0
// OpenVINO's adapter beyond the contract: settings, precisions, its own words, its cache, a library
// that is not there.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/contract/subjects.h"

namespace steelyard::contract {
namespace {

using testing::HasSubstr;

class OpenVino : public testing::Test {
 protected:
  void SetUp() override {
    const Availability availability = registry().find("openvino").availability();
    if (availability.kind != Availability::Ready) GTEST_SKIP() << availability.reason;
  }
};

std::string refusal_of(std::vector<Setting> settings) {
  try {
    Subject("openvino:cpu", {}, 1, std::move(settings)).compile();
  } catch (const UsageError& e) {
    return std::string(e.what()) + "; " + e.hint();
  }
  return "accepted";
}

TEST_F(OpenVino, RefusesValuesThatItDoesNotKnow) {
  EXPECT_EQ(refusal_of({{"threads", "0"}}),
            "openvino.threads cannot be '0'; it is a number from 1 to 1024, or auto");
  EXPECT_THAT(refusal_of({{"streams", "2x"}}), HasSubstr("'2x'"));
  EXPECT_EQ(refusal_of({{"hint", "fast"}}),
            "openvino.hint cannot be 'fast'; it is latency or throughput");
  EXPECT_EQ(refusal_of({{"cache", "yes"}}), "openvino.cache cannot be 'yes'; it is on or off");
}

TEST_F(OpenVino, AnswersTheSameUnderEverySetting) {
  const std::vector<std::vector<Setting>> all = {
      {{"hint", "throughput"}},
      {{"hint", "throughput"}, {"streams", "2"}, {"threads", "2"}},
      {{"threads", "auto"}},
      {{"streams", "auto"}}};
  for (const auto& settings : all) {
    Subject subject("openvino:cpu", {Cell::lstm, 6, 2, 2}, 3, settings);
    const auto compiled = subject.compile();
    const auto input = subject.next_input(1);
    expect_close(infer(*compiled->open(1), input), subject.exact(input), 1e-5);
  }
}

TEST_F(OpenVino, SaysWhichPrecisionItObtained) {
  for (const Precision asked : registry().resolve(parse_spec("openvino:cpu")).device.precisions) {
    Subject subject("openvino:cpu@" + std::string(to_string(asked)), {});
    const auto compiled = subject.compile();
    compiled->open(1);
    EXPECT_EQ(compiled->precision(), asked);
  }
}

TEST_F(OpenVino, KeepsWhatItCompiledWhereItIsToldTo) {
  ::setenv("XDG_CACHE_HOME", folder().c_str(), 1);
  Subject subject("openvino:cpu", {}, 4, {{"cache", "on"}});
  const auto input = subject.next_input(1);
  for (int i = 0; i < 2; ++i)
    expect_close(infer(*subject.compile()->open(1), input), subject.exact(input), 1e-5);
  ::unsetenv("XDG_CACHE_HOME");
  EXPECT_FALSE(std::filesystem::is_empty(folder() / "steelyard/openvino"));
}

TEST_F(OpenVino, SaysItsVersion) {
  EXPECT_THAT(registry().resolve(parse_spec("openvino:cpu")).device.runtime,
              testing::MatchesRegex("OpenVINO [0-9]+\\.[0-9]+\\.[0-9]+"));
}

TEST_F(OpenVino, QuotesItsOwnWordsAboutAFileThatItCannotRead) {
  Subject subject("openvino:cpu", {});
  subject.model.path = folder() / "garbage.onnx";
  std::ofstream(subject.model.path) << "this is no model";
  try {
    subject.compile()->open(1);
    FAIL() << "loaded";
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), HasSubstr("OpenVINO cannot load"));
    EXPECT_THAT(e.what(), HasSubstr("garbage.onnx"));
    EXPECT_EQ(std::string(e.what()).find('\n'), std::string::npos);
  }
}

TEST_F(OpenVino, RefusesAnArtefactOfAnotherRuntime) {
  Subject subject("openvino:cpu", {});
  Artefact artefact;
  artefact.kind = "hef";
  EXPECT_THROW(subject.found.backend->compile(subject.model, &artefact, subject.found.device, {}),
               Unsupported);
}

TEST_F(OpenVino, RefusesASlotThatIsInFlight) {
  Subject subject("openvino:cpu", {});
  const auto stream = subject.compile()->stream(1, 1);
  const auto input = subject.next_input(1);
  std::vector<float> output(subject.outputs());
  const auto in = std::as_bytes(std::span(input));
  const auto out = std::as_writable_bytes(std::span(output));
  EXPECT_THROW(stream->wait(), Error);
  EXPECT_THROW(stream->submit(1, in, out), Error);
  stream->submit(0, in, out);
  EXPECT_THROW(stream->submit(0, in, out), Error);
  stream->wait();
}

bool is_built() { return registry().find("openvino").backend != nullptr; }

// Exits with 0 when the module, in a fresh process, says that the library is not there.
void check_in_a_fresh_process(const char* words) {
  const Availability availability = registry().find("openvino").availability();
  const bool right = availability.kind == Availability::NoRuntime &&
                     availability.reason.find(words) != std::string::npos &&
                     !availability.hint.empty();
  if (!right) std::fprintf(stderr, "%s\n", availability.reason.c_str());
  std::exit(right ? 0 : 1);
}

TEST(OpenVinoLibrary, IsNoRuntimeWithTheLoadersWordsWhereItIsMissing) {
  if (!is_built()) GTEST_SKIP() << "the module was not built";
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  ::setenv("STEELYARD_OPENVINO_LIB", "/nowhere", 1);
  EXPECT_EXIT(check_in_a_fresh_process("/nowhere: cannot open shared object file"),
              testing::ExitedWithCode(0), "");
  ::unsetenv("STEELYARD_OPENVINO_LIB");
}

TEST(OpenVinoLibrary, IsNoRuntimeWhereTheFileIsAnotherLibrary) {
  if (!is_built()) GTEST_SKIP() << "the module was not built";
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  ::setenv("STEELYARD_OPENVINO_LIB", "libm.so.6", 1);
  EXPECT_EXIT(check_in_a_fresh_process("undefined symbol: ov_"), testing::ExitedWithCode(0), "");
  ::unsetenv("STEELYARD_OPENVINO_LIB");
}

}  // namespace
}  // namespace steelyard::contract

// SPDX-License-Identifier: Apache-2.0
// ONNX Runtime's adapter beyond the contract: settings, its own words, a library that is not there.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/contract/subjects.h"

namespace steelyard::contract {
namespace {

using testing::HasSubstr;

class OnnxRuntime : public testing::Test {
 protected:
  void SetUp() override {
    const Availability availability = registry().find("onnxruntime").availability();
    if (availability.kind != Availability::Ready) GTEST_SKIP() << availability.reason;
  }
};

std::string refusal_of(std::vector<Setting> settings) {
  try {
    Subject("onnxruntime:cpu", {}, 1, std::move(settings)).compile();
  } catch (const UsageError& e) {
    return std::string(e.what()) + "; " + e.hint();
  }
  return "accepted";
}

TEST_F(OnnxRuntime, RefusesValuesThatItDoesNotKnow) {
  EXPECT_EQ(refusal_of({{"threads", "0"}}),
            "onnxruntime.threads cannot be '0'; it is a number from 1 to 1024");
  EXPECT_THAT(refusal_of({{"threads", "2x"}}), HasSubstr("'2x'"));
  EXPECT_THAT(refusal_of({{"threads", ""}}), HasSubstr("''"));
  EXPECT_EQ(refusal_of({{"optimisation", "max"}}),
            "onnxruntime.optimisation cannot be 'max'; it is none, basic, extended or all");
  EXPECT_EQ(refusal_of({{"spinning", "1"}}), "onnxruntime.spinning cannot be '1'; it is on or off");
  EXPECT_EQ(refusal_of({{"threads", "2"}, {"optimisation", "basic"}, {"spinning", "off"}}),
            "accepted");
}

TEST_F(OnnxRuntime, SaysItsVersion) {
  EXPECT_THAT(registry().resolve(parse_spec("onnxruntime:cpu")).device.runtime,
              testing::MatchesRegex("ONNX Runtime 1\\.[0-9]+\\.[0-9]+.*"));
}

TEST_F(OnnxRuntime, QuotesItsOwnWordsAboutAFileThatItCannotRead) {
  Subject subject("onnxruntime:cpu", {});
  subject.model.path = folder() / "garbage.onnx";
  std::ofstream(subject.model.path) << "this is no model";
  try {
    subject.compile();
    FAIL() << "loaded";
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), HasSubstr("ONNX Runtime cannot load"));
    EXPECT_THAT(e.what(), HasSubstr("garbage.onnx"));
    EXPECT_THAT(e.what(), HasSubstr("failed"));
  }
}

TEST_F(OnnxRuntime, RunsTheArtefactInsteadOfTheModel) {
  Subject subject("onnxruntime:cpu", {}, 1), other("onnxruntime:cpu", {}, 2);
  Artefact artefact;
  artefact.path = other.model.path.string();
  const auto compiled =
      subject.found.backend->compile(subject.model, &artefact, subject.found.device, {});
  const auto session = compiled->open(1);
  const auto input = subject.next_input(1);
  expect_close(infer(*session, input), other.exact(input), 1e-5);
}

TEST_F(OnnxRuntime, RefusesAnArtefactOfAnotherRuntime) {
  Subject subject("onnxruntime:cpu", {});
  Artefact artefact;
  artefact.kind = "hef";
  EXPECT_THROW(subject.found.backend->compile(subject.model, &artefact, subject.found.device, {}),
               Unsupported);
}

bool is_built() { return registry().find("onnxruntime").backend != nullptr; }

// Exits with 0 when the module, in a fresh process, says that the library is not there.
void check_in_a_fresh_process(const char* words) {
  const Availability availability = registry().find("onnxruntime").availability();
  const bool right = availability.kind == Availability::NoRuntime &&
                     availability.reason.find(words) != std::string::npos &&
                     !availability.hint.empty();
  if (!right) std::fprintf(stderr, "%s\n", availability.reason.c_str());
  std::exit(right ? 0 : 1);
}

TEST(OnnxRuntimeLibrary, IsNoRuntimeWithTheLoadersWordsWhereItIsMissing) {
  if (!is_built()) GTEST_SKIP() << "the module was not built";
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  ::setenv("STEELYARD_ONNXRUNTIME_LIB", "/nowhere", 1);
  EXPECT_EXIT(check_in_a_fresh_process("/nowhere: cannot open shared object file"),
              testing::ExitedWithCode(0), "");
  ::unsetenv("STEELYARD_ONNXRUNTIME_LIB");
}

TEST(OnnxRuntimeLibrary, IsNoRuntimeWithTheLoadersWordsWhereItIsBroken) {
  if (!is_built()) GTEST_SKIP() << "the module was not built";
  const auto broken = folder() / "libonnxruntime.so.1";
  std::ofstream(broken) << "not a library";
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  ::setenv("STEELYARD_ONNXRUNTIME_LIB", broken.c_str(), 1);
  EXPECT_EXIT(check_in_a_fresh_process("libonnxruntime.so.1: file too short"),
              testing::ExitedWithCode(0), "");
  ::unsetenv("STEELYARD_ONNXRUNTIME_LIB");
}

}  // namespace
}  // namespace steelyard::contract

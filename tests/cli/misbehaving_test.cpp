// SPDX-License-Identifier: Apache-2.0
// Runtimes that crash, leave, print and fail, each beside one that behaves.
#include "tests/cli/bench.h"

namespace steelyard {
namespace {

class Misbehaving : public Bench {
 protected:
  void SetUp() override { program_.set("STEELYARD_MODULES", STEELYARD_BUILD "/tests/fakes"); }

  // The row of `device`, measured beside fake:behaves, which must be Completed.
  Json row_beside(const std::string& device, int code) {
    const Said said = run({device, "fake:behaves"}, quickly({"--json"}));
    EXPECT_EQ(said.code, code) << said.err;
    const Json rows = cases_of(said);
    EXPECT_EQ(rows.at(1).at("outcome").at("kind"), "Completed");
    return rows.at(0);
  }
};

TEST_F(Misbehaving, ACrashIsARowWithSignalAndLastWords) {
  const Json outcome = row_beside("fake:crashes", 1).at("outcome");
  EXPECT_EQ(outcome.at("kind"), "Failed");
  EXPECT_EQ(outcome.at("reason").at("code"), "crashed");
  EXPECT_EQ(outcome.at("reason").at("quoted"), "SIGSEGV: vendor: DMA fault");
}

TEST_F(Misbehaving, LeavingIsARowWithStatusAndLastWords) {
  const Json outcome = row_beside("fake:exits", 1).at("outcome");
  EXPECT_EQ(outcome.at("reason").at("code"), "exited");
  EXPECT_EQ(outcome.at("reason").at("quoted"), "vendor: no licence");
}

TEST_F(Misbehaving, AnErrorIsARowWithItsHint) {
  const Json outcome = row_beside("fake:fails", 1).at("outcome");
  EXPECT_EQ(outcome.at("reason").at("quoted"), "vendor status 6: timeout");
  EXPECT_EQ(outcome.at("hint"), "power-cycle the board");
}

TEST_F(Misbehaving, PrintingOnStdoutDoesNotDisturb) {
  EXPECT_EQ(row_beside("fake:prints", 0).at("outcome").at("kind"), "Completed");
}

TEST_F(Misbehaving, AModelThatADeviceCannotRunIsSkipped) {
  const Json outcome = row_beside("fake:unsupported", 0).at("outcome");
  EXPECT_EQ(outcome.at("kind"), "Skipped");
  EXPECT_EQ(outcome.at("reason").at("code"), "unsupported");
}

TEST_F(Misbehaving, RunningOutOfMemoryIsARow) {
  EXPECT_EQ(row_beside("fake:greedy", 1).at("outcome").at("reason").at("quoted"), "memory ran out");
}

TEST_F(Misbehaving, NothingMeasuredIsAnExitCodeOfItsOwn) {
  const Said said = run({"fake:unsupported"}, quickly());
  EXPECT_EQ(said.code, 3) << said.err;
  EXPECT_NE(said.err.find("nothing could be measured"), std::string::npos);
}

TEST_F(Misbehaving, DevicesOfOneChipTakeTurns) {
  program_.set("FAKE_LOCKS", folder_.path());
  const Said said = run({"fake:shared-a", "fake:shared-b"}, quickly({"--json"}));
  EXPECT_EQ(said.code, 0) << said.err;
  for (const Json& row : cases_of(said)) EXPECT_EQ(row.at("outcome").at("kind"), "Completed");
}

TEST_F(Misbehaving, AKnownModuleThatIsNotThereIsSkippedWithTheWayOut) {
  const Said said = run({"onnxruntime:cpu", "fake:behaves"}, quickly({"--json"}));
  EXPECT_EQ(said.code, 0);
  const Json outcome = cases_of(said).at(0).at("outcome");
  EXPECT_EQ(outcome.at("kind"), "Skipped");
  EXPECT_EQ(outcome.at("reason").at("code"), "not_built");
  EXPECT_FALSE(outcome.at("hint").get<std::string>().empty());
}

}  // namespace
}  // namespace steelyard

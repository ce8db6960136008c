// SPDX-License-Identifier: Apache-2.0
// Runtimes that crash, leave, print, fail, flood, swell and answer nonsense, beside a good one.
#include <csignal>

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

TEST_F(Misbehaving, AnAbortIsARowWithItsSignal) {
  const Json reason = row_beside("fake:aborts", 1).at("outcome").at("reason");
  EXPECT_EQ(reason.at("code"), "crashed");
  EXPECT_EQ(reason.at("values").at("signal"), SIGABRT);
}

TEST_F(Misbehaving, AnExceptionThatIsNoneOfOursIsARow) {
  const Json outcome = row_beside("fake:throws", 1).at("outcome");
  EXPECT_EQ(outcome.at("kind"), "Failed");
  EXPECT_EQ(outcome.at("reason").at("quoted"),
            "the runtime threw something that is no exception of C++'s library");
}

TEST_F(Misbehaving, ADeviceLostMidwayKeepsWhatWasMeasured) {
  const Said said = run({"fake:vanishes", "fake:behaves"},
                        {"--json", "--min-duration", "10ms", "--min-queries", "1000"});
  EXPECT_EQ(said.code, 1);
  const Json row = cases_of(said).at(0);
  EXPECT_EQ(row.at("outcome").at("reason").at("quoted"), "device lost: PCIe link down");
  EXPECT_EQ(row.at("outcome").at("hint"), "seat the card again");
  EXPECT_FALSE(row.at("latency_ns").at("curve").at("ns").empty());
}

TEST_F(Misbehaving, AWrongSizeIsARow) {
  EXPECT_NE(row_beside("fake:wrong-size", 1)
                .at("outcome")
                .at("reason")
                .at("quoted")
                .get<std::string>()
                .find("no input of the model takes"),
            std::string::npos);
}

TEST_F(Misbehaving, NotANumberIsWrong) {
  const Json row = row_beside("fake:not-a-number", 0);
  EXPECT_EQ(row.at("correctness").at("kind"), "WRONG");
  EXPECT_NE(row.at("correctness").at("reason").at("quoted").get<std::string>().find("not finite"),
            std::string::npos);
  EXPECT_TRUE(row.at("accuracy").at("rmse").is_null());
}

TEST_F(Misbehaving, AFloodOnStderrBlocksNobody) {
  EXPECT_EQ(row_beside("fake:floods", 0).at("outcome").at("kind"), "Completed");
}

TEST_F(Misbehaving, ASlowStartIsWaitedForAndReported) {
  const Json row = row_beside("fake:slow-start", 0);
  EXPECT_GE(row.at("startup").at("load_ns").get<double>(), 3e9);
}

TEST_F(Misbehaving, MoreMemoryThanItMayHaveEndsACase) {
  const Said said =
      run({"fake:swells", "fake:behaves"},
          {"--json", "--memory-limit", "300M", "--min-duration", "10ms", "--min-queries", "1500"});
  EXPECT_EQ(said.code, 1) << said.err;
  const Json rows = cases_of(said);
  EXPECT_EQ(rows.at(0).at("outcome").at("reason").at("code"), "over_memory");
  EXPECT_EQ(rows.at(1).at("outcome").at("kind"), "Completed");
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

TEST_F(Misbehaving, LongAHangEndsWithItsDeadline) {  // after two minutes
  const Json outcome = row_beside("fake:hangs", 1).at("outcome");
  EXPECT_EQ(outcome.at("kind"), "Failed");
  EXPECT_EQ(outcome.at("reason").at("code"), "timed_out");
  EXPECT_GT(outcome.at("reason").at("values").at("seconds").get<double>(), 100);
}

}  // namespace
}  // namespace steelyard

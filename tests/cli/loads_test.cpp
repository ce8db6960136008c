// SPDX-License-Identifier: Apache-2.0
// Loads, sweeps and efforts through the whole program, on a device that takes 100 us.
#include <cmath>

#include "tests/cli/bench.h"

namespace steelyard {
namespace {

class Loads : public Bench {};

TEST_F(Loads, SweepsMultiplyOnce) {
  const Said said = program_.run(run_words(
      {"simulated:steady"}, {"--scenario", "offline,server,fixedrate", "--batch", "1..4*2,2",
                             "--in-flight", "1,2", "--rate", "100,1000/s", "--dry-run", "--json"}));
  ASSERT_EQ(said.code, 0) << said.err;
  EXPECT_EQ(cases_of(said).size(), 3u * 2 + 2 * 2 * 2) << "the batch of 2 only once";
}

TEST_F(Loads, AServerOnASimulatedDeviceQueuesAsTheoryHasIt) {
  const Said said = run({"simulated:steady"}, {"--scenario", "server", "--rate", "8000/s",
                                               "--min-queries", "100000", "--json"});
  ASSERT_EQ(said.code, 0) << said.err;
  const Json row = cases_of(said).at(0);
  EXPECT_EQ(row.at("scenario"),
            (Json{{"kind", "Server"}, {"rate_per_second", 8000}, {"in_flight", 1}}));
  EXPECT_EQ(row.at("rate").at("offered_per_second"), 8000);
  EXPECT_EQ(row.at("rate").at("late_percent"), 0);
  // 80 % load of a constant service: waiting takes two services on average.
  EXPECT_NEAR(row.at("latency_ns").at("mean").get<double>(), 300'000, 30'000);
}

TEST_F(Loads, AFixedRateWithinTheDevicesPaceNeverWaits) {
  const Said said =
      run({"simulated:steady"}, {"--scenario", "FixedRate", "--rate", "500", "--json"});
  ASSERT_EQ(said.code, 0) << said.err;
  const Json row = cases_of(said).at(0);
  EXPECT_EQ(row.at("latency_ns").at("max"), 100'000);
  EXPECT_NEAR(row.at("throughput_per_second").get<double>(), 500, 1);
}

TEST_F(Loads, SaysThatADeviceCannotKeepUp) {
  const Said said = run({"simulated:steady"}, {"--scenario", "server", "--rate", "20000",
                                               "--max-duration", "2s", "--json"});
  ASSERT_EQ(said.code, 0) << said.err;
  const Json row = cases_of(said).at(0);
  EXPECT_EQ(row.at("rate").at("reason").at("code"), "overloaded");
  EXPECT_EQ(row.at("trust").at("kind"), "INSUFFICIENT");
}

TEST_F(Loads, PeakRateNeedsNoGuess) {
  const Said said = run({"simulated:steady"}, {"--scenario", "peakrate", "--p99", "1ms",
                                               "--min-queries", "250000", "--json"});
  ASSERT_EQ(said.code, 0) << said.err;
  const Json row = cases_of(said).at(0);
  const double peak = row.at("rate").at("peak_per_second").get<double>();
  EXPECT_GT(peak, 7000);
  EXPECT_LT(peak, 9000);
  EXPECT_LE(row.at("latency_ns").at("percentiles").at(3).at("ns").get<double>(), 1e6);
}

TEST_F(Loads, StreamingGivesTheAnswersOfWholeWindows) {
  const Said said =
      run({"native-cpu", "simulated:steady"}, quickly({"--scenario", "streaming", "--json"}));
  ASSERT_EQ(said.code, 0) << said.err;
  for (const Json& row : cases_of(said)) {
    EXPECT_EQ(row.at("outcome").at("kind"), "Completed");
    EXPECT_EQ(row.at("correctness").at("kind"), "OK") << row.at("spec");
    EXPECT_TRUE(row.at("latency_ns").at("parts").contains("prepare"));
  }
}

TEST_F(Loads, StreamingIsSkippedWhereTheStateCannotBeCarried) {
  const Said said = run({"null"}, quickly({"--scenario", "streaming"}));
  EXPECT_EQ(said.code, 3);
  EXPECT_NE(said.err.find("does not carry a model's state"), std::string::npos) << said.err;
}

TEST_F(Loads, StandardEffortMeasuresInFiveProcesses) {
  const Said said = run({"simulated:steady"}, {"--effort", "standard", "--json"});
  ASSERT_EQ(said.code, 0) << said.err;
  const Json row = cases_of(said).at(0);
  EXPECT_EQ(row.at("workers"), 5);
  EXPECT_GE(row.at("measured_seconds").get<double>(), 60);
  EXPECT_EQ(row.at("trust").at("kind"), "STABLE");
}

TEST_F(Loads, AreNamedInTheReport) {
  ASSERT_EQ(run({"simulated:steady"}, {"--scenario", "singlestream,server", "--rate", "2000"}).code,
            0);
  EXPECT_NE(program_.run({"report", "m.db"}).out.find("Server (2,000"), std::string::npos);
  EXPECT_NE(program_.run({"report", "m.db", "--lang", "ko"}).out.find("무작위 도착(서버"),
            std::string::npos);
}

TEST_F(Loads, TwoCampaignsDoNotMeasureEachOther) {
  const pid_t first =
      program_.start(run_words({"native-cpu"}, {"--db", "first.db", "--min-duration", "3s"}));
  for (int i = 0; i < 200 && !std::filesystem::exists(folder_ / "host.lock"); ++i) ::usleep(50'000);
  Program second(folder_);
  second.set("STEELYARD_LOCK", folder_ / "host.lock");
  const pid_t pid = second.start(run_words({"native-cpu"}, quickly({"--db", "second.db"})));
  int status = 0;
  ::waitpid(pid, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 1);
  EXPECT_NE(
      Program::text(folder_ / "stderr.txt").find("another campaign is measuring on this host"),
      std::string::npos);
  ::waitpid(first, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 0) << "the first is not disturbed";
}

TEST_F(Loads, RequireStableIsAnExitCode) {
  EXPECT_EQ(run({"simulated:steady"}, {"--require", "stable"}).code, 0);
  EXPECT_EQ(run({"simulated:steady"}, {"--require", "stable", "--db", "n.db", "--scenario",
                                       "server", "--rate", "20000", "--max-duration", "2s"})
                .code,
            4);
}

}  // namespace
}  // namespace steelyard

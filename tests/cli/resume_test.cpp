// SPDX-License-Identifier: Apache-2.0
// Campaigns that were interrupted, politely and otherwise.
#include <chrono>
#include <thread>

#include "tests/cli/bench.h"

namespace steelyard {
namespace {

class Resume : public Bench {
 protected:
  // Two cases of 5 blocks of 0.3 s, beside two that cost no time.
  std::vector<std::string> long_words(std::vector<std::string> more = {}) const {
    more.insert(more.end(), {"--min-duration", "1.5s", "--json"});
    return run_words({"native-cpu", "null", "simulated:steady"}, more);
  }
  // Waits until the database holds a few blocks.
  void wait_for_blocks(int seconds = 60) const {
    for (int i = 0; i < seconds * 20; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      std::error_code error;
      if (std::filesystem::file_size(folder_ / "m.db", error) > 120'000 && !error) return;
    }
    FAIL() << "no block was stored";
  }
  static std::vector<pid_t> workers_of(pid_t campaign) {
    std::vector<pid_t> all;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
      const std::string name = entry.path().filename();
      if (name.find_first_not_of("0123456789") != name.npos) continue;
      const std::string stat = Program::text(entry.path() / "stat");
      const auto close = stat.rfind(')');
      if (close == stat.npos) continue;
      if (std::atoi(stat.c_str() + close + 4) == campaign) all.push_back(std::stoi(name));
    }
    return all;
  }
};

TEST_F(Resume, GoesOnAfterKillMinusNine) {
  const pid_t pid = program_.start(long_words());
  wait_for_blocks();
  const auto workers = workers_of(pid);
  EXPECT_FALSE(workers.empty());
  ::kill(pid, SIGKILL);
  EXPECT_EQ(program_.wait(pid).code, 128 + SIGKILL);
  for (int i = 0; i < 200; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    bool any = false;
    for (const pid_t worker : workers) any = any || ::kill(worker, 0) == 0;
    if (!any) break;
    EXPECT_LT(i, 199) << "a worker outlived its campaign";
  }
  const Said again = program_.run(long_words());
  EXPECT_EQ(again.code, 2);
  EXPECT_NE(again.err.find("holds an unfinished campaign of the same cases"), std::string::npos);
  const Said resumed = program_.run({"run", "--db", "m.db", "--resume", "--json"});
  ASSERT_EQ(resumed.code, 0) << resumed.err;
  const Json rows = cases_of(resumed);
  ASSERT_EQ(rows.size(), 3u);
  for (const Json& row : rows) {
    EXPECT_EQ(row.at("outcome").at("kind"), "Completed");
    EXPECT_GE(row.at("measured_seconds").get<double>(), 1.5);
    EXPECT_LT(row.at("measured_seconds").get<double>(), 2.5) << "no block was measured twice";
  }
  EXPECT_EQ(rows[2].at("queries"), 15'000) << "five blocks of 3,000 queries, none twice";
  EXPECT_EQ(rows[2].at("latency_ns").at("mean"), 100'000);
}

TEST_F(Resume, StopsAfterTheBlockAtCtrlCAndSaysHowToGoOn) {
  const pid_t pid = program_.start(long_words());
  wait_for_blocks();
  ::kill(pid, SIGINT);
  const Said stopped = program_.wait(pid);
  EXPECT_EQ(stopped.code, 1);
  EXPECT_NE(stopped.err.find("Go on with: steelyard run --db m.db --resume"), std::string::npos)
      << stopped.err;
  EXPECT_EQ(stopped.out, "");
  const Said report = program_.run({"export", "m.db"});
  EXPECT_EQ(report.code, 0) << "what was measured can be read";
  const Said resumed = program_.run(long_words({"--resume"}));
  ASSERT_EQ(resumed.code, 0) << resumed.err;
  EXPECT_EQ(cases_of(resumed).at(2).at("queries"), 15'000);
}

TEST_F(Resume, SaysThatNothingIsMissing) {
  ASSERT_EQ(run({"simulated:steady"}).code, 0);
  const Said said = run({"simulated:steady"}, {"--resume", "--json"});
  EXPECT_EQ(said.code, 0);
  EXPECT_NE(said.err.find("m.db is complete: there is nothing to resume."), std::string::npos);
  EXPECT_EQ(cases_of(said).at(0).at("queries"), 20'000);
}

TEST_F(Resume, MeasuresWhatWasAddedAndNothingTwice) {
  ASSERT_EQ(run({"simulated:steady"}).code, 0);
  const std::string before = cases_of(program_.run({"export", "m.db"})).at(0).at("campaign");
  const Said said = run({"simulated:steady", "null"}, quickly({"--resume", "--json"}));
  ASSERT_EQ(said.code, 0) << said.err;
  const Json rows = cases_of(said);
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].at("campaign"), before);
  EXPECT_EQ(rows[0].at("queries"), 20'000);
  EXPECT_NE(rows[1].at("campaign"), before);
}

TEST_F(Resume, TriesAgainWhatFailed) {
  program_.set("STEELYARD_MODULES", STEELYARD_BUILD "/tests/fakes");
  EXPECT_EQ(run({"fake:fails", "simulated:steady"}, quickly()).code, 1);
  const Said said = run({"fake:fails", "simulated:steady"}, quickly({"--resume"}));
  EXPECT_EQ(said.code, 1);
  EXPECT_NE(said.err.find("fake:fails: Failed"), std::string::npos);
  EXPECT_EQ(said.err.find("simulated:steady"), std::string::npos) << "that one was complete";
}

TEST_F(Resume, AsksWhatToMeasureWhereNothingWasBegun) {
  const Said said = program_.run({"run", "--db", "none.db", "--resume"});
  EXPECT_EQ(said.code, 2);
  EXPECT_NE(said.err.find("add --device"), std::string::npos);
}

TEST_F(Resume, BeginsWhereThereIsNoDatabaseYet) {
  EXPECT_EQ(run({"simulated:steady"}, {"--resume"}).code, 0);
}

TEST_F(Resume, RefusesOtherCasesThanThoseOfTheUnfinishedCampaign) {
  const pid_t pid = program_.start(long_words());
  wait_for_blocks();
  ::kill(pid, SIGKILL);
  program_.wait(pid);
  const Said said = run({"simulated:steady"}, {"--resume"});
  EXPECT_EQ(said.code, 2);
  EXPECT_NE(said.err.find("measures other cases than this command"), std::string::npos);
}

TEST_F(Resume, FailsTheCaseWhoseModelWasChanged) {
  const pid_t pid = program_.start(long_words());
  wait_for_blocks();
  ::kill(pid, SIGKILL);
  program_.wait(pid);
  write_model(folder_ / "GRU.onnx", 9);
  const Said said = program_.run({"run", "--db", "m.db", "--resume"});
  EXPECT_EQ(said.code, 1);
  EXPECT_NE(said.err.find("is not the file that this campaign was planned with"),
            std::string::npos);
}

}  // namespace
}  // namespace steelyard

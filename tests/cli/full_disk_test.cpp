// SPDX-License-Identifier: Apache-2.0
// A campaign on a disk that fills up and is cleared again.
#include <chrono>
#include <fstream>
#include <thread>

#include "tests/cli/bench.h"

namespace steelyard {
namespace {

class FullDisk : public Bench {
 protected:
  bool said(const std::string& words) const {
    for (int tenths = 0; tenths < 900; ++tenths) {
      if (Program::text(folder_ / "stderr.txt").find(words) != std::string::npos) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    return false;
  }
};

TEST_F(FullDisk, PausesTheCampaignUntilThereIsSpace) {
  const std::filesystem::path flag = folder_ / "full";
  program_.set("LD_PRELOAD", STEELYARD_FULL_DISK);
  program_.set("FULL_DISK", flag);
  const pid_t campaign =
      program_.start(run_words({"native-cpu"}, {"--json", "--min-duration", "2s"}));
  EXPECT_TRUE(said("[1/5]")) << "the first block is stored";
  std::ofstream(flag) << "full";
  EXPECT_TRUE(said("Paused: free some space and the campaign goes on by itself"));
  std::filesystem::remove(flag);
  const Said all = program_.wait(campaign);
  EXPECT_EQ(all.code, 0) << all.err;
  const Json row = cases_of(all).at(0);
  EXPECT_EQ(row.at("outcome").at("kind"), "Completed");
  EXPECT_GE(row.at("measured_seconds").get<double>(), 2) << "no block is lost";
  EXPECT_EQ(all.err.find("Paused"), all.err.rfind("Paused")) << "it is said once";
}

}  // namespace
}  // namespace steelyard

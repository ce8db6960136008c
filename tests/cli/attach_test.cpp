// SPDX-License-Identifier: Apache-2.0
// Watts from outside: read by eye, and by a meter that writes a file meanwhile.
#include <atomic>
#include <chrono>
#include <cmath>
#include <fstream>
#include <sstream>
#include <thread>

#include "steelyard/base/clock.h"
#include "tests/cli/bench.h"

namespace steelyard {
namespace {

class Attach : public Bench {
 protected:
  Json row() const { return cases_of(program_.run({"export", "m.db"})).at(0); }
};

TEST_F(Attach, FiguresReadByEyeAreEnteredAndCanBeTakenBack) {
  ASSERT_EQ(run({"native-cpu"}, quickly()).code, 0);
  const std::vector<std::string> words{"attach", "m.db", "--power", "idle=3.4W,active=4.6W"};
  EXPECT_EQ(program_.run(words).code, 2) << "where they were read is not said";
  auto at_the_wall = words;
  at_the_wall.insert(at_the_wall.end(), {"--boundary", "wall", "--note", "an old meter"});
  const Said said = program_.run(at_the_wall);
  ASSERT_EQ(said.code, 0) << said.err;
  const Json with = row();
  EXPECT_EQ(with.at("power").at("watts"), 4.6);
  EXPECT_EQ(with.at("power").at("boundary"), "wall");
  EXPECT_EQ(with.at("power").at("provenance"), "entered");
  EXPECT_EQ(with.at("energy").at("provenance"), "entered");
  EXPECT_NEAR(with.at("energy").at("joules_per_query").get<double>(),
              4.6 / with.at("throughput_per_second").get<double>(),
              1e-3 * 4.6 / with.at("throughput_per_second").get<double>());
  EXPECT_EQ(program_.run({"attach", "m.db", "--undo"}).code, 0);
  EXPECT_NE(row().at("power").at("watts"), 4.6);
  EXPECT_EQ(program_.run({"attach", "m.db", "--undo"}).code, 2) << "there is nothing more to undo";
}

TEST_F(Attach, SimulatedDevicesHaveNoWall) {
  ASSERT_EQ(run({"simulated:steady"}, quickly()).code, 0);
  const Said said =
      program_.run({"attach", "m.db", "--power", "active=4.6W", "--boundary", "wall"});
  EXPECT_EQ(said.code, 2);
  EXPECT_NE(said.err.find("holds no measured case"), std::string::npos) << said.err;
}

TEST_F(Attach, AFileThatIsNoMeterIsASentence) {
  ASSERT_EQ(run({"native-cpu"}, quickly()).code, 0);
  std::ofstream(folder_ / "meter.csv") << "a,b\n1,2\n";
  const Said said =
      program_.run({"attach", "m.db", "--meter", "csv:meter.csv,time=time,watts=watts"});
  EXPECT_NE(said.code, 0);
  EXPECT_NE(said.err.find("meter.csv"), std::string::npos) << said.err;
}

// CPU time of a process and its children so far, s.
double cpu_seconds(pid_t process) {
  double ticks = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    if (entry.path().filename().string().find_first_not_of("0123456789") != std::string::npos)
      continue;
    std::string stat;  // a process may end while it is read
    std::ifstream file(entry.path() / "stat");
    std::getline(file, stat);
    const auto name = stat.rfind(')');
    if (name == std::string::npos) continue;
    std::istringstream fields(stat.substr(name + 2));
    std::string state, skipped;
    pid_t parent = 0;
    fields >> state >> parent;
    if (parent != process && entry.path().filename() != std::to_string(process)) continue;
    for (int i = 0; i < 9; ++i) fields >> skipped;
    double user = 0, system = 0;
    fields >> user >> system;
    ticks += user + system;
  }
  return ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

// 3 W, and 2 W more for each core that the campaign uses, ten times a second, in seconds of its
// own.
void write_meter(const std::filesystem::path& file, const std::atomic<pid_t>& campaign,
                 const std::atomic<bool>& stop) {
  const nanoseconds begin = MonotonicClock::read();
  nanoseconds last = begin;
  double before = 0;
  while (!stop) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    const nanoseconds now = MonotonicClock::read();
    const double used = campaign > 0 ? cpu_seconds(campaign) : 0;
    // A worker that has ended takes its CPU time along.
    const double cores = std::max(0.0, used - before) / seconds_of(now - last);
    std::ofstream(file, std::ios::app) << seconds_of(now - begin) << ',' << 3 + 2 * cores << '\n';
    before = used;
    last = now;
  }
}

TEST_F(Attach, LongAMeterIsLaidOverTheRunByItsPulses) {  // some two minutes
  std::ofstream(folder_ / "meter.csv") << "s,w\n0,3\n";
  std::atomic<pid_t> campaign{0};
  std::atomic<bool> stop{false};
  std::thread meter(write_meter, folder_.path() / "meter.csv", std::cref(campaign),
                    std::cref(stop));
  std::this_thread::sleep_for(std::chrono::seconds(1));  // a meter is switched on before
  const std::string source = "csv:meter.csv,time=s,watts=w";
  campaign =
      program_.start(run_words({"native-cpu"}, quickly({"--mark-power", "--meter", source})));
  const Said live = program_.wait(campaign);
  stop = true;
  meter.join();
  ASSERT_EQ(live.code, 0) << live.err;
  EXPECT_NE(live.err.find("readings attached to 1 cases by load pulses"), std::string::npos)
      << live.err;
  const Json with = row();
  EXPECT_EQ(with.at("power").at("boundary"), "wall");
  EXPECT_EQ(with.at("energy").at("alignment").at("method"), "load pulses");
  EXPECT_EQ(program_.run({"attach", "m.db", "--undo"}).code, 0);
  EXPECT_NE(row().at("power").at("boundary"), "wall");
  const Said again = program_.run({"attach", "m.db", "--meter", source, "--boundary", "system"});
  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_EQ(row().at("power").at("boundary"), "system");
}

}  // namespace
}  // namespace steelyard

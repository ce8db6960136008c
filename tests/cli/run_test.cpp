// SPDX-License-Identifier: Apache-2.0
// Whole runs, with exact times where the device is simulated.
#include "tests/cli/bench.h"

namespace steelyard {
namespace {

class Run : public Bench {};

TEST_F(Run, EndsInExactTimesOnASimulatedDevice) {
  const Said said = run({"simulated:steady"}, {"--json"});
  ASSERT_EQ(said.code, 0) << said.err;
  const Json row = cases_of(said).at(0);
  EXPECT_EQ(row.at("model"), "GRU");
  EXPECT_EQ(row.at("spec"), "simulated:steady");
  EXPECT_EQ(row.at("provenance"), "simulated");
  EXPECT_EQ(row.at("outcome").at("kind"), "Completed");
  EXPECT_EQ(row.at("queries"), 20'000);
  EXPECT_EQ(row.at("latency_ns").at("mean"), 100'000);
  EXPECT_EQ(row.at("latency_ns").at("stddev"), 0);
  EXPECT_EQ(row.at("latency_ns").at("percentiles").at(3).at("ns"), 100'000);
  EXPECT_EQ(row.at("throughput_per_second"), 10'000);
  EXPECT_EQ(row.at("startup").at("load_ns"), 500'000'000);
  EXPECT_EQ(row.at("startup").at("first_query_ns"), 5'100'000);
  EXPECT_EQ(row.at("startup").at("warm_up_ns"), 200'000'000);
  EXPECT_EQ(row.at("correctness").at("kind"), "OK");
  EXPECT_EQ(row.at("trust").at("kind"), "STABLE");
  EXPECT_NEAR(row.at("power").at("watts").get<double>(), 1.5, 0.01);
  EXPECT_NEAR(row.at("power").at("idle_watts").get<double>(), 0.5, 0.01);
}

TEST_F(Run, EndsInTheSameTimesForTheSameSeed) {
  const auto latencies = [this](const std::string& database, const std::string& seed) {
    const Said said = run({"simulated:rtx-3070-ti+tensorrt", "simulated:hailo-8l"},
                          {"--json", "--seed", seed, "--db", database});
    Json all = Json::array();
    for (const Json& row : cases_of(said)) all.push_back({row.at("latency_ns"), row.at("power")});
    return all;
  };
  const Json one = latencies("1.db", "7");
  EXPECT_EQ(one, latencies("2.db", "7"));
  EXPECT_NE(one, latencies("3.db", "8"));
}

TEST_F(Run, MeasuresRealDevicesForTheEffortAndTheWholePass) {
  const Said said = run({"native-cpu", "null"}, {"--json", "--min-duration", "0.1s"});
  ASSERT_EQ(said.code, 0) << said.err;
  const Json rows = cases_of(said);
  ASSERT_EQ(rows.size(), 2u);
  for (const Json& row : rows) {
    EXPECT_GE(row.at("queries").get<int>(), 10'000);
    EXPECT_GE(row.at("measured_seconds").get<double>(), 0.1);
    EXPECT_EQ(row.at("workers"), 1);
  }
  EXPECT_TRUE(rows[0].at("accuracy").at("reason").is_null()) << "every window was reached";
  EXPECT_GT(rows[0].at("accuracy").at("rmse").get<double>(), 0);
  EXPECT_EQ(rows[1].at("correctness").at("kind"), "UNCHECKED");
  EXPECT_GT(rows[0].at("harness_overhead_ns").get<double>(), 0);
}

TEST_F(Run, MeasuresBatchesAndQueriesInFlight) {
  for (const std::string in_flight : {"1", "3"}) {
    const Said said = run({"native-cpu", "simulated:steady"},
                          quickly({"--json", "--scenario", "Offline", "--batch", "16",
                                   "--in-flight", in_flight, "--db", in_flight + ".db"}));
    ASSERT_EQ(said.code, 0) << said.err;
    for (const Json& row : cases_of(said)) {
      EXPECT_EQ(row.at("scenario"),
                (Json{{"kind", "Offline"}, {"batch", 16}, {"in_flight", std::stoi(in_flight)}}));
      EXPECT_EQ(row.at("correctness").at("kind"), "OK");
      EXPECT_TRUE(row.at("accuracy").at("reason").is_null()) << row.at("accuracy");
    }
  }
}

TEST_F(Run, SweepsASetting) {
  const Said said = run({"native-cpu"}, quickly({"--json", "--set", "native-cpu.nonsense=1,2"}));
  EXPECT_EQ(said.code, 1) << "both rows fail by name";
  const Json rows = cases_of(said);
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_NE(rows[0].at("outcome").at("reason").at("quoted").get<std::string>().find("nonsense"),
            std::string::npos);
}

TEST_F(Run, PrintsATableByDefaultAndTalksOnStderr) {
  const Said said = run({"simulated:steady"});
  EXPECT_EQ(said.code, 0);
  EXPECT_NE(said.out.find("Constant device"), std::string::npos);
  EXPECT_NE(said.out.find("100.0 µs"), std::string::npos);
  EXPECT_EQ(said.out.find('\x1b'), std::string::npos) << "no colour outside a terminal";
  EXPECT_NE(said.err.find("GRU on simulated:steady"), std::string::npos);
}

TEST_F(Run, LeavesOneFileBehind) {
  run({"simulated:steady"});
  std::vector<std::string> files;
  for (const auto& file : std::filesystem::directory_iterator(folder_.path()))
    if (file.path().filename().string().starts_with("m.db"))
      files.push_back(file.path().filename());
  EXPECT_EQ(files, std::vector<std::string>{"m.db"});
}

TEST_F(Run, MeasuresAgainIntoTheSameDatabase) {
  ASSERT_EQ(run({"simulated:steady"}).code, 0);
  ASSERT_EQ(run({"simulated:steady"}, {"--seed", "2"}).code, 0);
  const Said said = program_.run({"export", "m.db"});
  EXPECT_EQ(cases_of(said).size(), 1u) << "the newer campaign takes the place of the older";
}

TEST_F(Run, SaysWhatItWouldDoAndDoesNothing) {
  const Said said = run({"native-cpu", "null"}, {"--dry-run"});
  EXPECT_EQ(said.code, 0);
  EXPECT_EQ(said.out,
            "GRU on native-cpu  fp32  SingleStream\n"
            "GRU on null  fp32  SingleStream\n"
            "2 cases, about 0:06; nothing was measured\n");
  EXPECT_FALSE(std::filesystem::exists(folder_ / "m.db"));
}

TEST_F(Run, NamesAModel) {
  const Said said = program_.run({"run", "--model", "head=GRU.onnx", "--data", "table.csv",
                                  "--device", "simulated:steady", "--db", "m.db", "--json"});
  EXPECT_EQ(cases_of(said).at(0).at("model"), "head");
}

TEST_F(Run, WeighsAModelWithoutRecipeAndSaysWhyThereIsNoError) {
  // The key of the recipe, misspelt at the same length, is somebody else's metadata.
  std::string bytes = Program::text(folder_ / "GRU.onnx");
  bytes.replace(bytes.find("steelyard.recipe"), 16, "somebody.s_value");
  std::ofstream(folder_ / "GRU.onnx", std::ios::binary) << bytes;
  const Said said =
      program_.run({"run", "--model", "GRU.onnx", "--device", "simulated:steady", "native-cpu",
                    "--db", "m.db", "--min-duration", "10ms", "--json"});
  ASSERT_EQ(said.code, 0) << said.err;
  for (const Json& row : cases_of(said)) {
    EXPECT_GT(row.at("latency_ns").at("mean").get<double>(), 0);
    EXPECT_TRUE(row.at("accuracy").at("rmse").is_null());
    EXPECT_EQ(row.at("accuracy").at("reason").at("code"), "no_targets");
  }
}

}  // namespace
}  // namespace steelyard

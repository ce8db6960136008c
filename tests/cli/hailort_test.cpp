// SPDX-License-Identifier: Apache-2.0
// A Hailo device through the program, on the stand-in library: artefacts and what they were made
// from, the device's own time, nothing left in the user's folder.
#include <gmock/gmock.h>

#include "tests/cli/bench.h"

namespace steelyard {
namespace {

using testing::HasSubstr;

// Answers around `level`, small enough for what bytes leave of them.
void write_model_at(const std::filesystem::path& file, std::uint64_t seed, float level) {
  write_model(file, seed);
  const Model model = load_model(file);
  Network network = network_of(model);
  for (float& weight : network.head.at(0).w) weight *= 4;
  network.head[0].b.at(0) += level;
  save_network(network, *model.recipe, {}, file);
}

class HailoBench : public Bench {
 protected:
  HailoBench() {
    const std::string fakes = STEELYARD_BUILD "/tests/fakes/hailort";
    program_.set("STEELYARD_MODULES", fakes + "/modules");
    program_.set("STEELYARD_HAILORT_LIB", fakes + "/lib");
    write_model_at(folder_ / "GRU.onnx", 1, 0);
    write_model_at(folder_ / "other.onnx", 2, 0.5f);
    made_from("GRU.onnx");
  }
  // GRU.hef computes what that ONNX file says.
  void made_from(const std::string& model) const {
    std::ofstream(folder_ / "GRU.hef")
        << "FAKEHEF arch hailo8l model " << (folder_ / model).string() << " window 8";
  }
  void note(const std::string& made_from) const {
    std::ofstream(folder_ / "GRU.hef.made-from")
        << "sha256 " << load_model(folder_ / made_from).sha256 << "\nfile " << made_from << "\n";
  }
  Said weigh() const {
    std::filesystem::remove(folder_ / "m.db");
    return run({"hailort:0"}, quickly({"--json"}));
  }
};

TEST_F(HailoBench, MeasuresTheHefBesideTheModel) {
  const Said said = weigh();
  ASSERT_EQ(said.code, 0) << said.err;
  const Json row = cases_of(said).at(0);
  EXPECT_EQ(row.at("artefact").at("kind"), "hef");
  EXPECT_EQ(row.at("artefact").at("reference_sha256"), row.at("model_sha256"));
  EXPECT_TRUE(row.at("power").at("watts").is_null());
}

TEST_F(HailoBench, KeepsTheDevicesOwnTimeApartFromTheHostsPercentiles) {
  const Json row = cases_of(weigh()).at(0);
  const Json& device = row.at("latency_ns").at("parts").at("device");
  EXPECT_EQ(device.at("mean"), 57'000);
  EXPECT_THAT(device.at("definition").get<std::string>(), HasSubstr("average only"));
  for (const Json& each : row.at("latency_ns").at("percentiles")) EXPECT_NE(each.at("ns"), 57'000);
}

TEST_F(HailoBench, LeavesNoLogBehind) {
  weigh();
  program_.run({"devices"});
  program_.run({"describe", "GRU.hef"});
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_.path()))
    EXPECT_FALSE(entry.path().filename().string().starts_with("hailort")) << entry.path();
}

TEST_F(HailoBench, AHefOfAnotherGraphNamesTheGraphThatItIsJudgedBy) {
  made_from("other.onnx");
  note("other.onnx");
  const Json row = cases_of(weigh()).at(0);
  EXPECT_EQ(row.at("artefact").at("reference_sha256"), load_model(folder_ / "other.onnx").sha256);
  EXPECT_FALSE(row.at("accuracy").at("rmse").is_null());
}

TEST_F(HailoBench, AHefThatAnswersForAnotherGraphWithoutSayingSoIsWrong) {
  made_from("other.onnx");
  EXPECT_EQ(cases_of(weigh()).at(0).at("correctness").at("kind"), "WRONG");
}

TEST_F(HailoBench, ANoteThatNoLongerHoldsIsRefusedByName) {
  note("other.onnx");
  write_model_at(folder_ / "other.onnx", 3, 0);
  const Said said = weigh();
  EXPECT_NE(said.code, 0);
  EXPECT_THAT(said.err, HasSubstr("other.onnx is no longer the model that"));
  std::ofstream(folder_ / "GRU.hef.made-from") << "nonsense";
  EXPECT_THAT(weigh().err, HasSubstr("does not say what the artefact was made from"));
}

TEST_F(HailoBench, WithoutAHefTheCaseIsSkippedWithTheCommandThatMakesOne) {
  std::filesystem::remove(folder_ / "GRU.hef");
  const Said said = weigh();
  EXPECT_THAT(said.err, HasSubstr("Skipped"));
  EXPECT_THAT(said.err, HasSubstr("steelyard convert"));
}

}  // namespace
}  // namespace steelyard

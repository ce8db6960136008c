// SPDX-License-Identifier: Apache-2.0
// Models that are no forecasts, through the program, on both real runtimes: vision, token ids,
// several inputs and outputs, states; shapes and numbers as the user gives them.
#include "tests/fakes/any_model.h"

#include <gmock/gmock.h>

#include "tests/cli/bench.h"

namespace steelyard {
namespace {

using testing::HasSubstr;

class AnyModels : public Bench {
 protected:
  AnyModels() {
    write_vision(folder_ / "vision.onnx");
    write_tokens(folder_ / "tokens.onnx");
    write_sum(folder_ / "sum.onnx");
    if (!ready("onnxruntime:cpu") || !ready("openvino:cpu")) missing_ = true;
  }
  void SetUp() override {
    if (missing_) GTEST_SKIP() << "ONNX Runtime or OpenVINO is not here (tools/setup)";
  }

  bool ready(const std::string& spec) const {
    const Json listed = Json::parse(program_.run({"devices", "--json"}).out);
    for (const Json& device : listed.at("devices"))
      if (device.at("spec") == spec) return device.at("availability").at("kind") == "Ready";
    return false;
  }
  Said weigh(const std::string& model, std::vector<std::string> more,
             const std::vector<std::string>& devices = {"onnxruntime:cpu", "openvino:cpu"}) const {
    std::vector<std::string> words{"run", "--model", model, "--device"};
    words.insert(words.end(), devices.begin(), devices.end());
    words.insert(words.end(), {"--json", "--db", "any.db"});
    more = quickly(std::move(more));
    words.insert(words.end(), more.begin(), more.end());
    std::filesystem::remove(folder_ / "any.db");
    return program_.run(words);
  }
  // Both runtimes completed it, and say why there is no RMSE.
  void expect_completed(const Said& said) const {
    ASSERT_EQ(said.code, 0) << said.err << said.out;
    const Json rows = cases_of(said);
    ASSERT_EQ(rows.size(), 2u);
    for (const Json& row : rows) {
      EXPECT_EQ(row.at("outcome").at("kind"), "Completed") << row.at("outcome");
      EXPECT_GE(row.at("queries").get<int>(), 50);
      EXPECT_TRUE(row.at("accuracy").at("rmse").is_null());
      EXPECT_EQ(row.at("accuracy").at("reason").at("code"), "no_targets");
      EXPECT_EQ(row.at("correctness").at("kind"), "UNCHECKED");
    }
  }

  bool missing_ = false;
};

TEST_F(AnyModels, VisionRunsWithTheShapeThatIsGiven) {
  const Said said = weigh("vision.onnx", {"--shape", "image=1x3x32x48"});
  expect_completed(said);
  EXPECT_EQ(cases_of(said).at(0).at("inputs"),
            Json::parse(R"([{"name":"image","shape":[1,3,32,48],"sha256":""}])"));
  expect_completed(weigh("vision.onnx", {"--shape", "image=1x3x32x48", "--scenario", "Offline",
                                         "--batch", "4", "--in-flight", "2"}));
  expect_completed(weigh("vision.onnx", {"--shape", "image=2x3x16x16"}));
}

TEST_F(AnyModels, NativeCpuSkipsWhatItsEngineDoesNotKnowByName) {
  write_vision(folder_ / "one.onnx", false);
  const Said said = weigh("one.onnx", {"--shape", "image=1x3x32x32"}, {"native-cpu"});
  EXPECT_THAT(said.err, HasSubstr("Skipped"));
  EXPECT_THAT(said.err, HasSubstr("the input \"image\" must be float32 with three axes"));
}

TEST_F(AnyModels, AnOpenSizeThatIsNotGivenIsAskedFor) {
  const Said said = weigh("vision.onnx", {});
  EXPECT_EQ(said.code, 2);
  EXPECT_THAT(said.err, HasSubstr("the input 'image' of vision is [?,3,?,?]"));
  EXPECT_THAT(said.err, HasSubstr("--shape image=1x3x224x224"));
}

TEST_F(AnyModels, TokenIdsAreDrawnFromTheTableTheyIndex) {
  expect_completed(weigh("tokens.onnx", {}));
  expect_completed(weigh("tokens.onnx", {"--shape", "ids=1x16", "--seed", "7"}));
  expect_completed(
      weigh("tokens.onnx", {"--shape", "ids=1x16", "--scenario", "Offline", "--batch", "3"}));
}

TEST_F(AnyModels, NumbersComeFromNpyAndRawFiles) {
  write_npy(folder_ / "ids.npy", "<i8", "(3, 5)",
            std::vector<std::int64_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 45, 46, 47, 48, 49});
  const Said said = weigh("tokens.onnx", {"--input", "ids=ids.npy"});
  expect_completed(said);
  EXPECT_EQ(cases_of(said).at(0).at("inputs").at(0).at("shape"), Json::parse("[1,5]"));
  EXPECT_EQ(cases_of(said).at(0).at("windows"), 3);

  std::ofstream(folder_ / "image.raw", std::ios::binary) << std::string(3 * 16 * 16 * 4 * 2, '\0');
  expect_completed(
      weigh("vision.onnx", {"--shape", "image=1x3x16x16", "--input", "image=image.raw"}));

  // A token beyond the table: the numbers do arrive, and the runtime says so.
  write_npy(folder_ / "ids.npy", "<i8", "(1, 2)", std::vector<std::int64_t>{0, 50});
  const Said beyond = weigh("tokens.onnx", {"--input", "ids=ids.npy"}, {"onnxruntime:cpu"});
  EXPECT_EQ(beyond.code, 1);
  EXPECT_THAT(beyond.err, HasSubstr("indices element out of data bounds"));
}

TEST_F(AnyModels, FilesThatDoNotFitAreRefusedByName) {
  const auto refusal = [&](const std::string& model, std::vector<std::string> words) {
    const Said said = weigh(model, std::move(words));
    EXPECT_NE(said.code, 0);
    return said.err;
  };
  write_npy(folder_ / "floats.npy", "<f4", "(1, 2)", std::vector<float>{1, 2});
  EXPECT_THAT(refusal("tokens.onnx", {"--input", "ids=floats.npy"}),
              HasSubstr("does not fit the input 'ids' [1,2] of i64: it holds f32"));
  write_npy(folder_ / "cut.npy", "<i8", "(100, 100)", std::vector<std::int64_t>{1});
  EXPECT_THAT(refusal("tokens.onnx", {"--input", "ids=cut.npy"}),
              HasSubstr("it holds 8 bytes of numbers, its shape needs 80000"));
  std::ofstream(folder_ / "odd.raw") << "12345";
  EXPECT_THAT(refusal("tokens.onnx", {"--shape", "ids=1x2", "--input", "ids=odd.raw"}),
              HasSubstr("its 5 bytes are no whole number of windows of 16"));
  EXPECT_THAT(refusal("tokens.onnx", {"--input", "ids=none.npy"}), HasSubstr("does not exist"));
  EXPECT_THAT(refusal("tokens.onnx", {"--input", "other=floats.npy"}),
              HasSubstr("no model has an input 'other'\n  there is: ids"));
  EXPECT_THAT(refusal("tokens.onnx", {"--shape", "ids=1"}),
              HasSubstr("the input 'ids' of tokens is [?,?], so it cannot be [1]"));
  EXPECT_THAT(refusal("tokens.onnx", {"--shape", "ids=1x0"}), HasSubstr("is not a shape"));
  EXPECT_THAT(refusal("GRU.onnx", {"--data", "table.csv", "--input", "input=floats.npy"}),
              HasSubstr("by its recipe"));
}

TEST_F(AnyModels, AStateIsFedBackInStreaming) {
  const Said said = weigh("sum.onnx", {"--scenario", "Streaming"});
  expect_completed(said);
  const Said none = weigh("tokens.onnx", {"--scenario", "Streaming"});
  EXPECT_THAT(none.err, HasSubstr("Skipped"));
  EXPECT_THAT(none.err, HasSubstr("no state that goes in and comes out"));
}

TEST_F(AnyModels, ACampaignIsResumedWithTheSameNumbersOnly) {
  write_npy(folder_ / "ids.npy", "<i8", "(1, 2)", std::vector<std::int64_t>{1, 2});
  const Said first = weigh("tokens.onnx", {"--input", "ids=ids.npy"}, {"onnxruntime:cpu"});
  ASSERT_EQ(first.code, 0) << first.err;
  const auto again = [&] {
    return program_.run(quickly({"run", "--model", "tokens.onnx", "--input", "ids=ids.npy",
                                 "--device", "onnxruntime:cpu", "--db", "any.db", "--resume"}));
  };
  EXPECT_THAT(again().err, HasSubstr("nothing to resume"));
  write_npy(folder_ / "ids.npy", "<i8", "(1, 2)", std::vector<std::int64_t>{3, 4});
  EXPECT_THAT(again().err, testing::Not(HasSubstr("nothing to resume")));
}

}  // namespace
}  // namespace steelyard

// SPDX-License-Identifier: Apache-2.0
// A gate as CI would use it: two names in one run, and exit codes.
#include <gmock/gmock.h>

#include <fstream>

#include "tests/cli/bench.h"

namespace steelyard {
namespace {

using testing::HasSubstr;

class Compare : public Bench {
 protected:
  // One campaign with the same model under two names.
  void measure_both() const {
    const Said said = program_.run({"run", "--model", "base=GRU.onnx", "head=GRU.onnx", "--data",
                                    "table.csv", "--db", "pr.db", "--device", "simulated:steady"});
    ASSERT_EQ(said.code, 0) << said.err;
  }
  Said compare(std::vector<std::string> more, const std::string& a = "pr.db:base",
               const std::string& b = "pr.db:head") const {
    more.insert(more.begin(), {"compare", a, b});
    return program_.run(more);
  }
};

TEST_F(Compare, PassesOrIsUndecidedByHowNarrowTheGateIs) {
  measure_both();
  const Said wide = compare({"--gate", "latency.p50=10%,rmse=0.5%"});
  EXPECT_EQ(wide.code, 0) << wide.err;
  EXPECT_THAT(wide.out, HasSubstr("PASS (10 %)"));
  EXPECT_THAT(wide.out, HasSubstr("PASS (0.5 %)"));
  EXPECT_THAT(wide.out, HasSubstr("nothing here was measured"));
  const Said narrow = compare({"--gate", "latency.p50=3"});
  EXPECT_EQ(narrow.code, 4);
  EXPECT_THAT(narrow.err, HasSubstr("undecided"));
  EXPECT_THAT(narrow.out, HasSubstr("at least 3 fresh processes"));
  EXPECT_EQ(compare({"--gate", "latency.p50=3", "--undecided", "pass"}).code, 0);
  EXPECT_EQ(compare({}).code, 0) << "nothing was asked to be decided";
}

TEST_F(Compare, WritesJsonMarkdownAndKorean) {
  measure_both();
  const Said said = compare({"--format", "json", "--gate", "latency.p50=10"});
  const Json json = Json::parse(said.out);
  EXPECT_EQ(json.at("schema_version"), 1);
  EXPECT_EQ(json.at("a"), "base");
  const Json& row = json.at("cases").at(0);
  EXPECT_EQ(row.at("paired"), true);
  EXPECT_EQ(row.at("provenance"), "simulated");
  const Json& p50 = row.at("metrics").at(0);
  EXPECT_EQ(p50.at("metric"), "latency.p50");
  EXPECT_EQ(p50.at("a"), 100'000);
  EXPECT_NEAR(p50.at("ratio").get<double>(), 1, 1e-9);
  EXPECT_EQ(p50.at("gate"), "PASS");
  const Said markdown = compare({"--format", "markdown", "--lang", "ko"});
  EXPECT_THAT(markdown.out, HasSubstr("| 장치 | 지표 | base | head |"));
  EXPECT_THAT(markdown.out, HasSubstr("판정 보류"));
}

TEST_F(Compare, FailsWhenTheDeviceBecameSlower) {
  ASSERT_EQ(run({"simulated:steady"}, {"--db", "old.db"}).code, 0);
  std::string profile = Program::text(folder_ / "profiles/steady.toml");
  profile.replace(profile.find("99.806"), 6, "124.806");
  std::ofstream(folder_ / "profiles/steady.toml") << profile;
  ASSERT_EQ(run({"simulated:steady"}, {"--db", "new.db"}).code, 0);
  const Said refused = compare({}, "old.db", "new.db");
  EXPECT_EQ(refused.code, 2);
  EXPECT_THAT(refused.err, HasSubstr("unpaired"));
  const Said said = compare({"--allow-unpaired", "--gate", "latency.p50=3%"}, "old.db", "new.db");
  EXPECT_EQ(said.code, 5);
  EXPECT_THAT(said.out, HasSubstr("FAIL (3 %)"));
  EXPECT_THAT(said.err, HasSubstr("gate failed: latency.p50 on simulated:steady"));
  EXPECT_EQ(compare({"--allow-unpaired", "--gate", "rmse=1"}, "old.db", "new.db").code, 0)
      << "only what is gated can fail";
}

TEST_F(Compare, FailsOnALostCase) {
  ASSERT_EQ(run({"simulated:steady", "native-cpu"}, quickly({"--db", "old.db"})).code, 0);
  ASSERT_EQ(run({"native-cpu"}, quickly({"--db", "new.db"})).code, 0);
  const Said said = compare({"--allow-unpaired"}, "old.db", "new.db");
  EXPECT_EQ(said.code, 5);
  EXPECT_THAT(said.err, HasSubstr("simulated:steady was lost"));
}

TEST_F(Compare, RefusesWordsThatMeanNothing) {
  measure_both();
  EXPECT_EQ(compare({"--gate", "latency.p50"}).code, 2);
  EXPECT_EQ(compare({"--gate", "speed=3%"}).code, 2);
  EXPECT_EQ(compare({"--undecided", "perhaps"}).code, 2);
  EXPECT_EQ(compare({"--format", "pdf"}).code, 2);
  const Said unknown = compare({}, "pr.db:base", "pr.db:tail");
  EXPECT_EQ(unknown.code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("base, head"));
}

}  // namespace
}  // namespace steelyard

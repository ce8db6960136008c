// SPDX-License-Identifier: Apache-2.0
// What the program says when it is asked for help or asked wrongly.
#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "tests/cli/bench.h"

namespace steelyard {
namespace {

class Words : public Bench {
 protected:
  // Exit code and the first line on stderr.
  void expect_refusal(const std::vector<std::string>& words, int code, const std::string& sentence,
                      const std::string& hint = "") {
    const Said said = program_.run(words);
    EXPECT_EQ(said.code, code) << said.err;
    EXPECT_EQ(said.out, "");
    EXPECT_NE(said.err.find("steelyard: " + sentence), std::string::npos) << said.err;
    EXPECT_NE(said.err.find(hint), std::string::npos) << said.err;
    EXPECT_LE(std::count(said.err.begin(), said.err.end(), '\n'), 2) << said.err;
  }
};

TEST_F(Words, HelpOfEveryCommandFitsAScreenAndHasAnExample) {
  for (const std::string command :
       {"", "devices", "doctor", "train", "run", "report", "export", "compare", "import", "advise",
        "attach", "convert", "describe", "build-backend", "manual", "verify", "worker"}) {
    const Said said = program_.run(command.empty() ? std::vector<std::string>{"--help"}
                                                   : std::vector<std::string>{command, "--help"});
    EXPECT_EQ(said.code, 0);
    EXPECT_EQ(said.err, "");
    EXPECT_LE(std::count(said.out.begin(), said.out.end(), '\n'), 24) << said.out;
    EXPECT_NE(said.out.find("Example:\n  steelyard " + command), std::string::npos) << said.out;
    std::size_t begin = 0;
    while (begin < said.out.size()) {
      const auto end = said.out.find('\n', begin);
      EXPECT_LE(end - begin, 80u) << said.out.substr(begin, end - begin);
      begin = end + 1;
    }
  }
}

TEST_F(Words, ManualPageAndCompletionsNameEveryCommandAndParse) {
  for (const std::string kind : {"man", "bash", "zsh"}) {
    const Said said = program_.run({"manual", kind});
    EXPECT_EQ(said.code, 0);
    for (const char* word : {"devices", "run", "advise", "import", "price", "per", "kwh"})
      EXPECT_NE(said.out.find(word), std::string::npos) << kind << " " << word;
  }
  const Said bash = program_.run({"manual", "bash"});
  EXPECT_NE(bash.out.find("--price-per-kwh"), std::string::npos);
  const std::string file = testing::TempDir() + "steelyard-completion.bash";
  std::ofstream(file) << bash.out;
  EXPECT_EQ(std::system(("bash -n '" + file + "'").c_str()), 0);
  EXPECT_EQ(program_.run({"manual", "fish"}).code, 2);
}

TEST_F(Words, SaysItsVersion) { EXPECT_EQ(program_.run({"--version"}).out.find("steelyard "), 0u); }

TEST_F(Words, SuggestsTheNearestWord) {
  expect_refusal({"rnu"}, 2, "there is no command 'rnu'", "did you mean run?");
  expect_refusal({"run", "--modle", "x"}, 2, "there is no option --modle", "did you mean --model?");
  expect_refusal({"report", "m.db", "--fromat", "html"}, 2, "there is no option --fromat",
                 "did you mean --format?");
  expect_refusal({}, 2, "no command was given", "`steelyard --help`");
  expect_refusal({"xylophone"}, 2, "there is no command 'xylophone'", "`steelyard --help`");
}

TEST_F(Words, RefusesValuesThatAreNone) {
  expect_refusal(run_words({"null"}, {"--min-duration", "fast"}), 2,
                 "--min-duration 'fast' is not a duration", "200ms");
  expect_refusal(run_words({"null"}, {"--seed", "x"}), 2, "--seed: 'x' is not a whole number",
                 "`steelyard run --help`");
  expect_refusal(run_words({"null"}, {"--min-queries", "-5"}), 2,
                 "--min-queries: '-5' is not a whole number");
  expect_refusal({"run", "--seed"}, 2, "--seed needs a value");
  expect_refusal(run_words({"null"}, {"--db", "a", "--db", "b"}), 2,
                 "--db is given more than once");
  expect_refusal(run_words({"null"}, {"--scenario", "offlne"}), 2, "there is no scenario 'offlne'",
                 "did you mean Offline?");
  expect_refusal(run_words({"null"}, {"--batch", "4"}), 2, "--batch belongs to --scenario Offline");
  expect_refusal(run_words({"null"}, {"--rate", "4"}), 2,
                 "--rate belongs to --scenario Server or FixedRate");
  expect_refusal(run_words({"null"}, {"--scenario", "server"}), 2, "this scenario needs a rate",
                 "--rate 1000/s");
  expect_refusal(run_words({"null"}, {"--scenario", "peakrate"}), 2,
                 "PeakRate needs a limit for the 99th percentile", "--p99 5ms");
  expect_refusal(run_words({"null"}, {"--scenario", "offline", "--batch", "8..1*2"}), 2,
                 "--batch '8..1*2' is a range without an end", "1..16*2");
  expect_refusal(run_words({"null"}, {"--scenario", "offline", "--batch", "1,x"}), 2,
                 "--batch '1,x' is neither a number, a list nor a range", "--batch 1,8,64");
  expect_refusal(run_words({"null"}, {"--effort", "heroic"}), 2, "there is no effort 'heroic'",
                 "quick");
  expect_refusal(run_words({"null"}, {"--set", "threads=2"}), 2, "'threads=2' is not a setting",
                 "--set backend.key=value");
  expect_refusal(run_words({"null"}, {"--set", "native-cpu.x=2"}), 2,
                 "--set native-cpu.x belongs to no device that is measured");
  expect_refusal(run_words({"gpu"}), 2, "there is no backend 'gpu'", "native-cpu");
  expect_refusal(run_words({"null:3"}), 2, "null has no device '3'");
  expect_refusal(run_words({"pi5/native-cpu"}), 2, "'pi5/native-cpu' names another host");
  expect_refusal({"export", "m.db", "--format", "xml"}, 2, "there is no format 'xml'", "json, csv");
  expect_refusal({"report", "m.db", "--format", "pdf"}, 2, "there is no format 'pdf'");
  expect_refusal({"report", "m.db", "--lang", "de"}, 2, "there is no language 'de'", "ko, en");
  expect_refusal({"train", "--data", "table.csv", "--name", "X", "--output", "o", "--kind", "cnn"},
                 2, "there is no kind 'cnn'", "gru, lstm, bilstm");
}

TEST_F(Words, SaysWhatIsMissing) {
  expect_refusal({"run", "--data", "table.csv", "--device", "null", "--db", "m.db"}, 2,
                 "there is no model to measure", "--model");
  expect_refusal({"run", "--model", "GRU.onnx", "--data", "table.csv", "--db", "m.db"}, 2,
                 "there is no device to measure on", "--device");
  expect_refusal({"run", "--model", "GRU.onnx", "--data", "table.csv", "--device", "null"}, 2,
                 "there is no database to measure into", "--db");
  expect_refusal({"run", "--model", "GRU.onnx", "--device", "null", "--db", "m.db"}, 2,
                 "GRU reads windows of a table, and none was given", "--data");
  expect_refusal({"report"}, 2, "DB is required");
}

TEST_F(Words, NamesTheFileThatCannotBeRead) {
  std::ofstream(folder_ / "empty.onnx");
  std::ofstream(folder_ / "text.onnx") << "not a model at all";
  for (const std::string model : {"missing.onnx", "empty.onnx", "text.onnx"}) {
    const Said said = program_.run(
        {"run", "--model", model, "--data", "table.csv", "--device", "null", "--db", "m.db"});
    EXPECT_EQ(said.code, 1);
    EXPECT_NE(said.err.find(model), std::string::npos) << said.err;
  }
  const Said said = program_.run(
      {"run", "--model", "GRU.onnx", "--data", "no.csv", "--device", "null", "--db", "m.db"});
  EXPECT_EQ(said.code, 1);
  EXPECT_NE(said.err.find("no.csv"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "m.db")) << "nothing was begun";
}

TEST_F(Words, NamesTheDatabaseThatCannotBeUsed) {
  std::ofstream(folder_ / "text.db") << "this is not a database, this is a text of some length";
  expect_refusal({"report", "none.db"}, 1, "none.db is not there");
  for (const std::string command : {"report", "export"}) {
    const Said said = program_.run({command, "text.db"});
    EXPECT_EQ(said.code, 1);
    EXPECT_NE(said.err.find("text.db"), std::string::npos);
  }
  const Said said = run({"simulated:steady"}, {"--db", "/proc/m.db"});
  EXPECT_EQ(said.code, 1);
  EXPECT_NE(said.err.find("/proc/m.db"), std::string::npos);
}

TEST_F(Words, SaysThatADatabaseHoldsNothingYet) {
  // A run that found no worker to ask leaves a plan without a measurement.
  const Said said = program_.run({"report", folder_ / "missing.db"});
  EXPECT_EQ(said.code, 1);
}

TEST_F(Words, ListsDevicesAsJson) {
  const Said said = program_.run({"devices", "--json"});
  EXPECT_EQ(said.code, 0);
  const Json devices = Json::parse(said.out).at("devices");
  bool steady = false;
  for (const Json& device : devices) {
    for (const char* key : {"spec", "backend", "name", "availability", "physical_id"})
      EXPECT_TRUE(device.contains(key)) << key;
    for (const char* key : {"kind", "reason", "hint"})
      EXPECT_TRUE(device.at("availability").contains(key)) << key;
    steady = steady || device.at("spec") == "simulated:steady";
  }
  EXPECT_TRUE(steady);
}

TEST_F(Words, SaysInDoctorWhatMends) {
  program_.set("STEELYARD_MODULES", folder_ / "no-modules");
  const Said said = program_.run({"doctor"});
  EXPECT_EQ(said.code, 0);
  EXPECT_NE(said.out.find("NotBuilt"), std::string::npos);
  EXPECT_NE(said.out.find("./tools/setup"), std::string::npos);
  EXPECT_NE(said.out.find("disk space"), std::string::npos);
  const Said korean = program_.run({"doctor", "--lang", "ko"});
  EXPECT_NE(korean.out.find("빌드에 없음"), std::string::npos);
  EXPECT_NE(korean.out.find("디스크 여유 공간"), std::string::npos);
  const Json json = Json::parse(program_.run({"doctor", "--json"}).out);
  EXPECT_TRUE(json.contains("devices"));
  EXPECT_GE(json.at("checks").size(), 5u);
}

TEST_F(Words, WritesAFileWholeOrNotAtAll) {
  ASSERT_EQ(run({"simulated:steady"}).code, 0);
  for (const std::string name : {"r.html", "r.md", "r.txt"})
    EXPECT_EQ(program_.run({"report", "m.db", "--lang", "ko", "-o", name}).code, 0);
  EXPECT_EQ(Program::text(folder_ / "r.html").find("<!"), 0u);
  EXPECT_EQ(Program::text(folder_ / "r.md").find("# "), 0u);
  EXPECT_EQ(program_.run({"export", "m.db", "--format", "csv", "-o", "m.csv"}).code, 0);
  EXPECT_NE(Program::text(folder_ / "m.csv").find("simulated:steady"), std::string::npos);
  for (const auto& file : std::filesystem::directory_iterator(folder_.path()))
    EXPECT_EQ(file.path().string().find(".part"), std::string::npos);

  const std::string before = Program::text(folder_ / "r.md");
  const Said full = program_.run({"report", "m.db", "-o", "/dev/full"});
  EXPECT_EQ(full.code, 1);
  EXPECT_NE(full.err.find("cannot write /dev/full: No space left on device"), std::string::npos);
  EXPECT_EQ(program_.run({"report", "m.db", "-o", "nowhere/r.md"}).code, 1);
  EXPECT_EQ(program_.run({"report", "m.db", "-o", "profiles"}).code, 1);
  EXPECT_EQ(Program::text(folder_ / "r.md"), before);
}

TEST_F(Words, SpeaksTheLocalesLanguage) {
  ASSERT_EQ(run({"simulated:steady"}).code, 0);
  program_.set("LC_ALL", "ko_KR.UTF-8");
  EXPECT_NE(program_.run({"report", "m.db"}).out.find("지연 시간"), std::string::npos);
  EXPECT_EQ(program_.run({"report", "m.db", "--lang", "en"}).out.find("지연 시간"),
            std::string::npos);
}

TEST_F(Words, TakesNoWordsAsAWorkerFromATerminal) {
  const Said said = program_.run({"worker"});  // stdin is /dev/null: its campaign is gone
  EXPECT_EQ(said.code, 0);
  EXPECT_EQ(said.out, "");
}

}  // namespace
}  // namespace steelyard

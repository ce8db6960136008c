// SPDX-License-Identifier: Apache-2.0
// A folder with a table, a model and a device, and the program in it.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/cli/program.h"

namespace steelyard {

using Json = nlohmann::json;

class Bench : public testing::Test {
 protected:
  Bench() : program_(folder_) {
    write_table(folder_ / "table.csv");
    write_model(folder_ / "GRU.onnx");
    std::filesystem::create_directory(folder_ / "profiles");
    write_steady_profile(folder_ / "profiles/steady.toml");
    program_.set("STEELYARD_PROFILES", folder_ / "profiles");
  }

  // `steelyard run` of the model on these devices with these words added.
  std::vector<std::string> run_words(const std::vector<std::string>& devices,
                                     const std::vector<std::string>& more = {}) const {
    std::vector<std::string> words{"run", "--model", "GRU.onnx", "--data", "table.csv", "--device"};
    words.insert(words.end(), devices.begin(), devices.end());
    words.insert(words.end(), more.begin(), more.end());
    if (std::find(more.begin(), more.end(), "--db") == more.end())
      words.insert(words.end(), {"--db", "m.db"});
    return words;
  }
  Said run(const std::vector<std::string>& devices,
           const std::vector<std::string>& more = {}) const {
    return program_.run(run_words(devices, more));
  }
  static std::vector<std::string> quickly(std::vector<std::string> more = {}) {
    more.insert(more.end(), {"--min-duration", "10ms", "--min-queries", "50"});
    return more;
  }
  Json cases_of(const Said& said) const {
    EXPECT_EQ(said.err.find("terminate"), std::string::npos) << said.err;
    return Json::parse(said.out).at("cases");
  }

  TemporaryFolder folder_;
  Program program_;
};

}  // namespace steelyard

// SPDX-License-Identifier: Apache-2.0
// The pages for people with a device or a program of their own hold: an installed Steelyard is
// enough to build the examples; the installed program then lists the device, and the engine runs in
// the program.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

namespace {

namespace fs = std::filesystem;

struct Finished {
  int status = 0;
  std::string words;
};

Finished shell(const std::string& command) {
  Finished finished;
  std::array<char, 4096> piece;
  FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return {-1, "cannot start a shell"};
  while (const std::size_t got = std::fread(piece.data(), 1, piece.size(), pipe))
    finished.words.append(piece.data(), got);
  finished.status = ::pclose(pipe);
  return finished;
}

class Installed : public testing::Test {
 protected:
  Installed()
      : folder_(fs::temp_directory_path() / ("steelyard-add-" + std::to_string(::getpid()))) {
    fs::create_directories(folder_);
  }
  ~Installed() override {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  void must(const std::string& command) {
    const Finished finished = shell(command);
    ASSERT_EQ(finished.status, 0) << command << "\n" << finished.words;
  }
  std::string prefix() const { return (folder_ / "prefix").string(); }
  std::string build() const { return (folder_ / "build").string(); }

 private:
  fs::path folder_;
};

TEST_F(Installed, TheBackendBuildsAgainstAnInstalledSteelyardAndKeepsTheContract) {
  must("cmake --install " STEELYARD_BUILD " --prefix " + prefix());
  must("cmake -G Ninja -S " STEELYARD_SOURCE "/examples/add_a_backend -B " + build() +
       " -DCMAKE_BUILD_TYPE=Debug -DCMAKE_PREFIX_PATH=" + prefix());
  must("cmake --build " + build());
  must("cmake --install " + build());
  const Finished listed =
      shell("env -u STEELYARD_MODULES " + prefix() + "/bin/steelyard devices --json");
  ASSERT_EQ(listed.status, 0) << listed.words;
  const auto devices = nlohmann::json::parse(listed.words).at("devices");
  bool found = false;
  for (const auto& device : devices) {
    if (device.at("spec") != "acme:0") continue;
    found = true;
    EXPECT_EQ(device.at("name"), "Acme 1");
    EXPECT_EQ(device.at("availability").at("kind"), "Ready");
  }
  EXPECT_TRUE(found) << listed.words;
  const Finished contract = shell("STEELYARD_MODULES=" + prefix() + "/lib/steelyard " +
                                  STEELYARD_BUILD "/tests/contract_test --gtest_filter='*/acme_*'");
  EXPECT_EQ(contract.status, 0) << contract.words;
  EXPECT_THAT(contract.words, testing::HasSubstr("InferDoesNotAllocate/acme_0_fp32 ("));
}

TEST_F(Installed, TheEngineRunsInsideAProgramBuiltAgainstAnInstalledSteelyard) {
  must("cmake --install " STEELYARD_BUILD " --prefix " + prefix());
  must("cmake -G Ninja -S " STEELYARD_SOURCE "/examples/embed_the_engine -B " + build() +
       " -DCMAKE_BUILD_TYPE=Debug -DCMAKE_PREFIX_PATH=" + prefix());
  must("cmake --build " + build());
  const Finished ran =
      shell(build() + "/embed_the_engine " STEELYARD_SOURCE "/tests/model/pytorch/gru.onnx");
  EXPECT_EQ(ran.status, 0);
  EXPECT_THAT(ran.words, testing::HasSubstr(", step by step "));
}

}  // namespace

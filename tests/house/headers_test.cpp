// SPDX-License-Identifier: Apache-2.0
// Every header compiles alone. A source file that includes its header before anything else proves
// it when it is built; the compiler is run over the other headers, two at a time.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <mutex>
#include <thread>

#include "tests/house/sources.h"

namespace steelyard::house {
namespace {

struct Refusal {
  fs::path header;
  std::string words;
};

// What the compiler says about a file that includes nothing but `header`; empty when it accepts.
std::string compile(const fs::path& header) {
  const std::string command = "echo '#include \"" + header.string() +
                              "\"' | '" STEELYARD_CXX
                              "' -x c++ -std=c++20 -fsyntax-only -Wall -Wextra -I'" +
                              kRoot.string() + "' " STEELYARD_CXX_FLAGS " - 2>&1";
  std::string words;
  std::array<char, 4096> piece;
  FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return "cannot run the compiler";
  while (const std::size_t got = std::fread(piece.data(), 1, piece.size(), pipe))
    words.append(piece.data(), got);
  return ::pclose(pipe) == 0 ? "" : words.substr(0, 2000);
}

std::vector<Refusal> compile_all(const std::vector<fs::path>& headers) {
  std::vector<Refusal> refusals;
  std::mutex mutex;
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t i; (i = next++) < headers.size();)
      if (auto words = compile(headers[i]); !words.empty()) {
        const std::lock_guard lock(mutex);
        refusals.push_back({headers[i], words});
      }
  };
  std::thread second(work);
  work();
  second.join();
  return refusals;
}

// Sources that are compiled only where something is installed prove nothing where it is not.
bool is_built_everywhere(const fs::path& source) {
  for (const char* folder : {"/cuda/", "/native_cuda/", "/onnxruntime/", "/openvino/", "/hailort/"})
    if (source.string().find(folder) != std::string::npos) return false;
  return true;
}

bool is_proven_by_its_source(const fs::path& header) {
  const fs::path source = fs::path(header).replace_extension(".cpp");
  const std::string text = text_of(source);
  const auto first = text.find("\n#");
  return is_built_everywhere(source) && first != std::string::npos &&
         text.compare(first + 1, header.string().size() + 11,
                      "#include \"" + header.string() + "\"") == 0;
}

bool is_compiled_alone(const fs::path& file) {
  if (file.extension() != ".h" || is_proven_by_its_source(file)) return false;
  // Highway's per-target headers are parts of the file that includes them.
  if (file.string().ends_with("-inl.h")) return false;
  const auto lies_in = [&](const char* folder) {
    return file.string().find(folder) != std::string::npos;
  };
  return (STEELYARD_HAS_ONNXRUNTIME || !lies_in("/onnxruntime/")) &&
         (STEELYARD_HAS_OPENVINO || !lies_in("/openvino/"));
}

TEST(House, EveryHeaderCompilesAlone) {
  std::vector<fs::path> headers;
  for (const char* folder : {"steelyard", "cli"})
    for (const fs::path& file : read_tree(folder).files)
      if (is_compiled_alone(file)) headers.push_back(file);
  EXPECT_GT(headers.size(), 10u);
  for (const Refusal& refusal : compile_all(headers))
    ADD_FAILURE() << refusal.header << " does not compile alone:\n" << refusal.words;
}

TEST(House, ASourceThatIncludesItsHeaderFirstProvesIt) {
  EXPECT_TRUE(is_proven_by_its_source("steelyard/sensor/sensor.h"));
  EXPECT_FALSE(is_proven_by_its_source("steelyard/base/units.h"));
  EXPECT_FALSE(is_proven_by_its_source("steelyard/backend/onnxruntime/library.h"));
}

TEST(House, AHeaderThatLeansOnOthersIsSeen) {
  EXPECT_NE(compile("tests/house/no_such_header.h"), "");
}

}  // namespace
}  // namespace steelyard::house

// SPDX-License-Identifier: Apache-2.0
// Who may include whom: the table of docs/design.md section 1, and which folder owns which foreign
// header.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <sstream>

#include "tests/house/sources.h"

namespace steelyard::house {
namespace {

using Names = std::set<std::string>;

// Rooms besides base and record, which are open to all (record itself stands on base alone).
const std::map<std::string, Names> kRooms = {
    {"base", {}},
    {"record", {}},
    {"model", {}},
    {"data", {}},
    {"train", {"model", "data"}},
    {"engine", {"model"}},
    {"sensor", {}},
    {"backend", {"model", "engine", "sensor"}},
    {"run", {"stats", "model", "data", "sensor", "backend"}},
    {"stats", {}},
    {"store", {}},
    {"report", {"stats", "advise"}},
    {"advise", {"stats"}},
    {"exchange", {"stats"}},
};

// Headers that other rooms may include besides <room>/<room>.h.
const std::map<std::string, Names> kFurtherDoors = {
    {"model", {"network.h", "unroll.h"}},
    {"run", {"artefacts.h"}},
    {"engine", {"cuda/cuda_engine.h"}},
    {"backend", {"registry.h"}},
};

// The first part of a foreign header's name, and the folders that may include it. A header that is
// not here and has a folder or is none of kSystem is refused: every dependency is a decision.
const std::map<std::string, Names> kForeign = {
    {"CLI", {"cli"}},
    {"cooperative_groups.h", {"steelyard/engine/cuda"}},
    {"cuda.h", {"steelyard/engine/cuda"}},
    {"cuda_bf16.h", {"steelyard/engine/cuda"}},
    {"cuda_fp16.h", {"steelyard/engine/cuda"}},
    {"cuda_runtime.h", {"steelyard/engine/cuda"}},
    {"cuda_runtime_api.h", {"steelyard/backend/tensorrt"}},
    {"fmt", {"steelyard", "cli"}},
    {"google", {"steelyard/model"}},
    {"hailo", {"steelyard/backend/hailort"}},
    {"hwy", {"steelyard/engine"}},
    {"kainjow", {"steelyard/report"}},
    {"mustache.hpp", {"steelyard/report"}},
    {"nlohmann", {"steelyard/record", "steelyard/exchange", "cli"}},
    {"nvml.h", {"steelyard/sensor", "steelyard/backend"}},
    {"NvInfer.h", {"steelyard/backend/tensorrt"}},
    {"NvOnnxParser.h", {"steelyard/backend/tensorrt"}},
    {"onnx", {"steelyard/model"}},
    {"onnxruntime_c_api.h", {"steelyard/backend/onnxruntime"}},
    {"openssl", {"steelyard/base"}},
    {"openvino", {"steelyard/backend/openvino"}},
    {"sqlite3.h", {"steelyard/store"}},
    {"toml++", {"steelyard/backend/simulated", "cli"}},
    {"torch", {"steelyard/train"}},
    {"zlib.h", {"steelyard/data"}},
    {"zstd.h", {"steelyard/store"}},
};

// Headers of the operating system.
const Names kSystem = {"arpa",      "cpuid.h", "cxxabi.h", "dirent.h", "dlfcn.h",     "elf.h",
                       "fcntl.h",   "link.h",  "linux",    "netdb.h",  "netinet",     "poll.h",
                       "pthread.h", "pwd.h",   "sched.h",  "signal.h", "spawn.h",     "sys",
                       "termios.h", "time.h",  "unistd.h", "asm",      "immintrin.h", "arm_neon.h"};

struct Include {
  fs::path file;
  std::string name;
  bool quoted = false;
};

std::vector<Include> includes_of(const fs::path& file) {
  std::vector<Include> includes;
  std::istringstream text(text_of(file));
  for (std::string line; std::getline(text, line);) {
    const auto hash = line.find_first_not_of(" \t");
    if (hash == std::string::npos || line[hash] != '#') continue;
    const auto word = line.find_first_not_of(" \t", hash + 1);
    if (word == std::string::npos || line.compare(word, 7, "include") != 0) continue;
    const auto open = line.find_first_of("<\"", word);
    if (open == std::string::npos) continue;  // a macro, as Highway's HWY_TARGET_INCLUDE
    const auto close = line.find_first_of(">\"", open + 1);
    includes.push_back({file, line.substr(open + 1, close - open - 1), line[open] == '"'});
  }
  return includes;
}

std::vector<Include> all_includes() {
  std::vector<Include> all;
  for (const char* folder : {"steelyard", "cli"})
    for (const fs::path& file : read_tree(folder).files)
      if (is_cpp(file))
        for (Include& include : includes_of(file)) all.push_back(std::move(include));
  return all;
}

// "steelyard/backend/null/x.cpp" -> "backend"; "" outside the rooms.
std::string room_of(const fs::path& path) {
  auto part = path.begin();
  if (part == path.end() || *part != "steelyard" || ++part == path.end()) return {};
  return part->string();
}

bool is_door(const std::string& room, const fs::path& header) {
  if (room == "base" || room == "record") return true;
  const auto inside = header.lexically_relative(fs::path("steelyard") / room).string();
  if (inside == room + ".h") return true;
  const auto further = kFurtherDoors.find(room);
  return further != kFurtherDoors.end() && further->second.count(inside) > 0;
}

// Why this include is against the rule; empty when it is not.
std::string objection(const Include& include) {
  const std::string from = room_of(include.file), to = room_of(include.name);
  if (to.empty()) {
    if (from.empty() && fs::path(include.name).begin()->string() == "cli") return {};
    return include.quoted ? "is quoted, but is not the full path of a header of ours" : "";
  }
  if (kRooms.count(to) == 0) return "is in a room that the table does not have";
  if (from == to) return {};
  if (!from.empty()) {
    const bool open = to == "base" || (to == "record" && from != "base");
    if (from == "base" || (!open && kRooms.at(from).count(to) == 0))
      return from + " may not include " + to;
  }
  return is_door(to, include.name) ? "" : "is not a front door of " + to;
}

bool is_below(const fs::path& file, const fs::path& folder) {
  return std::mismatch(folder.begin(), folder.end(), file.begin(), file.end()).first ==
         folder.end();
}

std::string foreign_objection(const Include& include) {
  const std::string head = fs::path(include.name).begin()->string();
  if (include.quoted || kSystem.count(head) > 0) return {};
  // The standard library's headers have neither folder nor suffix.
  if (include.name.find_first_of("/.") == std::string::npos) return {};
  const auto owner = kForeign.find(head);
  if (owner == kForeign.end()) return "is a foreign header that the table does not have";
  for (const std::string& folder : owner->second)
    if (is_below(include.file, folder)) return {};
  return "belongs to " + testing::PrintToString(owner->second);
}

TEST(House, EveryRoomIsInTheTable) {
  for (const fs::path& folder : read_tree("steelyard").folders)
    EXPECT_EQ(kRooms.count(room_of(folder)), 1u) << folder;
}

TEST(House, RoomsIncludeOnlyTheirRowThroughFrontDoors) {
  std::size_t seen = 0;
  for (const Include& include : all_includes()) {
    EXPECT_EQ(objection(include), "") << include.file << " includes " << include.name;
    ++seen;
  }
  EXPECT_GT(seen, 100u);
}

TEST(House, ForeignHeadersStayInTheFolderThatOwnsThem) {
  for (const Include& include : all_includes())
    EXPECT_EQ(foreign_objection(include), "") << include.file << " includes " << include.name;
}

TEST(House, FrontDoorsIncludeNothingForeign) {
  for (const Include& include : all_includes()) {
    const std::string room = room_of(include.file);
    if (room.empty() || include.file.extension() != ".h" || !is_door(room, include.file)) continue;
    EXPECT_EQ(kForeign.count(fs::path(include.name).begin()->string()), 0u)
        << include.file << " includes " << include.name;
  }
}

TEST(House, TheRuleSeesWhatIsWrong) {
  const auto quoted = [](const char* file, const char* header) {
    return objection({file, header, true});
  };
  EXPECT_EQ(quoted("steelyard/stats/a.cpp", "steelyard/run/run.h"), "stats may not include run");
  EXPECT_EQ(quoted("steelyard/base/a.cpp", "steelyard/record/record.h"),
            "base may not include record");
  EXPECT_EQ(quoted("steelyard/run/a.cpp", "steelyard/backend/null/x.h"),
            "is not a front door of backend");
  EXPECT_NE(quoted("steelyard/run/a.cpp", "run.h"), "");
  EXPECT_NE(quoted("steelyard/run/a.cpp", "steelyard/core/core.h"), "");
  EXPECT_EQ(quoted("steelyard/run/a.cpp", "steelyard/backend/registry.h"), "");
  EXPECT_EQ(quoted("cli/run.cpp", "steelyard/run/run.h"), "");
  EXPECT_NE(foreign_objection({"steelyard/run/a.cpp", "onnxruntime_c_api.h", false}), "");
  EXPECT_NE(foreign_objection({"steelyard/run/a.cpp", "boost/any.hpp", false}), "");
  EXPECT_EQ(foreign_objection({"steelyard/run/a.cpp", "sys/wait.h", false}), "");
}

}  // namespace
}  // namespace steelyard::house

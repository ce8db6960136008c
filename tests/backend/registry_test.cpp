// SPDX-License-Identifier: Apache-2.0
#include "steelyard/backend/registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

namespace steelyard {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

// A folder of modules that is gone when the test ends.
struct Folder {
  fs::path path = fs::temp_directory_path() / ("steelyard-registry-" + std::to_string(::getpid()));
  Folder() {
    fs::remove_all(path);
    fs::create_directories(path);
  }
  ~Folder() { fs::remove_all(path); }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(path / name) << text;
  }
};

std::vector<std::string> names_of(const Registry& registry) {
  std::vector<std::string> names;
  for (const auto& entry : registry.entries()) names.push_back(entry.name);
  return names;
}

std::string hint_of(const Registry& registry, const std::string& spec) {
  try {
    registry.resolve(parse_spec(spec));
  } catch (const UsageError& e) {
    return e.hint();
  }
  return "resolved";
}

TEST(Registry, HasTheBuiltInBackendsWithoutAnyModule) {
  const Registry registry("/nowhere/at/all");
  const auto names = names_of(registry);
  EXPECT_THAT(names, testing::IsSupersetOf({"native-cpu", "simulated", "null"}));
}

TEST(Registry, SaysOfAModuleThatWasNotBuiltHowToGetIt) {
  const Registry registry("/nowhere");
  const Availability availability = registry.find("onnxruntime").availability();
  EXPECT_EQ(availability.kind, Availability::NotBuilt);
  EXPECT_THAT(availability.reason, HasSubstr("/nowhere/onnxruntime.so"));
  EXPECT_THAT(availability.hint, HasSubstr("tools/setup"));
}

TEST(Registry, KeepsABrokenModuleAsARowWithTheLoadersWords) {
  Folder folder;
  folder.write("onnxruntime.so", "this is not a library");
  const Registry registry(folder.path);
  const Availability availability = registry.find("onnxruntime").availability();
  EXPECT_EQ(availability.kind, Availability::NoRuntime);
  EXPECT_THAT(availability.reason, HasSubstr("onnxruntime.so"));
  EXPECT_NE(availability.hint, "");
  const auto names = names_of(registry);
  EXPECT_EQ(std::count(names.begin(), names.end(), "onnxruntime"), 1);
}

TEST(Registry, RefusesALibraryThatIsNoModule) {
  Folder folder;
  // The C library is there on every machine and is certainly no backend.
  fs::path libc;
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);)
    if (const auto at = line.find('/');
        at != std::string::npos && line.find("libc.so") != std::string::npos)
      libc = line.substr(at);
  if (libc.empty()) GTEST_SKIP() << "the C library is linked statically";
  fs::create_symlink(libc, folder.path / "acme.so");
  const Availability availability = Registry(folder.path).find("acme").availability();
  EXPECT_EQ(availability.kind, Availability::NoRuntime);
  EXPECT_THAT(availability.reason, HasSubstr("is not a Steelyard module"));
}

TEST(Registry, ListsModulesInOrderOfTheirNames) {
  Folder folder;
  for (const char* name : {"b.so", "c.so", "a.so", "notes.txt"}) folder.write(name, "x");
  std::vector<std::string> found;
  for (const auto& name : names_of(Registry(folder.path)))
    if (name.size() == 1) found.push_back(name);
  EXPECT_EQ(found, (std::vector<std::string>{"a", "b", "c"}));
}

TEST(Registry, GivesTheFirstDeviceAndItsFirstPrecisionByDefault) {
  const Registry registry("/nowhere");
  const auto found = registry.resolve(parse_spec("native-cpu"));
  EXPECT_EQ(found.backend->name(), "native-cpu");
  EXPECT_EQ(found.device.backend, "native-cpu");
  EXPECT_EQ(found.precision, found.device.precisions.front());
}

TEST(Registry, AnUnknownBackendIsAnsweredWithThoseThereAre) {
  const Registry registry("/nowhere");
  const std::string hint = hint_of(registry, "tensorflow");
  EXPECT_THAT(hint, HasSubstr("native-cpu"));
  EXPECT_THAT(hint, HasSubstr("onnxruntime"));
}

TEST(Registry, AnUnknownDeviceIsAnsweredWithThoseThereAre) {
  const Registry registry("/nowhere");
  EXPECT_EQ(hint_of(registry, "native-cpu:1"), "there is: native-cpu");
}

TEST(Registry, AnUnknownPrecisionIsAnsweredWithThoseThereAre) {
  const Registry registry("/nowhere");
  EXPECT_EQ(hint_of(registry, "null@int8"), "its precisions are: fp32");
}

TEST(Registry, ABackendThatIsNotReadyIsNoUsageError) {
  const Registry registry("/nowhere");
  try {
    registry.resolve(parse_spec("onnxruntime:cpu"));
    FAIL() << "resolved";
  } catch (const NotReady& e) {
    EXPECT_EQ(e.availability.kind, Availability::NotBuilt);
    EXPECT_EQ(e.what(), e.availability.reason);
  }
}

TEST(Registry, RefusesAnotherHost) {
  EXPECT_NE(hint_of(Registry("/nowhere"), "pi5/native-cpu"), "resolved");
}

TEST(Registry, ListsADeviceOrOneLineThatSaysWhyThereIsNone) {
  bool native = false, missing = false;
  for (const DeviceListing& listing : Registry("/nowhere").list()) {
    if (listing.spec == "native-cpu") {
      native = true;
      EXPECT_EQ(listing.availability.kind, Availability::Ready);
      EXPECT_EQ(listing.physical_id, "cpu");
      EXPECT_NE(listing.name, "");
    }
    if (listing.spec == "onnxruntime") {
      missing = true;
      EXPECT_EQ(listing.availability.kind, Availability::NotBuilt);
    }
  }
  EXPECT_TRUE(native);
  EXPECT_TRUE(missing);
}

}  // namespace
}  // namespace steelyard

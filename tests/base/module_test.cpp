// SPDX-License-Identifier: Apache-2.0
#include "steelyard/base/module.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

namespace steelyard {
namespace {

TEST(Module, ThatIsNotThereIsMissingAndSaysSo) {
  const auto opened = open_module("/nowhere/backend.so");
  EXPECT_EQ(opened.header, nullptr);
  EXPECT_TRUE(opened.missing);
  EXPECT_NE(opened.reason.find("/nowhere/backend.so"), std::string::npos);
}

TEST(Module, ThatIsNoLibraryIsRefusedInTheLoadersWords) {
  const auto file = std::filesystem::temp_directory_path() / "steelyard_module_test.so";
  std::ofstream(file) << "not a library";
  const auto opened = open_module(file);
  EXPECT_EQ(opened.header, nullptr);
  EXPECT_FALSE(opened.missing);
  EXPECT_NE(opened.reason.find("steelyard_module_test.so"), std::string::npos);
  std::filesystem::remove(file);
}

TEST(Module, ALibraryOfSomebodyElseIsRefusedBeforeAnyCall) {
  const auto opened = open_module("/lib/x86_64-linux-gnu/libz.so.1");
  EXPECT_EQ(opened.header, nullptr);
  if (!opened.missing) {
    EXPECT_NE(opened.reason.find(kModuleSymbol), std::string::npos);
  }
}

TEST(ModuleFolder, IsBesideTheBinaryUnlessTheEnvironmentNamesOne) {
  ::unsetenv("STEELYARD_MODULES");
  EXPECT_EQ(module_folder().filename(), "steelyard");
  ::setenv("STEELYARD_MODULES", "/some/folder", 1);
  EXPECT_EQ(module_folder(), "/some/folder");
  ::unsetenv("STEELYARD_MODULES");
}

}  // namespace
}  // namespace steelyard

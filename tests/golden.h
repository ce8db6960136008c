// SPDX-License-Identifier: Apache-2.0
// A file of the source tree that a test's text must equal byte for byte. After an intended change:
// STEELYARD_UPDATE_GOLDEN=1, then read the difference before committing it.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

namespace steelyard {

inline void expect_golden(const std::string& text, const std::string& file) {
  const std::string path = std::string(STEELYARD_SOURCE "/") + file;
  if (std::getenv("STEELYARD_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(path, std::ios::binary) << text;
    GTEST_SKIP() << "wrote " << path;
  }
  std::ifstream golden(path, std::ios::binary);
  ASSERT_TRUE(golden) << path << " is missing: run with STEELYARD_UPDATE_GOLDEN=1";
  std::stringstream wanted;
  wanted << golden.rdbuf();
  EXPECT_TRUE(text == wanted.str())
      << "differs from " << path << "; run with STEELYARD_UPDATE_GOLDEN=1 and look at git diff";
}

}  // namespace steelyard

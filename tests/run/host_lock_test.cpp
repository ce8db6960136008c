// SPDX-License-Identifier: Apache-2.0
#include "steelyard/run/host_lock.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <optional>

#include "steelyard/base/error.h"
#include "tests/run/files.h"

namespace steelyard {
namespace {

TEST(HostLock, IsForOneAtATimeAndNamesWhoHasIt) {
  const TemporaryFolder folder;
  const auto file = folder / "lock";
  std::optional<HostLock> first(file);
  try {
    HostLock second(file);
    FAIL() << "two campaigns at once";
  } catch (const Error& e) {
    EXPECT_EQ(std::string(e.what()), "another campaign is measuring on this host (process " +
                                         std::to_string(::getpid()) + ")");
  }
  first.reset();
  EXPECT_NO_THROW(HostLock third(file)) << "a file left behind locks nobody out";
}

TEST(HostLock, SaysWhenItsFileCannotBeMade) { EXPECT_THROW(HostLock("/nowhere/lock"), Error); }

}  // namespace
}  // namespace steelyard

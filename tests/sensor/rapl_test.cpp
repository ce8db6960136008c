// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "steelyard/base/error.h"
#include "tests/sensor/tree.h"

namespace steelyard {
namespace {

using testing::HasSubstr;

void add_zone(const HostTree& tree, const std::string& zone, const std::string& name, long long uj,
              long long range = 1'000'000'000) {
  const std::string folder = "sys/class/powercap/" + zone + "/";
  tree.write(folder + "name", name + "\n");
  tree.write(folder + "energy_uj", std::to_string(uj) + "\n");
  tree.write(folder + "max_energy_range_uj", std::to_string(range) + "\n");
}

std::optional<InstrumentListing> listing(const HostTree& tree) {
  for (const auto& each : list_instruments(tree.roots()))
    if (each.id == "rapl") return each;
  return std::nullopt;
}

TEST(Rapl, CountsJoulesOfAllPackagesFromItsFirstReading) {
  HostTree tree;
  add_zone(tree, "intel-rapl:0", "package-0", 5'000'000);
  add_zone(tree, "intel-rapl:0:0", "core", 1);
  add_zone(tree, "intel-rapl:1", "package-1", 7'000'000);
  auto sensors = instruments_of("cpu", tree.roots());
  EXPECT_DOUBLE_EQ(*show(sensors).value("energy"), 0);
  tree.write("sys/class/powercap/intel-rapl:0/energy_uj", "6500000\n");
  tree.write("sys/class/powercap/intel-rapl:1/energy_uj", "7250000\n");
  const Shown shown = show(sensors);
  EXPECT_DOUBLE_EQ(*shown.value("energy"), 1.75);
  EXPECT_EQ(shown.channel("energy").unit, "J");
  EXPECT_EQ(shown.channel("energy").boundary, "chip");
  EXPECT_THAT(shown.channel("energy").definition, HasSubstr("2 CPU packages"));
  EXPECT_FALSE(shown.value("energy.core")) << "a core zone is part of its package";
}

TEST(Rapl, GoesOnWhereACounterWraps) {
  HostTree tree;
  add_zone(tree, "intel-rapl:0", "package-0", 262'143'000'000, 262'143'328'850);
  auto sensors = instruments_of("cpu", tree.roots());
  show(sensors);
  tree.write("sys/class/powercap/intel-rapl:0/energy_uj", "671150\n");
  EXPECT_DOUBLE_EQ(*show(sensors).value("energy"), 1.0);
  tree.write("sys/class/powercap/intel-rapl:0/energy_uj", "1671150\n");
  EXPECT_DOUBLE_EQ(*show(sensors).value("energy"), 2.0);
}

TEST(Rapl, KeepsMemoryAndPlatformApart) {
  HostTree tree;
  add_zone(tree, "intel-rapl:0", "package-0", 0);
  add_zone(tree, "intel-rapl:0:1", "dram", 0);
  add_zone(tree, "intel-rapl:1", "psys", 0);
  auto sensors = instruments_of("cpu", tree.roots());
  tree.write("sys/class/powercap/intel-rapl:0:1/energy_uj", "3000000\n");
  const Shown shown = show(sensors);
  EXPECT_DOUBLE_EQ(*shown.value("energy"), 0);
  EXPECT_DOUBLE_EQ(*shown.value("energy.dram"), 3);
  EXPECT_EQ(shown.channel("energy.psys").boundary, "board");
}

TEST(Rapl, ThatMayNotBeReadSaysWhichCommandHelps) {
  HostTree tree;
  add_zone(tree, "intel-rapl:0", "package-0", 1);
  const auto file = tree.path("sys/class/powercap/intel-rapl:0/energy_uj");
  std::filesystem::permissions(file, std::filesystem::perms::none);
  const bool was_root = ::geteuid() == 0;
  if (was_root) {  // whom no permission stops
    std::filesystem::permissions(tree.path(""), std::filesystem::perms::all);
    ASSERT_EQ(::seteuid(65534), 0);
  }
  const auto found = listing(tree);
  const auto sensors = instruments_of("cpu", tree.roots());
  if (was_root) {
    ASSERT_EQ(::seteuid(0), 0);
  }
  ASSERT_TRUE(found);
  EXPECT_EQ(found->availability.kind, Availability::NoDevice);
  EXPECT_THAT(found->availability.reason, HasSubstr("root"));
  EXPECT_THAT(found->availability.hint, HasSubstr("sudo chmod a+r"));
  EXPECT_EQ(sensors.size(), 1u) << "CPU time is still there";
}

TEST(Rapl, IsNotListedWhereThereIsNone) {
  HostTree tree;
  EXPECT_FALSE(listing(tree));
  tree.write("sys/class/powercap/intel-rapl:0/name", "package-0\n");
  tree.write("sys/class/powercap/intel-rapl:0/energy_uj", "garbage\n");
  ASSERT_TRUE(listing(tree));
  EXPECT_NE(listing(tree)->availability.kind, Availability::Ready);
}

TEST(Rapl, ThatGoesAwayMidwayIsAnErrorThatNamesTheFile) {
  HostTree tree;
  add_zone(tree, "intel-rapl:0", "package-0", 1);
  auto sensors = instruments_of("cpu", tree.roots());
  tree.remove("sys/class/powercap/intel-rapl:0/energy_uj");
  try {
    show(sensors);
    FAIL();
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), HasSubstr("intel-rapl:0/energy_uj"));
    EXPECT_THAT(e.what(), HasSubstr("No such file"));
  }
}

TEST(Rapl, WatchesNoAccelerator) {
  HostTree tree;
  add_zone(tree, "intel-rapl:0", "package-0", 1);
  EXPECT_TRUE(instruments_of("pci-0000:01:00.0", tree.roots()).empty());
  EXPECT_TRUE(instruments_of("simulated", tree.roots()).empty());
}

}  // namespace
}  // namespace steelyard

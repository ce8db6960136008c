// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/sensor/tree.h"

namespace steelyard {
namespace {

using testing::HasSubstr;

TEST(Hwmon, ReadsTheWholeSupplyAndEachRailOfAnIna3221) {
  HostTree tree;
  const std::string chip = "sys/class/hwmon/hwmon3/";
  tree.write(chip + "name", "ina3221\n");
  tree.write(chip + "update_interval", "7\n");
  tree.write(chip + "in1_label", "VDD_IN\n");
  tree.write(chip + "in1_input", "5000\n");
  tree.write(chip + "curr1_input", "1200\n");
  tree.write(chip + "in2_label", "VDD_CPU_GPU_CV\n");
  tree.write(chip + "in2_input", "5008\n");
  tree.write(chip + "curr2_input", "500\n");
  auto sensors = instruments_of("cpu", tree.roots());
  const Shown shown = show(sensors);
  EXPECT_DOUBLE_EQ(*shown.value("power"), 6.0);
  EXPECT_EQ(shown.channel("power").boundary, "module");
  EXPECT_EQ(shown.channel("power").period, std::chrono::milliseconds(7));
  EXPECT_THAT(shown.channel("power").definition, HasSubstr("current times voltage of ina3221"));
  EXPECT_DOUBLE_EQ(*shown.value("power.VDD_CPU_GPU_CV"), 2.504);
}

TEST(Hwmon, TakesThePowerThatADriverComputesItself) {
  HostTree tree;
  const std::string chip = "sys/class/hwmon/hwmon0/";
  tree.write(chip + "name", "ina226\n");
  tree.write(chip + "power1_input", "4875000\n");
  tree.write(chip + "curr1_input", "1\n");
  tree.write(chip + "in1_input", "1\n");
  auto sensors = instruments_of("pci-0000:01:00.0", tree.roots());
  const Shown shown = show(sensors);
  ASSERT_EQ(shown.channels.size(), 1u);
  EXPECT_DOUBLE_EQ(*shown.value("power.ina226"), 4.875)
      << "one unnamed rail is not the whole board";
  EXPECT_EQ(shown.channels[0].boundary, "board");
}

TEST(Hwmon, AServersPowerMeterIsThatOfTheSystem) {
  HostTree tree;
  tree.write("sys/class/hwmon/hwmon10/name", "power_meter\n");
  tree.write("sys/class/hwmon/hwmon10/power1_average", "213000000\n");
  auto sensors = instruments_of("cpu", tree.roots());
  const Shown shown = show(sensors);
  EXPECT_DOUBLE_EQ(*shown.value("power"), 213);
  EXPECT_EQ(shown.channel("power").boundary, "system");
  EXPECT_THAT(shown.channel("power").definition, HasSubstr("average power"));
}

TEST(Hwmon, TemperaturesOfTheCpuAreWatchedAndThoseOfADiskAreNot) {
  HostTree tree;
  tree.write("sys/class/hwmon/hwmon0/name", "coretemp\n");
  tree.write("sys/class/hwmon/hwmon0/temp1_label", "Package id 0\n");
  tree.write("sys/class/hwmon/hwmon0/temp1_input", "41500\n");
  tree.write("sys/class/hwmon/hwmon1/name", "nvme\n");
  tree.write("sys/class/hwmon/hwmon1/temp1_input", "30000\n");
  auto sensors = instruments_of("cpu", tree.roots());
  const Shown shown = show(sensors);
  EXPECT_DOUBLE_EQ(*shown.value("temperature.coretemp.Package id 0"), 41.5);
  EXPECT_FALSE(shown.value("temperature.nvme.1"));
  EXPECT_TRUE(instruments_of("pci-0000:01:00.0", tree.roots()).empty());
}

TEST(CpuTime, IsReadForTheProcessAndEachCoreThatIsThere) {
  HostTree tree;
  auto sensors = instruments_of("cpu", tree.roots());
  Shown shown = show(sensors);
  EXPECT_GT(*shown.value("cpu.process"), 0);
  EXPECT_DOUBLE_EQ(*shown.value("cpu.core.0"), 0.80);
  EXPECT_DOUBLE_EQ(*shown.value("cpu.core.1"), 0.73);
  tree.write("proc/stat", "cpu  1 0 0 0\ncpu1 140 0 30 400 5 1 2\n");  // core 0 went offline
  shown = show(sensors);
  EXPECT_DOUBLE_EQ(*shown.value("cpu.core.1"), 1.73);
  EXPECT_LT(*shown.value("cpu.core.0"), 0) << "no reading";
}

TEST(Instruments, OfThisHostAreListedWithWhatTheyReadOrWhyNot) {
  for (const InstrumentListing& each : list_instruments()) {
    if (each.availability.kind == Availability::Ready)
      EXPECT_FALSE(each.channels.empty()) << each.id;
    else
      EXPECT_FALSE(each.availability.reason.empty()) << each.id;
  }
  EXPECT_FALSE(instruments_of("cpu").empty());
}

}  // namespace
}  // namespace steelyard

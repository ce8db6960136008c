// SPDX-License-Identifier: Apache-2.0
// The NVML sensor on a stand-in library (tests/fakes/nvml.cpp).
#include "tests/fakes/nvml.h"

#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/sensor/tree.h"

namespace steelyard {
namespace {

using testing::HasSubstr;

constexpr const char* kBus = "pci-0000:01:00.0";

// The card as the fake plays it, as new.
FakeNvml& fresh_card() {
  static void* const handle = ::dlopen(STEELYARD_FAKE_NVML, RTLD_NOW | RTLD_LOCAL);
  const auto state = reinterpret_cast<FakeNvml* (*)()>(::dlsym(handle, "fake_nvml_state"));
  *state() = FakeNvml{};
  return *state();
}

TEST(Nvml, ReadsEverythingThatTheCardSupports) {
  FakeNvml& card = fresh_card();
  HostTree tree;
  auto sensors = instruments_of(kBus, tree.roots(STEELYARD_FAKE_NVML));
  Shown shown = show(sensors);
  EXPECT_DOUBLE_EQ(*shown.value("power"), 120);
  EXPECT_DOUBLE_EQ(*shown.value("power.average"), 80);
  EXPECT_DOUBLE_EQ(*shown.value("energy"), 1000);
  EXPECT_DOUBLE_EQ(*shown.value("utilisation"), 42);
  EXPECT_DOUBLE_EQ(*shown.value("clock.sm"), 1770);
  EXPECT_DOUBLE_EQ(*shown.value("clock.memory"), 9251);
  EXPECT_DOUBLE_EQ(*shown.value("temperature"), 61);
  EXPECT_DOUBLE_EQ(*shown.value("memory"), 1073741824);
  EXPECT_DOUBLE_EQ(*shown.value("pcie.width"), 16);
  EXPECT_EQ(shown.channel("energy").unit, "J");
  EXPECT_EQ(shown.channel("power").boundary, "board");
  EXPECT_EQ(shown.channel("power.average").average, std::chrono::seconds(1));
  EXPECT_THAT(shown.channel("utilisation").definition, HasSubstr("one or more kernels"));
  card.watts = 200;
  card.throttle = 0x4;
  shown = show(sensors);
  EXPECT_DOUBLE_EQ(*shown.value("power"), 200);
  EXPECT_DOUBLE_EQ(*shown.value("throttle"), 4);
}

TEST(Nvml, LeavesOutWhatTheCardDoesNotSupport) {
  FakeNvml& card = fresh_card();
  card.has_counter = card.has_fields = false;
  HostTree tree;
  auto sensors = instruments_of(kBus, tree.roots(STEELYARD_FAKE_NVML));
  const Shown shown = show(sensors);
  EXPECT_FALSE(shown.value("energy"));
  EXPECT_FALSE(shown.value("power.average"));
  EXPECT_DOUBLE_EQ(*shown.value("power"), 120);
  EXPECT_EQ(shown.channel("power").average, nanoseconds(0)) << "it is not known which of two it is";
}

TEST(Nvml, KnowsWhichCardsLookOnlyAQuarterOfTheTime) {
  FakeNvml& card = fresh_card();
  card.name = "NVIDIA H100 PCIe";
  HostTree tree;
  auto sensors = instruments_of(kBus, tree.roots(STEELYARD_FAKE_NVML));
  const Shown shown = show(sensors);
  EXPECT_EQ(shown.channel("power").average, std::chrono::milliseconds(25));
  EXPECT_EQ(shown.channel("power").period, std::chrono::milliseconds(100));
  EXPECT_LT(shown.channel("power").low, 0.9);
  EXPECT_GT(shown.channel("power").high, 1.05);
}

TEST(Nvml, ACardThatFallsOffTheBusIsAnErrorInItsOwnWords) {
  FakeNvml& card = fresh_card();
  HostTree tree;
  auto sensors = instruments_of(kBus, tree.roots(STEELYARD_FAKE_NVML));
  card.lost = true;
  try {
    show(sensors);
    FAIL();
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), HasSubstr("GPU is lost"));
  }
}

TEST(Nvml, WatchesOnlyTheCardAtItsAddress) {
  fresh_card();
  HostTree tree;
  EXPECT_TRUE(instruments_of("pci-0000:02:00.0", tree.roots(STEELYARD_FAKE_NVML)).empty());
}

TEST(Nvml, ThatIsNotInstalledSaysSoInTheLoadersWords) {
  HostTree tree;
  for (const InstrumentListing& each : list_instruments(tree.roots())) {
    if (each.id != "nvml") continue;
    EXPECT_EQ(each.availability.kind, Availability::NoRuntime);
    EXPECT_THAT(each.availability.reason, HasSubstr("/nowhere/libnvidia-ml.so.1"));
    EXPECT_THAT(each.availability.hint, HasSubstr("driver"));
    return;
  }
  FAIL() << "nvml is not listed";
}

}  // namespace
}  // namespace steelyard

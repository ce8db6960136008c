// SPDX-License-Identifier: Apache-2.0
#include "steelyard/run/cool_down.h"

#include <gtest/gtest.h>

#include <utility>

#include "steelyard/base/error.h"

namespace steelyard {
namespace {

using std::chrono::seconds;

// 80 degrees at the beginning, one less every second; beside it a meter that is not asked.
class Cooling : public Sensor {
 public:
  explicit Cooling(std::string unit, bool broken = false)
      : unit_(std::move(unit)), broken_(broken) {}
  std::vector<Channel> channels() const override {
    Channel channel;
    channel.name = "a";
    channel.unit = unit_;
    channel.period = seconds(1);
    return {channel};
  }
  void read(nanoseconds until, std::vector<Reading>& readings) override {
    if (broken_) throw Error("gone");
    readings.push_back({0, until, 80 - seconds_of(until)});
  }

 private:
  std::string unit_;
  bool broken_;
};

nanoseconds waited(std::unique_ptr<Sensor> sensor, double celsius, nanoseconds limit) {
  std::vector<std::unique_ptr<Sensor>> all;
  all.push_back(std::make_unique<Cooling>("W"));
  all.push_back(std::move(sensor));
  Instruments instruments(std::move(all));
  VirtualClock clock(nanoseconds(0));
  return cool_down(instruments, clock, celsius, limit);
}

TEST(CoolDown, WaitsUntilTheDeviceIsAboutAsCoolAsAtTheBeginning) {
  EXPECT_EQ(waited(std::make_unique<Cooling>("°C"), 60, seconds(100)), seconds(15));
}

TEST(CoolDown, GoesOnWhenTheTimeIsUp) {
  EXPECT_EQ(waited(std::make_unique<Cooling>("°C"), 60, seconds(3)), seconds(3));
}

TEST(CoolDown, DoesNotWaitForADeviceThatIsCool) {
  EXPECT_EQ(waited(std::make_unique<Cooling>("°C"), 76, seconds(100)), seconds(0));
}

TEST(CoolDown, DoesNotWaitWhereNoThermometerAnswers) {
  EXPECT_EQ(waited(std::make_unique<Cooling>("V"), 20, seconds(100)), seconds(0));
  EXPECT_EQ(waited(std::make_unique<Cooling>("°C", true), 20, seconds(100)), seconds(0));
}

}  // namespace
}  // namespace steelyard

// SPDX-License-Identifier: Apache-2.0
#include "steelyard/sensor/sensor.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <memory>

#include "steelyard/base/clock.h"

namespace steelyard {
namespace {

void work_for(nanoseconds duration) {
  const nanoseconds end = process_cpu_time() + duration;
  while (process_cpu_time() < end) {
  }
}

TEST(Sensor, CountsTheCpuTimeOfThisProcess) {
  const nanoseconds wall = MonotonicClock::read(), before = process_cpu_time();
  work_for(std::chrono::milliseconds(20));
  const nanoseconds used = process_cpu_time() - before;
  EXPECT_GE(used, std::chrono::milliseconds(20));
  EXPECT_LE(used, 2 * (MonotonicClock::read() - wall) + std::chrono::milliseconds(1));
}

TEST(Sensor, SleepingCostsNoCpuTime) {
  const nanoseconds before = process_cpu_time();
  ::usleep(50'000);
  EXPECT_LT(process_cpu_time() - before, std::chrono::milliseconds(25));
}

TEST(Sensor, CountsTheCpuTimeOfOtherProcesses) {
  const nanoseconds before = other_cpu_time();
  ASSERT_GT(before, nanoseconds(0));
  const pid_t child = ::fork();
  if (child == 0) {
    work_for(std::chrono::milliseconds(200));
    ::_exit(0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  // The kernel counts in ticks of 10 ms and charges whole ones.
  EXPECT_GE(other_cpu_time() - before, std::chrono::milliseconds(100));
}

TEST(Sensor, PeakMemoryGrowsWithWhatIsTouchedAndDoesNotShrink) {
  const std::uint64_t before = peak_memory();
  ASSERT_GT(before, 0u);
  constexpr std::size_t size = 64u << 20;
  {
    const auto block = std::make_unique<char[]>(size);
    std::memset(block.get(), 1, size);
    EXPECT_EQ(block[size / 2], 1);
  }
  EXPECT_GE(peak_memory(), size);
  EXPECT_GE(peak_memory(), before);
}

TEST(Sensor, NamesAnX86Cpu) {
  EXPECT_EQ(
      cpu_name_in("processor\t: 0\nmodel\t\t: 143\n"
                  "model name\t: Intel(R) Xeon(R) Platinum 8481C CPU @ 2.00GHz\nflags: fpu\n"),
      "Intel(R) Xeon(R) Platinum 8481C CPU @ 2.00GHz");
}

TEST(Sensor, NamesAnArmCoreAndItsBoard) {
  EXPECT_EQ(cpu_name_in("processor\t: 0\nCPU implementer\t: 0x41\nCPU part\t: 0xd0b\n\n"
                        "Revision\t: c04170\nModel\t\t: Raspberry Pi 5 Model B Rev 1.0\n"),
            "Cortex-A76 (Raspberry Pi 5 Model B Rev 1.0)");
}

TEST(Sensor, GivesTheNumbersOfAnUnknownArmCore) {
  EXPECT_EQ(cpu_name_in("CPU implementer\t: 0x61\nCPU part\t: 0x022\n"), "Arm core 0x61/0x022");
}

TEST(Sensor, SaysWhenTheCpuHasNoName) {
  EXPECT_EQ(cpu_name_in(""), "CPU of unknown name");
  EXPECT_EQ(cpu_name_in("model name\t: "), "CPU of unknown name");
}

TEST(Sensor, NamesTheCpuOfThisMachine) { EXPECT_NE(cpu_name(), ""); }

}  // namespace
}  // namespace steelyard

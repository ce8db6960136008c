// SPDX-License-Identifier: Apache-2.0
// Waiting for results. One thread at a time.
#include "steelyard/engine/cuda/staging.h"

#include <cstdint>
#include <cstring>

#include "steelyard/base/error.h"

namespace steelyard::cuda {
namespace {

using SteadyClock = std::chrono::steady_clock;

// A NaN that no arithmetic of the device makes: its own is 0x7fffffff.
constexpr int kByte = 0xff;
constexpr std::uint32_t kPending = 0xffffffff;

[[noreturn]] void give_up(std::chrono::nanoseconds deadline) {
  throw Error("the GPU gave no answer within " +
                  std::to_string(std::chrono::duration<double>(deadline).count()) +
                  " s (native-cuda.deadline).",
              "Raise native-cuda.deadline, or see what else the GPU does with nvidia-smi.");
}

}  // namespace

void await(const Stream& stream, std::chrono::nanoseconds deadline) {
  SteadyClock::time_point begin{};
  for (unsigned asked = 1; !stream.idle(); ++asked) {
    if (asked % 256 != 0) continue;
    const auto now = SteadyClock::now();
    if (begin == SteadyClock::time_point{}) begin = now;
    if (now - begin > deadline) give_up(deadline);
  }
}

void Watched::clear() { std::memset(results_, kByte, count_ * sizeof(float)); }

void Watched::await(const Stream& stream, std::chrono::nanoseconds deadline) const {
  SteadyClock::time_point begin{};
  const auto* words = reinterpret_cast<const volatile std::uint32_t*>(results_);
  for (std::size_t i = 0; i < count_; ++i)
    for (unsigned spins = 1; words[i] == kPending; ++spins) {
      if (spins % (1u << 16) != 0) continue;
      // A kernel that has failed writes nothing; one that has ended has written everything.
      if (stream.idle()) return;
      const auto now = SteadyClock::now();
      if (begin == SteadyClock::time_point{}) begin = now;
      if (now - begin > deadline) give_up(deadline);
    }
}

}  // namespace steelyard::cuda

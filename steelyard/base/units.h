// SPDX-License-Identifier: Apache-2.0
// Units as types, so that a number cannot silently change its meaning on the way to a table.
#pragma once

#include <chrono>
#include <cstdint>

namespace steelyard {

// Time points and durations are nanoseconds of one clock (CLOCK_MONOTONIC or a device's virtual
// clock).
using nanoseconds = std::chrono::nanoseconds;

constexpr double seconds_of(nanoseconds t) { return static_cast<double>(t.count()) * 1e-9; }

// Rounds to the nearest nanosecond; `seconds` must be finite and within ±292 years.
constexpr nanoseconds from_seconds(double seconds) {
  return nanoseconds(static_cast<std::int64_t>(seconds * 1e9 + (seconds < 0 ? -0.5 : 0.5)));
}

// A physical quantity of one unit; arithmetic only where the result has the same unit.
template <class Tag>
struct Amount {
  double value = 0;
  friend constexpr Amount operator+(Amount a, Amount b) { return {a.value + b.value}; }
  friend constexpr Amount operator-(Amount a, Amount b) { return {a.value - b.value}; }
  friend constexpr Amount operator*(Amount a, double k) { return {a.value * k}; }
  friend constexpr auto operator<=>(Amount, Amount) = default;
};
using Watts = Amount<struct WattsTag>;
using Joules = Amount<struct JoulesTag>;

constexpr Joules operator*(Watts p, nanoseconds t) { return {p.value * seconds_of(t)}; }
constexpr Watts operator/(Joules e, nanoseconds t) { return {e.value / seconds_of(t)}; }

}  // namespace steelyard

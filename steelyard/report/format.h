// SPDX-License-Identifier: Apache-2.0
// Numbers as text: the same digits in both languages, units that fit the size, thousands
// separators. No locale. Pure and thread-safe. Values that are not finite give "?".
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "steelyard/report/report.h"

namespace steelyard {

// `digits` significant digits, never an exponent between 1e-6 and 1e15; "13,943", "0.00312".
std::string significant(double value, int digits);
// Fixed decimals with thousands separators.
std::string decimal(double value, int decimals);

std::string duration(double ns);           // "71.72 µs", "1.326 ms"
std::string per_second(double rate);       // "13,943", "764.1"
std::string watts(double value);           // "68.3 W"
std::string joules(double value);          // "4.90 mJ"
std::string bytes(double value);           // "182 MiB"
std::string percent(double value);         // "7.30 %"; two significant digits below 1
std::string signed_percent(double value);  // "+0.41 %", "−0.38 %"
// "40.8–91.8 W": both ends as `text` gives them, the unit once where it is the same.
std::string range(double low, double high, const std::function<std::string(double)>& text);
std::string factor(double ratio);             // "18.4", "1.06", "388"
std::string quantity(double value);           // 52.141, 2.307, 4,689.58: errors in a target's unit
std::string count(unsigned long long value);  // "10,000"
// A target's unit after its number: "2.307 USD", "2.307달러"; without a unit only the number.
std::string with_unit(const std::string& number, std::string_view unit, Language);
// The unit's name alone: "USD", "달러"; words for "no unit stated" when it is empty.
std::string unit_name(std::string_view unit, Language);

}  // namespace steelyard

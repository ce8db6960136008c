// SPDX-License-Identifier: Apache-2.0
// The names by which users choose a device: SPEC = [host/]backend[:device][@precision]. Plain data,
// thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace steelyard {

// Number formats of weights and arithmetic, as the runtime was asked for; what it obtained is in
// the result.
enum class Precision { fp32, tf32, fp16, bf16, int8 };
std::string_view to_string(Precision);
std::optional<Precision> precision_from(std::string_view);

// `pi5/hailort:0@int8` -> host "pi5", backend "hailort", device "0", precision int8.
// `all` and `pi5/all` stand for every ready device. Empty parts were not given.
struct Spec {
  std::string host;
  std::string backend;
  std::string device;
  std::optional<Precision> precision;

  bool is_all() const { return backend == "all" && device.empty(); }
  friend bool operator==(const Spec&, const Spec&) = default;
};

// Throws UsageError that quotes the text and shows the form.
Spec parse_spec(std::string_view text);
// The shortest text that parse_spec reads back.
std::string to_string(const Spec&);

}  // namespace steelyard

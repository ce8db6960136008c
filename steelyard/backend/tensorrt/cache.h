// SPDX-License-Identifier: Apache-2.0
// Built engines, kept in $STEELYARD_CACHE (else $XDG_CACHE_HOME/steelyard, else
// ~/.cache/steelyard), folder tensorrt. A build takes seconds to minutes, and every worker needs
// the same one. Any number of processes may use it at once.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace steelyard::tensorrt {

struct Plan {
  std::string bytes;         // what TensorRT serialised
  double build_seconds = 0;  // when it was built, perhaps by another process
  bool from_cache = false;
};

// Everything that a plan depends on, as text; equal keys may share a plan.
std::filesystem::path file_for(const std::string& key);

// None when there is no such file, or it is not whole.
std::optional<Plan> cached_plan(const std::filesystem::path&);
// A disk that refuses costs the next process a build, and nothing else.
void keep_plan(const std::filesystem::path&, const Plan&) noexcept;
void forget_plan(const std::filesystem::path&) noexcept;

}  // namespace steelyard::tensorrt

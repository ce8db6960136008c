// SPDX-License-Identifier: Apache-2.0
// A plan's file: one line "steelyard-plan <build seconds> <sha256 of the rest>", then the plan.
#include "steelyard/backend/tensorrt/cache.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>

#include "steelyard/base/hash.h"

namespace steelyard::tensorrt {
namespace {

namespace fs = std::filesystem;

fs::path folder() {
  const auto named = [](const char* variable) {
    const char* value = std::getenv(variable);
    return fs::path(value == nullptr ? "" : value);
  };
  if (const fs::path own = named("STEELYARD_CACHE"); !own.empty()) return own / "tensorrt";
  if (const fs::path xdg = named("XDG_CACHE_HOME"); !xdg.empty())
    return xdg / "steelyard" / "tensorrt";
  if (const fs::path home = named("HOME"); !home.empty())
    return home / ".cache" / "steelyard" / "tensorrt";
  return {};
}

}  // namespace

fs::path file_for(const std::string& key) {
  const fs::path in = folder();
  return in.empty() ? in : in / (sha256(std::string_view(key)) + ".plan");
}

std::optional<Plan> cached_plan(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::string head;
  if (!stream || !std::getline(stream, head)) return std::nullopt;
  std::istringstream words(head);
  std::string mark, hash;
  Plan plan;
  if (!(words >> mark >> plan.build_seconds >> hash) || mark != "steelyard-plan")
    return std::nullopt;
  plan.bytes.assign(std::istreambuf_iterator<char>(stream), {});
  if (sha256(std::string_view(plan.bytes)) != hash) return std::nullopt;
  plan.from_cache = true;
  return plan;
}

void keep_plan(const fs::path& file, const Plan& plan) noexcept try {
  if (file.empty()) return;
  fs::create_directories(file.parent_path());
  // Another process may be writing the same plan.
  const fs::path part = fmt::format("{}.{}", file.string(), ::getpid());
  {
    std::ofstream stream(part, std::ios::binary);
    stream << fmt::format("steelyard-plan {} {}\n", plan.build_seconds,
                          sha256(std::string_view(plan.bytes)))
           << plan.bytes;
    if (!stream.flush()) {
      stream.close();
      forget_plan(part);
      return;
    }
  }
  fs::rename(part, file);
} catch (const std::exception&) {
}

void forget_plan(const fs::path& file) noexcept {
  std::error_code ignored;
  fs::remove(file, ignored);
}

}  // namespace steelyard::tensorrt

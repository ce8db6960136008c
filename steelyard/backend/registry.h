// SPDX-License-Identifier: Apache-2.0
// Which backends there are: the built-in ones and the modules found in lib/steelyard/backends/.
// Built once, then read-only.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "steelyard/backend/backend.h"

namespace steelyard {

class Registry {
 public:
  // Built-ins and every module of the folder. A module that does not load is listed as NoRuntime
  // with the loader's words, one that we know but do not find as NotBuilt with what to install.
  static const Registry& instance();

  // In listing order. Entries without a usable Backend have `backend` null and say why in
  // `availability`.
  struct Entry {
    std::string name;
    std::unique_ptr<Backend> backend;
    Availability availability;
  };
  const std::vector<Entry>& entries() const { return entries_; }

  // Throws UsageError that lists the known names when there is none of that name.
  const Entry& find(std::string_view name) const;

  // The device a Spec means. Throws Unsupported (a Skipped row) when its backend is not ready,
  // UsageError when the name is unknown or the precision is not one of the device's.
  struct Found {
    const Backend* backend;
    Device device;
    Precision precision;
  };
  Found resolve(const Spec&) const;

  // Every device that is Ready, and one line for every backend that is not.
  std::vector<DeviceListing> list() const;

 private:
  Registry();
  std::vector<Entry> entries_;
};

// The built-in backends' factories, listed by hand in registry.cpp.
std::unique_ptr<Backend> make_null_backend();
std::unique_ptr<Backend> make_native_cpu_backend();
std::unique_ptr<Backend> make_simulated_backend();

}  // namespace steelyard

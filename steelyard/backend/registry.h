// SPDX-License-Identifier: Apache-2.0
// Which backends there are: the built-in ones and the modules found in lib/steelyard/backends/.
// Built once, then read-only.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "steelyard/backend/backend.h"

namespace steelyard {

// The backend is known, but cannot be used here.
class NotReady : public Unsupported {
 public:
  explicit NotReady(Availability why)
      : Unsupported(why.reason, why.hint), availability(std::move(why)) {}
  Availability availability;
};

class Registry {
 public:
  // Built-ins and every module of the folder. A module that does not load is listed as NoRuntime
  // with the loader's words, one that we know but do not find as NotBuilt with what to install.
  static const Registry& instance();

  // The same with another folder of modules.
  explicit Registry(const std::filesystem::path& modules);

  // In listing order. An entry without a usable Backend has `backend` null and says why in
  // `unusable`. Asking for the availability() may open the vendor's library; being listed does not.
  struct Entry {
    std::string name;
    std::unique_ptr<Backend> backend;
    Availability unusable;
    Availability availability() const { return backend ? backend->availability() : unusable; }
  };
  const std::vector<Entry>& entries() const { return entries_; }

  // Throws UsageError that lists the known names when there is none of that name.
  const Entry& find(std::string_view name) const;

  // The device a Spec means: without a device the backend's first, without a precision the device's
  // first. Throws NotReady (a Skipped row) when its backend is not ready, UsageError when the name,
  // the device or the precision is unknown or a host is given; both list what there is.
  struct Found {
    const Backend* backend;
    Device device;
    Precision precision;
  };
  Found resolve(const Spec&) const;

  // Every device that is Ready, and one line for every backend that is not.
  std::vector<DeviceListing> list() const;

 private:
  std::vector<Entry> entries_;
};

// The built-in backends' factories, listed by hand in registry.cpp.
std::unique_ptr<Backend> make_null_backend();
std::unique_ptr<Backend> make_native_cpu_backend();
std::unique_ptr<Backend> make_simulated_backend();

}  // namespace steelyard

// SPDX-License-Identifier: Apache-2.0
// Measurements on disk: one SQLite file. Blocks are appended as they end, so that kill -9 loses at
// most the running one. While no campaign runs no -wal or -shm file stands beside it: copying the
// one file is enough. One writer at a time; a Store belongs to one thread. Every method throws
// Error with one clear sentence (corrupt, read-only, foreign, newer file, full disk).
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "steelyard/base/error.h"
#include "steelyard/record/event.h"
#include "steelyard/record/record.h"

namespace steelyard {

// Nothing of the event was stored; once there is space the same call succeeds.
class DiskFull : public Error {
 public:
  using Error::Error;
};

class Store {
 public:
  enum class Mode { read, write };  // write creates the file when it is not there
  Store(const std::filesystem::path& file, Mode);
  ~Store();
  Store(const Store&) = delete;  // one connection, one transaction at a time
  Store& operator=(const Store&) = delete;

  // A campaign is a plan. Throws Error when the file already holds another unfinished campaign with
  // the same cases (use resume).
  void begin(const Plan&);
  void append(const Plan&, const Event&);

  // Lays watts from outside over what load() gives; `original` is kept beside it as it came. The
  // newest can be taken away again.
  void attach(const Attachment&, std::string_view original);
  std::optional<Attachment> detach();

  // The newest campaign that is not finished, and what of it is already there; empty when there is
  // none.
  struct Unfinished {
    Plan plan;
    Resume resume;
  };
  std::unique_ptr<Unfinished> unfinished() const;

  // Of all campaigns, oldest first; without the truths.
  std::vector<Plan> plans() const;

  // Everything: one Measurement a (campaign, case), in the order of the plan. Cases measured again
  // in a later campaign replace the earlier ones unless `all_campaigns`.
  std::vector<Measurement> load(bool all_campaigns = false) const;
  // The same one at a time, because all of them may not fit into memory: the place in the order of
  // load(), and what stands there. A place comes again with what replaces it. Only cases that
  // `wanted` takes are read.
  void visit(const std::function<bool(const Case&)>& wanted,
             const std::function<void(std::size_t place, Measurement&&)>& see,
             bool all_campaigns = false) const;

 private:
  struct Database;
  std::unique_ptr<Database> database_;
};

}  // namespace steelyard

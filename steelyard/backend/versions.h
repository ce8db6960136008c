// SPDX-License-Identifier: Apache-2.0
// Several modules of one name, each for another version of the vendor's library, as one backend.
// Thread-safe.
#pragma once

#include <memory>
#include <vector>

#include "steelyard/backend/backend.h"

namespace steelyard {

// Behaves as the first of them that is Ready; when none is, says why of all. Two at least.
std::unique_ptr<Backend> any_of_versions(std::vector<std::unique_ptr<Backend>>);

}  // namespace steelyard

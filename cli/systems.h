// SPDX-License-Identifier: Apache-2.0
// The table of systems with the user's own prices and powers over the shipped ones.
#pragma once

#include <filesystem>

#include "steelyard/advise/advise.h"

namespace steelyard::cli {

// The shipped table; entries of `file` (empty: none) replace or complete it field by field. Layout:
// docs/cli.md. Throws Error naming file and entry.
SystemTable read_systems(const std::filesystem::path& file);

}  // namespace steelyard::cli

// SPDX-License-Identifier: Apache-2.0
// Machine formats. Pure functions over summaries; the caller writes files.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "steelyard/record/summary.h"

namespace steelyard {

enum class ExportFormat { json, csv };
std::optional<ExportFormat> export_format_from(std::string_view);

// json: {"schema_version":1,"cases":[...]} (docs/cli.md); csv: tidy, one line a (case, metric) with
// unit, bound and reason.
std::string export_as(const std::vector<Summary>&, ExportFormat);

}  // namespace steelyard

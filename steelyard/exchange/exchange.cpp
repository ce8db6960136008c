// SPDX-License-Identifier: Apache-2.0
// Which format is which. Thread-safe.
#include "steelyard/exchange/exchange.h"

#include "steelyard/exchange/formats.h"

namespace steelyard {

std::optional<ExportFormat> export_format_from(std::string_view text) {
  if (text == "json") return ExportFormat::json;
  if (text == "csv") return ExportFormat::csv;
  return {};
}

std::string export_as(const std::vector<Summary>& summaries, ExportFormat format) {
  return format == ExportFormat::json ? exchange::as_json(summaries) : exchange::as_csv(summaries);
}

std::string export_json(const Comparison& comparison) { return exchange::as_json(comparison); }

std::string export_json(const std::vector<Advice>& advice) { return exchange::as_json(advice); }

}  // namespace steelyard

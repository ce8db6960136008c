// SPDX-License-Identifier: Apache-2.0
// Which format is which. Thread-safe.
#include "steelyard/exchange/exchange.h"

#include "steelyard/exchange/formats.h"

namespace steelyard {

std::optional<ExportFormat> export_format_from(std::string_view text) {
  if (text == "json") return ExportFormat::json;
  if (text == "csv") return ExportFormat::csv;
  if (text == "google-benchmark") return ExportFormat::google_benchmark;
  if (text == "bmf") return ExportFormat::bmf;
  return {};
}

std::string export_as(const std::vector<Summary>& summaries, ExportFormat format) {
  switch (format) {
    case ExportFormat::json:
      return exchange::as_json(summaries);
    case ExportFormat::csv:
      return exchange::as_csv(summaries);
    case ExportFormat::google_benchmark:
      return exchange::as_google_benchmark(summaries);
    case ExportFormat::bmf:
      return exchange::as_bmf(summaries);
  }
  return {};
}

std::string export_trace(const std::vector<Measurement>& measurements) {
  return exchange::as_trace(measurements);
}

std::string export_json(const Comparison& comparison) { return exchange::as_json(comparison); }

std::string export_json(const std::vector<Advice>& advice) { return exchange::as_json(advice); }

}  // namespace steelyard

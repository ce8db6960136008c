// SPDX-License-Identifier: Apache-2.0
// `steelyard export`: databases in, a machine format out.
#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/read.h"
#include "cli/terminal.h"
#include "steelyard/exchange/exchange.h"

namespace steelyard::cli {

namespace {

std::string written(const Export& words) {
  if (words.format == "trace") return export_trace(measurements_of(words.databases));
  const auto format = export_format_from(words.format);
  if (!format)
    throw UsageError(fmt::format("there is no format '{}'", words.format),
                     "there is: json, csv, google-benchmark, bmf, trace");
  if (words.bom && *format != ExportFormat::csv)
    throw UsageError("--bom belongs to --format csv", "leave it out, or write CSV");
  return export_as(summaries_of(words.databases), *format);
}

}  // namespace

int execute(const Export& words) {
  std::string text = written(words);
  if (words.bom) text.insert(0, "\xEF\xBB\xBF");
  if (words.output.empty())
    print(text);
  else
    write_file(words.output, text);
  return 0;
}

}  // namespace steelyard::cli

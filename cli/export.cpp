// SPDX-License-Identifier: Apache-2.0
// `steelyard export`: databases in, a machine format out.
#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/read.h"
#include "cli/terminal.h"
#include "steelyard/exchange/exchange.h"

namespace steelyard::cli {

int execute(const Export& words) {
  const auto format = export_format_from(words.format);
  if (!format)
    throw UsageError(fmt::format("there is no format '{}'", words.format), "there is: json, csv");
  const std::string text = export_as(summaries_of(words.databases), *format);
  if (words.output.empty())
    print(text);
  else
    write_file(words.output, text);
  return 0;
}

}  // namespace steelyard::cli

// SPDX-License-Identifier: Apache-2.0
// `steelyard advise`: databases and a job in, the system for it out, and an exit code for scripts.
#include "steelyard/advise/advise.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/commands.h"
#include "cli/read.h"
#include "cli/systems.h"
#include "cli/terminal.h"
#include "steelyard/exchange/exchange.h"

namespace steelyard::cli {
namespace {

std::string written(const std::vector<Advice>& advice, const Advise& words) {
  if (words.format == "json") return export_json(advice);
  const auto format =
      words.format.empty() ? std::optional(Format::terminal) : format_from(words.format);
  if (!format || *format == Format::latex)
    throw UsageError(fmt::format("there is no format '{}'", words.format),
                     "there is: terminal, markdown, html, json");
  RenderOptions options = render_options(words.language, *format);
  if (!words.output.empty()) options.colour = false;
  return render(advice, options);
}

// 0: a model has a system that passes; 4: none, but some are undecided; 5: all fail.
int exit_code(const std::vector<Advice>& advice) {
  Verdict best = Verdict::fails;
  for (const Advice& one : advice)
    for (const Candidate& c : one.candidates) best = std::min(best, c.verdict);
  return best == Verdict::passes ? 0 : best == Verdict::undecided ? 4 : 5;
}

}  // namespace

int execute(const Advise& words) {
  const SystemTable table = read_systems(words.systems);
  const auto advice = advise(summaries_of(words.databases), words.question, table);
  if (advice.empty())
    throw NothingToMeasure("there is no SingleStream row to advise from",
                           "measure with `steelyard run ... --scenario SingleStream`");
  const std::string text = written(advice, words);
  if (words.output.empty())
    print(text);
  else
    write_file(words.output, text);
  return exit_code(advice);
}

}  // namespace steelyard::cli

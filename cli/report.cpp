// SPDX-License-Identifier: Apache-2.0
// `steelyard report`: databases in, a document for people out.
#include <iterator>

#include "cli/commands.h"
#include "cli/expected.h"
#include "cli/read.h"
#include "cli/terminal.h"
#include "steelyard/advise/advise.h"
#include "steelyard/stats/stats.h"

namespace steelyard::cli {

int execute(const Report& words) {
  const auto suffix = words.output.extension();
  const Format by_name = suffix == ".html" || suffix == ".htm" ? Format::html
                         : suffix == ".tex"                    ? Format::latex
                         : suffix == ".md"                     ? Format::markdown
                                                               : Format::terminal;
  RenderOptions options = render_options(words.language, words.format.value_or(by_name));
  if (!words.output.empty()) options.colour = false;
  auto summaries = summaries_of(words.databases);
  if (words.with_expected) {
    auto expected = summarize(expected_beside(summaries, words.databases, words.command));
    std::move(expected.begin(), expected.end(), std::back_inserter(summaries));
  }
  options.advice = advise(summaries, {}, built_in_systems());
  const std::string text = render(summaries, options);
  if (words.output.empty())
    print(text);
  else
    write_file(words.output, text);
  return 0;
}

}  // namespace steelyard::cli

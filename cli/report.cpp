// SPDX-License-Identifier: Apache-2.0
// `steelyard report`: databases in, a document for people out.
#include <fmt/format.h>

#include <iterator>

#include "cli/commands.h"
#include "cli/expected.h"
#include "cli/read.h"
#include "cli/terminal.h"
#include "steelyard/advise/advise.h"
#include "steelyard/stats/stats.h"
#include "steelyard/store/store.h"

namespace steelyard::cli {

std::vector<Measurement> measurements_of(const std::vector<std::filesystem::path>& databases) {
  std::vector<Measurement> all;
  for (const auto& file : databases) {
    auto some = Store(file, Store::Mode::read).load();
    std::move(some.begin(), some.end(), std::back_inserter(all));
  }
  if (all.empty())
    throw NothingToMeasure(fmt::format("{} holds no measurement yet", databases.front().string()),
                           "measure with `steelyard run ... --db FILE`");
  return all;
}

std::vector<Summary> summaries_of(const std::vector<std::filesystem::path>& databases) {
  return summarize(measurements_of(databases));
}

int execute(const Report& words) {
  const auto suffix = words.output.extension();
  const Format by_name = suffix == ".html" || suffix == ".htm" ? Format::html
                         : suffix == ".tex"                    ? Format::latex
                         : suffix == ".md"                     ? Format::markdown
                                                               : Format::terminal;
  RenderOptions options = render_options(words.language, words.format.value_or(by_name));
  if (!words.output.empty()) options.colour = false;
  auto measurements = measurements_of(words.databases);
  if (words.with_expected) {
    auto expected = expected_beside(measurements, words.databases, words.command);
    std::move(expected.begin(), expected.end(), std::back_inserter(measurements));
  }
  const auto summaries = summarize(measurements);
  options.advice = advise(summaries, {}, built_in_systems());
  const std::string text = render(summaries, options);
  if (words.output.empty())
    print(text);
  else
    write_file(words.output, text);
  return 0;
}

}  // namespace steelyard::cli

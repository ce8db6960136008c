// SPDX-License-Identifier: Apache-2.0
// `steelyard report`: databases in, a document for people out.
#include <fmt/format.h>

#include <iterator>
#include <map>

#include "cli/commands.h"
#include "cli/expected.h"
#include "cli/read.h"
#include "cli/terminal.h"
#include "steelyard/advise/advise.h"
#include "steelyard/stats/stats.h"
#include "steelyard/store/store.h"

namespace steelyard::cli {

namespace {

NothingToMeasure nothing_in(const std::vector<std::filesystem::path>& databases) {
  return NothingToMeasure(fmt::format("{} holds no measurement yet", databases.front().string()),
                          "measure with `steelyard run ... --db FILE`");
}

}  // namespace

std::vector<Measurement> measurements_of(const std::vector<std::filesystem::path>& databases) {
  std::vector<Measurement> all;
  for (const auto& file : databases) {
    auto some = Store(file, Store::Mode::read).load();
    std::move(some.begin(), some.end(), std::back_inserter(all));
  }
  if (all.empty()) throw nothing_in(databases);
  return all;
}

// One case at a time: a campaign may hold more queries than memory does.
std::vector<Summary> summaries_of(const std::vector<std::filesystem::path>& databases) {
  Summarizer summarizer;
  std::vector<std::map<std::size_t, Summary>> found(databases.size());
  for (const bool null : {true, false})
    for (std::size_t i = 0; i < databases.size(); ++i)
      Store(databases[i], Store::Mode::read)
          .visit([&](const Case& what) { return (what.spec.backend == "null") == null; },
                 [&](std::size_t place, Measurement&& measurement) {
                   found[i].insert_or_assign(place, summarizer(measurement));
                 });
  std::vector<Summary> all;
  for (auto& rows : found)
    for (auto& [place, summary] : rows) all.push_back(std::move(summary));
  if (all.empty()) throw nothing_in(databases);
  return all;
}

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

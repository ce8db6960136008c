// SPDX-License-Identifier: Apache-2.0
// The HTML file stands alone, is well formed, and cannot be broken by what a record says.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>
#include <set>

#include "steelyard/report/report.h"
#include "steelyard/report/sections.h"
#include "tests/report/fixture.h"

namespace steelyard {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string html(const std::vector<Summary>& summaries, Language language = Language::ko) {
  RenderOptions options;
  options.language = language;
  options.format = Format::html;
  return render(summaries, options);
}

TEST(Html, AsksForNothingFromOutside) {
  const std::string text = html(fixture());
  for (const char* word : {"http:", "https:", "<link", "<img", "@import", "url(", "src=", "fetch(",
                           "XMLHttp", "import("})
    EXPECT_THAT(text, Not(HasSubstr(word)));
  EXPECT_LT(text.size(), 400'000u);
}

TEST(Html, SaysItsLanguage) {
  EXPECT_THAT(html(fixture()), HasSubstr("<html lang=\"ko\">"));
  EXPECT_THAT(html(fixture(), Language::en), HasSubstr("<html lang=\"en\">"));
}

TEST(Html, ClosesEveryElementInOrder) {
  const std::string text = html(fixture());
  static const std::regex tag(R"(<(/?)([a-zA-Z][a-zA-Z0-9]*)([^>]*)>)");
  const std::set<std::string> empty = {"meta", "wbr", "br"};
  std::vector<std::string> open;
  for (std::sregex_iterator at(text.begin(), text.end(), tag), end; at != end; ++at) {
    const std::string name = (*at)[2], rest = (*at)[3];
    if (empty.contains(name) || rest.ends_with("/")) continue;
    if ((*at)[1] == "/") {
      ASSERT_FALSE(open.empty()) << name;
      ASSERT_EQ(open.back(), name) << "at " << at->position();
      open.pop_back();
    } else {
      open.push_back(name);
    }
  }
  EXPECT_TRUE(open.empty());
}

TEST(Html, NeverSkipsAHeadingLevel) {
  const std::string text = html(fixture());
  static const std::regex heading("<h([1-6])>");
  int before = 0, first = 0;
  for (std::sregex_iterator at(text.begin(), text.end(), heading), end; at != end; ++at) {
    const int level = std::stoi((*at)[1]);
    EXPECT_LE(level, before + 1);
    first += level == 1;
    before = level;
  }
  EXPECT_EQ(first, 1);
}

TEST(Html, UsesEveryIdOnceAndLinksToOnesThatExist) {
  const std::string text = html(fixture());
  std::set<std::string> ids;
  static const std::regex id(" id=\"([^\"]*)\""), link("href=\"#([^\"]*)\"");
  for (std::sregex_iterator at(text.begin(), text.end(), id), end; at != end; ++at)
    EXPECT_TRUE(ids.insert((*at)[1]).second) << (*at)[1];
  for (std::sregex_iterator at(text.begin(), text.end(), link), end; at != end; ++at)
    EXPECT_TRUE(ids.contains((*at)[1])) << (*at)[1];
}

TEST(Html, GivesTablesCaptionsAndScopesAndChartsATextOfTheirOwn) {
  const std::string text = html(fixture());
  const auto times = [&](const std::string& what) {
    int n = 0;
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++n;
    return n;
  };
  EXPECT_EQ(times("<table"), times("<caption"));
  EXPECT_GT(times("<svg"), 3);
  EXPECT_EQ(times("<svg"), times("<title id="));
  EXPECT_EQ(times("<svg"), times("<desc id="));
  EXPECT_EQ(times("<th "), times("<th scope=\"col\"") + times("<th scope=\"row\""));
}

TEST(Html, EscapesWhateverARecordSays) {
  auto all = fixture();
  for (Summary& s : all) {
    s.device.name = "<script>alert('x')</script>\" onload=\"";
    s.host = s.manifest.host = "</style><b>";
    s.manifest.command = "{{{title}}} {{#sections}} <img src=x>";
    s.utilisation.definition = "<i>&amp;";
    s.accuracy.unit = "<u>";
  }
  const std::string text = html(all);
  for (const char* raw : {"<script>alert", "</style><b>", "<img", "<i>", "<u>"})
    EXPECT_EQ(text.find(raw, text.find("</style>") + 8), std::string::npos) << raw;
  EXPECT_THAT(text, HasSubstr("{{{title}}} {{#sections}} &lt;img src=x&gt;"));
}

TEST(Escape, DropsWhatNoDocumentMayHold) {
  EXPECT_EQ(escape("a<b>&\"'"), "a&lt;b&gt;&amp;&quot;&#39;");
  EXPECT_EQ(escape(std::string_view("a\0\x01 b", 5)), "a b");
  EXPECT_EQ(escape("\xff"), "\uFFFD");
}

}  // namespace
}  // namespace steelyard

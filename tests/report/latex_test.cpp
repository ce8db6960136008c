// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "steelyard/report/report.h"
#include "tests/report/fixture.h"

namespace steelyard {
namespace {

std::string latex(Language language, std::vector<Summary> rows = fixture()) {
  RenderOptions options;
  options.language = language;
  options.format = Format::latex;
  return render(rows, options);
}

std::size_t times(const std::string& text, const std::string& word) {
  std::size_t n = 0;
  for (auto at = text.find(word); at != text.npos; at = text.find(word, at + 1)) ++n;
  return n;
}

TEST(Latex, ClosesWhatItOpensAndHasEveryRowAsWideAsItsHead) {
  for (const Language language : {Language::ko, Language::en}) {
    const std::string text = latex(language);
    for (const char* name : {"table", "tabular", "threeparttable", "tablenotes"})
      EXPECT_EQ(times(text, std::string("\\begin{") + name + "}"),
                times(text, std::string("\\end{") + name + "}"))
          << name;
    // Two models, and the devices without a result.
    EXPECT_EQ(times(text, "\\begin{table}"), 3u);
    EXPECT_EQ(times(text, "{"), times(text, "}"));
  }
}

TEST(Latex, LeavesNoCharacterThatItWouldTakeForACommand) {
  std::vector<Summary> rows = fixture();
  for (Summary& s : rows) s.model = "A_B & 50 % #1 $x$ {y} ~^\\";
  const std::string text = latex(Language::en, rows);
  EXPECT_NE(text.find("A\\_B \\& 50 \\% \\#1 \\$x\\$ \\{y\\} \\textasciitilde{}\\textasciicircum{}"
                      "\\textbackslash{}"),
            std::string::npos);
}

TEST(Latex, TellsProvenanceAndMissingValuesInNotes) {
  const std::string text = latex(Language::en);
  EXPECT_NE(text.find("expected (simulated)"), std::string::npos);
  EXPECT_NE(text.find("---\\tnote{"), std::string::npos);
  EXPECT_NE(text.find("missing ("), std::string::npos);
}

}  // namespace
}  // namespace steelyard

// SPDX-License-Identifier: Apache-2.0
// The report of the fixture, byte for byte. After an intended change: STEELYARD_UPDATE_GOLDEN=1
// build/tests/report_test, then read the difference before committing it.
#include "tests/golden.h"

#include <gtest/gtest.h>

#include "steelyard/advise/advise.h"
#include "steelyard/report/report.h"
#include "tests/report/fixture.h"

namespace steelyard {
namespace {

struct Golden {
  Language language;
  Format format;
  const char* file;
};

TEST(GoldenCharts, AreTheSameByteForByte) {
  for (const auto& [language, file] :
       {std::pair(Language::ko, "ko/charts.html"), std::pair(Language::en, "en/charts.html")}) {
    RenderOptions options;
    options.language = language;
    options.format = Format::html;
    Question question;
    question.latency = {{99, 1e6}};
    question.max_watts = 100;
    question.rate = 20;
    question.price_per_kwh = 0.15;
    options.advice = advise(fixture_charted(), question, built_in_systems());
    expect_golden(render(fixture_charted(), options), std::string("tests/golden/") + file);
  }
}

class GoldenReport : public testing::TestWithParam<Golden> {};

TEST_P(GoldenReport, IsTheSameByteForByte) {
  RenderOptions options;
  options.language = GetParam().language;
  options.format = GetParam().format;
  options.advice = advise(fixture(), {}, built_in_systems());
  const std::string text = render(fixture(), options);
  expect_golden(text, std::string("tests/golden/") + GetParam().file);
}

INSTANTIATE_TEST_SUITE_P(All, GoldenReport,
                         testing::Values(Golden{Language::ko, Format::markdown, "ko/report.md"},
                                         Golden{Language::ko, Format::html, "ko/report.html"},
                                         Golden{Language::ko, Format::terminal, "ko/report.txt"},
                                         Golden{Language::ko, Format::latex, "ko/report.tex"},
                                         Golden{Language::en, Format::latex, "en/report.tex"},
                                         Golden{Language::en, Format::markdown, "en/report.md"},
                                         Golden{Language::en, Format::html, "en/report.html"},
                                         Golden{Language::en, Format::terminal, "en/report.txt"}),
                         [](const auto& info) {
                           std::string name = info.param.file;
                           for (char& c : name)
                             if (c == '/' || c == '.') c = '_';
                           return name;
                         });

}  // namespace
}  // namespace steelyard

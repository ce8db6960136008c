// SPDX-License-Identifier: Apache-2.0
// Figures as documents for people. The only room that owns sentences in two languages. Pure: the
// same summaries give the same bytes; no clock, no locale, no files.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "steelyard/record/advice.h"
#include "steelyard/record/comparison.h"
#include "steelyard/record/record.h"
#include "steelyard/record/summary.h"

namespace steelyard {

enum class Language { ko, en };
enum class Format { terminal, markdown, html, latex };
std::optional<Language> language_from(std::string_view);  // "ko", "en", "ko_KR.UTF-8", ...
std::optional<Format> format_from(std::string_view);

struct RenderOptions {
  Language language = Language::en;
  Format format = Format::terminal;
  int columns = 80;            // terminal only
  bool colour = false;         // terminal only
  bool brief = false;          // the answer and the key figures only, as at the end of `run`
  std::vector<Advice> advice;  // which system to use, as sections of the report
};

// The whole report. Order: the answer, the seed's table a model (metrics x devices with a note),
// analysis, conclusion, latency chart (HTML), method and manifest. Summaries may come from several
// databases.
std::string render(const std::vector<Summary>&, const RenderOptions&);

// How one version stands against another: a table, and what it alone would hide.
std::string render(const Comparison&, const RenderOptions&);

// Which system does the job, one part a model: verdicts with what they stand on, turning points,
// what to relax, what to measure next.
std::string render(const std::vector<Advice>&, const RenderOptions&);

// One sentence for a reason, e.g. for `devices` and `doctor`.
std::string explain(const Reason&, Language);

// `steelyard devices` and `doctor` for people.
std::string render_devices(const std::vector<DeviceListing>&, const RenderOptions&);

// Columns that text takes in a terminal: Hangul and other wide characters take two.
int display_width(std::string_view utf8);

}  // namespace steelyard

// SPDX-License-Identifier: Apache-2.0
// Where words go: results to stdout or a file, talk to stderr. One thread.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "steelyard/base/error.h"
#include "steelyard/base/units.h"
#include "steelyard/report/report.h"

namespace steelyard::cli {

// To stdout. Throws Error when it cannot be written, for instance because a disk is full.
void print(std::string_view text);
// A line to stderr.
void talk(std::string_view line);
// "steelyard: what" and the hint, to stderr.
void complain(const Error&);

// To `file`, under its final name only when it is complete. Throws Error.
void write_file(const std::filesystem::path& file, std::string_view text);

// Width and colour of stdout as it is now.
RenderOptions render_options(Language language, Format format);

// One line on stderr that is redrawn on a terminal; elsewhere a line now and then.
class ProgressLine {
 public:
  ProgressLine();
  ~ProgressLine();  // leaves the cursor at the beginning of a line
  void show(const std::string& text);
  // Something to keep above the progress.
  void say(const std::string& line);

 private:
  bool terminal_;
  bool drawn_ = false;
  nanoseconds last_{0};
};

}  // namespace steelyard::cli

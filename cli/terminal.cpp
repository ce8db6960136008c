// SPDX-License-Identifier: Apache-2.0
// Printing, and files that are complete or absent.
#include "cli/terminal.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "steelyard/base/clock.h"

namespace steelyard::cli {
namespace {

// How often a line is written where nobody can redraw it.
constexpr nanoseconds kSparse = std::chrono::seconds(5);
constexpr nanoseconds kRedraw = std::chrono::milliseconds(100);

void write_all(int descriptor, std::string_view text, const std::string& name) {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0)
      throw Error(fmt::format("cannot write {}: {}", name, std::strerror(errno)),
                  errno == ENOSPC ? "make room on that disk and try again"
                                  : "choose another place with -o FILE");
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

int columns_of(int descriptor) {
  if (const char* text = std::getenv("COLUMNS"); text != nullptr)
    if (const int columns = std::atoi(text); columns >= 40) return std::min(columns, 500);
  winsize size{};
  if (::ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col >= 40) return size.ws_col;
  return 80;
}

bool wants_colour(int descriptor) {
  const char* no = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  return ::isatty(descriptor) == 1 && (no == nullptr || *no == '\0') &&
         !(terminal != nullptr && std::strcmp(terminal, "dumb") == 0);
}

}  // namespace

void print(std::string_view text) { write_all(STDOUT_FILENO, text, "the result"); }

void talk(std::string_view line) {
  // Nobody is left to be told when stderr is gone.
  (void)!::write(STDERR_FILENO, fmt::format("{}\n", line).c_str(), line.size() + 1);
}

void complain(const Error& error) {
  talk(fmt::format("steelyard: {}", error.what()));
  if (!error.hint().empty()) talk(fmt::format("  {}", error.hint()));
}

void write_file(const std::filesystem::path& file, std::string_view text) {
  struct stat status {};
  const bool exists = ::stat(file.c_str(), &status) == 0;
  if (exists && S_ISDIR(status.st_mode))
    throw Error(fmt::format("cannot write {}: it is a folder", file.string()),
                "give a file name after -o");
  if (exists && !S_ISREG(status.st_mode)) {  // a pipe or a device has no name to move to
    const int descriptor = ::open(file.c_str(), O_WRONLY | O_CLOEXEC);
    if (descriptor < 0)
      throw Error(fmt::format("cannot write {}: {}", file.string(), std::strerror(errno)));
    try {
      write_all(descriptor, text, file.string());
    } catch (...) {
      ::close(descriptor);
      throw;
    }
    ::close(descriptor);
    return;
  }
  const std::string part = fmt::format("{}.part-{}", file.string(), ::getpid());
  const int descriptor = ::open(part.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (descriptor < 0)
    throw Error(fmt::format("cannot write {}: {}", file.string(), std::strerror(errno)),
                "check that the folder exists and that you may write there");
  try {
    write_all(descriptor, text, file.string());
    if (::fsync(descriptor) != 0 && errno != EINVAL)
      throw Error(fmt::format("cannot write {}: {}", file.string(), std::strerror(errno)),
                  "make room on that disk and try again");
    if (::rename(part.c_str(), file.c_str()) != 0)
      throw Error(fmt::format("cannot write {}: {}", file.string(), std::strerror(errno)));
  } catch (...) {
    ::close(descriptor);
    ::unlink(part.c_str());
    throw;
  }
  ::close(descriptor);
}

RenderOptions render_options(Language language, Format format) {
  RenderOptions options;
  options.language = language;
  options.format = format;
  options.columns = columns_of(STDOUT_FILENO);
  options.colour = format == Format::terminal && wants_colour(STDOUT_FILENO);
  return options;
}

ProgressLine::ProgressLine() : terminal_(::isatty(STDERR_FILENO) == 1) {}

ProgressLine::~ProgressLine() {
  if (drawn_) talk("");
}

void ProgressLine::show(const std::string& text) {
  const nanoseconds now = MonotonicClock::read();
  if (last_ != nanoseconds(0) && now - last_ < (terminal_ ? kRedraw : kSparse)) return;
  last_ = now;
  if (!terminal_) return talk(text);
  // A line longer than the terminal would leave its beginning behind.
  const auto columns = static_cast<std::size_t>(columns_of(STDERR_FILENO)) - 1;
  const std::string line = fmt::format("\r\033[K{}", text.substr(0, columns));
  (void)!::write(STDERR_FILENO, line.c_str(), line.size());
  drawn_ = true;
}

void ProgressLine::say(const std::string& line) {
  if (drawn_) (void)!::write(STDERR_FILENO, "\r\033[K", 4);
  drawn_ = false;
  last_ = nanoseconds(0);
  talk(line);
}

}  // namespace steelyard::cli

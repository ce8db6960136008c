// SPDX-License-Identifier: Apache-2.0
// Draining a pipe and keeping its end.
#include "steelyard/run/last_words.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>

#include "steelyard/base/error.h"

namespace steelyard {
namespace {

constexpr std::size_t kKeep = 4096;  // bytes while draining
constexpr std::size_t kShow = 1000;  // bytes in a reason

// Length of the UTF-8 character at `i`, or 0 where there is none.
std::size_t character_at(const std::string& text, std::size_t i) {
  const auto lead = static_cast<unsigned char>(text[i]);
  const std::size_t length = lead < 0x80                   ? 1
                             : lead >= 0xc2 && lead < 0xe0 ? 2
                             : lead >= 0xe0 && lead < 0xf0 ? 3
                             : lead >= 0xf0 && lead < 0xf5 ? 4
                                                           : 0;
  if (length == 0 || i + length > text.size()) return 0;
  for (std::size_t k = 1; k < length; ++k)
    if ((static_cast<unsigned char>(text[i + k]) & 0xc0) != 0x80) return 0;
  return length;
}

}  // namespace

std::string last_lines(const std::string& text, std::size_t bytes) {
  std::size_t begin = text.size() > bytes ? text.size() - bytes : 0;
  if (begin > 0)
    if (const auto line = text.find('\n', begin); line != text.npos && line + 1 < text.size())
      begin = line + 1;
  std::string clean;
  for (std::size_t i = begin; i < text.size();) {
    const std::size_t length = character_at(text, i);
    const auto c = static_cast<unsigned char>(text[i]);
    if (length == 0 || (length == 1 && (c == 0x7f || (c < 0x20 && c != '\n' && c != '\t'))))
      clean += '?';
    else
      clean.append(text, i, length);
    i += length == 0 ? 1 : length;
  }
  const auto first = clean.find_first_not_of(" \t\n");
  if (first == clean.npos) return {};
  return clean.substr(first, clean.find_last_not_of(" \t\n") - first + 1);
}

LastWords::LastWords(int& write_end) {
  std::array<int, 2> ends;
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    throw Error(std::string("cannot make a pipe: ") + std::strerror(errno),
                "close other programs, or measure fewer cases at once");
  read_end_ = ends[0];
  write_end = ends[1];
  stop_ = ::eventfd(0, EFD_CLOEXEC);
  ::fcntl(read_end_, F_SETFL, O_NONBLOCK);
  thread_ = std::thread([this] { drain(); });
}

void LastWords::drain() {
  std::array<char, 1 << 14> buffer;
  bool stopping = false;
  // Rounds after the stop: enough for a full pipe, and an end to what a grandchild keeps writing.
  for (int after_stop = 0; after_stop < 8; after_stop += stopping ? 1 : 0) {
    const ssize_t got = ::read(read_end_, buffer.data(), buffer.size());
    if (got > 0) {
      const std::lock_guard lock(mutex_);
      text_.append(buffer.data(), static_cast<std::size_t>(got));
      if (text_.size() > 2 * kKeep) text_.erase(0, text_.size() - kKeep);
      continue;
    }
    if (got == 0 || stopping || (errno != EAGAIN && errno != EINTR)) return;
    std::array<pollfd, 2> waiting{{{read_end_, POLLIN, 0}, {stop_, POLLIN, 0}}};
    ::poll(waiting.data(), waiting.size(), -1);
    stopping = (waiting[1].revents & POLLIN) != 0;  // once more for what is still in the pipe
  }
}

std::string LastWords::finish() {
  if (thread_.joinable()) {
    const std::uint64_t one = 1;
    if (::write(stop_, &one, sizeof one) < 0) std::abort();  // an eventfd takes a 1 always
    thread_.join();
  }
  const std::lock_guard lock(mutex_);
  return last_lines(text_, kShow);
}

LastWords::~LastWords() {
  finish();
  ::close(read_end_);
  ::close(stop_);
}

}  // namespace steelyard

// SPDX-License-Identifier: Apache-2.0
// What a worker says on stderr, drained by a thread of its own as it comes; the end of it is kept.
#pragma once

#include <mutex>
#include <string>
#include <thread>

namespace steelyard {

class LastWords {
 public:
  // Leaves in `write_end` the descriptor that the worker gets as its stderr; the caller closes it.
  explicit LastWords(int& write_end);
  ~LastWords();
  LastWords(const LastWords&) = delete;  // owns a thread that points here
  LastWords& operator=(const LastWords&) = delete;

  // Ends the draining and returns the last lines, valid UTF-8 without control characters.
  std::string finish();

 private:
  void drain();

  int read_end_ = -1;
  int stop_ = -1;  // an eventfd: a grandchild may keep the pipe open for ever
  std::mutex mutex_;
  std::string text_;
  std::thread thread_;
};

// The last `bytes` bytes at most of `text`, from a line's beginning where there is one, with
// blanks at both ends cut off and what is no printable UTF-8 replaced by '?'.
std::string last_lines(const std::string& text, std::size_t bytes);

}  // namespace steelyard

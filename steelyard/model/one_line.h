// SPDX-License-Identifier: Apache-2.0
// Sentences that quote a file's names stay on one line, whatever bytes those hold. Thread-safe.
#pragma once

#include <algorithm>
#include <string>

#include "steelyard/base/error.h"

namespace steelyard {

inline std::string printable(std::string text) {
  std::replace_if(
      text.begin(), text.end(),
      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '?');
  return text;
}

// What `action` gives, its Errors on one line.
template <class Action>
auto in_one_line(Action action) {
  try {
    return action();
  } catch (const Error& error) {
    throw Error(printable(error.what()), printable(error.hint()));
  }
}

}  // namespace steelyard

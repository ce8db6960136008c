// SPDX-License-Identifier: Apache-2.0
// What stops a job. Thrown by every room, caught in two places only: the worker, which turns it
// into a Failed outcome, and main(), which prints it. Anything that is merely absent is an optional
// or an enum, never an Error.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace steelyard {

// `what()` says to the user what is wrong, in one sentence that names the file, node or option.
// `hint()` says the way out, also one sentence; empty only when there is none.
class Error : public std::runtime_error {
 public:
  explicit Error(const std::string& what, std::string hint = {})
      : std::runtime_error(what), hint_(std::move(hint)) {}
  const std::string& hint() const noexcept { return hint_; }

 private:
  std::string hint_;
};

// The user's words cannot be understood or do not fit together: exit code 2 instead of 1.
class UsageError : public Error {
 public:
  using Error::Error;
};

// A database, gate or device holds nothing that could be measured or reported: exit code 3.
class NothingToMeasure : public Error {
 public:
  using Error::Error;
};

}  // namespace steelyard

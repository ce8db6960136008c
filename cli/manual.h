// SPDX-License-Identifier: Apache-2.0
// The manual page and the shells' completions, from the same options as --help. Included by
// options.cpp alone, because CLI11 is heavy.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace steelyard::cli {

std::string man_page(const CLI::App& app, const std::string& version);
// `shell` is bash or zsh; throws UsageError for others.
std::string completion(const CLI::App& app, const std::string& shell);

}  // namespace steelyard::cli

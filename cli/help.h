// SPDX-License-Identifier: Apache-2.0
// What --help looks like. Included by options.cpp alone, because CLI11 is heavy.
#pragma once

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <string>

namespace steelyard::cli {

// Help as a table of two columns that fits 80 x 24: CLI11's own layout spends lines on headings.
class OneScreen : public CLI::Formatter {
 public:
  std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode) const override {
    std::string text = fmt::format("{}\n  {}\n\n", app->get_description(), usage(app, name));
    for (const CLI::App* command : app->get_subcommands([](const CLI::App*) { return true; }))
      text += fmt::format("  {:<14}{}\n", command->get_name(), command->get_description());
    for (const CLI::Option* option : app->get_options())
      if (app->get_parent() == nullptr || option != app->get_help_ptr()) text += line(option);
    if (!app->get_footer().empty()) text += fmt::format("\n{}\n", app->get_footer());
    return text;
  }

 private:
  static std::string usage(const CLI::App* app, const std::string& name) {
    if (app->get_parent() == nullptr) return "steelyard COMMAND [OPTION]...";
    std::string text = fmt::format("steelyard {}", name.substr(name.rfind(' ') + 1));
    for (const CLI::Option* option : app->get_options())
      if (option->get_positional())
        text += fmt::format(" {}", option->get_type_name());
      else if (option->get_required())
        text += fmt::format(" --{} {}", option->get_lnames().front(), option->get_type_name());
    return text + " [OPTION]...";
  }
  // An option without a description stands in the line of its neighbour.
  static std::string line(const CLI::Option* option) {
    if (option->get_description().empty()) return "";
    if (option->get_positional())
      return fmt::format("  {:<26}{}\n", option->get_type_name(), option->get_description());
    std::string names;
    for (const auto& shorter : option->get_snames()) names += fmt::format("-{}, ", shorter);
    if (option->get_lnames().empty())
      names.resize(names.size() - 2);
    else
      names += "--" + option->get_lnames().front();
    if (option->get_type_size() != 0) names += " " + option->get_type_name();
    return fmt::format("  {:<26}{}\n", names, option->get_description());
  }
};

}  // namespace steelyard::cli

// SPDX-License-Identifier: Apache-2.0
// steelyard.1 and completions for bash and zsh, written from the options themselves.
#include "cli/manual.h"

#include <fmt/format.h>

#include "steelyard/base/error.h"

namespace steelyard::cli {
namespace {

std::vector<const CLI::App*> commands_of(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App*) { return true; });
}

// A line of troff: hyphens that are typed, backslashes, and dots that would be a request.
std::string troff(std::string_view text) {
  std::string out;
  bool begins = true;
  for (const char c : text) {
    if (begins && (c == '.' || c == '\'')) out += "\\&";
    if (c == '-' || c == '\\') out += '\\';
    out += c == '\\' ? 'e' : c;
    begins = c == '\n';
  }
  return out;
}

std::string spelling(const CLI::Option& option) {
  if (option.get_positional()) return option.get_type_name();
  std::string text;
  for (const auto& name : option.get_snames()) text += (text.empty() ? "-" : ", -") + name;
  for (const auto& name : option.get_lnames()) text += (text.empty() ? "--" : ", --") + name;
  if (option.get_type_size() != 0) text += " " + option.get_type_name();
  return text;
}

std::string words_of(const CLI::App& command) {
  std::string out;
  for (const CLI::Option* option : command.get_options())
    for (const auto& name : option->get_lnames()) out += (out.empty() ? "--" : " --") + name;
  return out;
}

// What follows an option where it is one of a few words.
std::vector<std::pair<std::string, std::string>> choices() {
  return {{"--lang", "ko en"},
          {"--effort", "quick standard publishable"},
          {"--precision", "fp32 tf32 fp16 bf16 int8"},
          {"--by", "cost energy latency"},
          {"--boundary", "system device"},
          {"--currency", "USD KRW"},
          {"--normalise", "window minmax zscore"},
          {"--undecided", "fail pass"}};
}

std::string bash(const CLI::App& app) {
  std::string commands, cases, values;
  for (const CLI::App* command : commands_of(app)) {
    commands += (commands.empty() ? "" : " ") + command->get_name();
    cases += fmt::format("    {}) words='{}' ;;\n", command->get_name(), words_of(*command));
  }
  for (const auto& [option, words] : choices())
    values += fmt::format("    {}) COMPREPLY=($(compgen -W '{}' -- \"$current\")); return ;;\n",
                          option, words);
  return fmt::format(R"(# bash completion for steelyard
_steelyard() {{
  local current=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD-1]}} words
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    COMPREPLY=($(compgen -W '{} --help --version' -- "$current"))
    return
  fi
  case $previous in
{}  esac
  [[ $current == -* ]] || {{ COMPREPLY=($(compgen -f -- "$current")); return; }}
  case ${{COMP_WORDS[1]}} in
{}    *) words= ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}}
complete -o filenames -F _steelyard steelyard
)",
                     commands, values, cases);
}

std::string zsh(const CLI::App& app) {
  const auto quoted = [](std::string text) {
    std::string out;
    for (const char c : text)
      if (c == '\'')
        out += "'\\''";
      else if (c == '[' || c == ']' || c == ':')
        out += std::string("\\") + c;
      else
        out += c;
    return out;
  };
  std::string list, cases;
  for (const CLI::App* command : commands_of(app)) {
    list += fmt::format("    '{}:{}'\n", command->get_name(), quoted(command->get_description()));
    cases += fmt::format("    {}) _arguments -S", command->get_name());
    for (const CLI::Option* option : command->get_options())
      for (const auto& name : option->get_lnames())
        cases += fmt::format(" \\\n      '--{}[{}]{}'", name, quoted(option->get_description()),
                             option->get_type_size() != 0 ? ":value:_files" : "");
    cases += " \\\n      '*:file:_files' ;;\n";
  }
  return fmt::format(R"(#compdef steelyard
_steelyard() {{
  local -a commands
  commands=(
{}  )
  if ((CURRENT == 2)); then
    _describe 'command' commands
    return
  fi
  local command=$words[2]
  shift words
  ((CURRENT--))
  case $command in
{}  esac
}}
_steelyard "$@"
)",
                     list, cases);
}

}  // namespace

std::string man_page(const CLI::App& app, const std::string& version) {
  std::string out = fmt::format(
      ".TH STEELYARD 1 \"\" \"steelyard {}\" \"User Commands\"\n.SH NAME\nsteelyard \\- {}\n"
      ".SH SYNOPSIS\n.B steelyard\n.I COMMAND\n[\\fIOPTION\\fR]...\n.SH COMMANDS\n",
      version, troff("weighs one model on unequal devices"));
  for (const CLI::App* command : commands_of(app)) {
    out += fmt::format(".SS steelyard {}\n{}\n", command->get_name(),
                       troff(command->get_description()));
    for (const CLI::Option* option : command->get_options())
      out += fmt::format(".TP\n.B {}\n{}\n", troff(spelling(*option)),
                         troff(option->get_description()));
    if (!command->get_footer().empty())
      out += fmt::format(".PP\n.nf\n{}\n.fi\n", troff(command->get_footer()));
  }
  return out +
         ".SH EXIT STATUS\n0 all is well; 1 a row Failed or the command failed; 2 the words cannot "
         "be understood; 3 nothing could be measured; 4 undecided; 5 a gate or all constraints "
         "failed.\n.SH SEE ALSO\ndocs/cli.md and docs/method.md of the project.\n";
}

std::string completion(const CLI::App& app, const std::string& shell) {
  if (shell == "bash") return bash(app);
  if (shell == "zsh") return zsh(app);
  throw UsageError(fmt::format("there are no completions for '{}'", shell), "there is: bash, zsh");
}

}  // namespace steelyard::cli

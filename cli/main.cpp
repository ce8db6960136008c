// SPDX-License-Identifier: Apache-2.0
// The program: words in, one command, an exit code. What the codes mean: docs/cli.md.
#include <exception>
#include <new>
#include <string>
#include <variant>
#include <vector>

#include "cli/commands.h"
#include "cli/options.h"
#include "cli/terminal.h"
#include "steelyard/base/error.h"

int main(int argc, char** argv) {
  using namespace steelyard;
  try {
    const std::vector<std::string> words(argv + 1, argv + argc);
    return std::visit([](const auto& command) { return cli::execute(command); },
                      cli::parse_command_line(words));
  } catch (const UsageError& e) {
    cli::complain(e);
    return 2;
  } catch (const NothingToMeasure& e) {
    cli::complain(e);
    return 3;
  } catch (const Error& e) {
    cli::complain(e);
  } catch (const std::bad_alloc&) {
    cli::complain(Error("memory ran out", "close other programs, or ask for less at once"));
  } catch (const std::exception& e) {
    cli::complain(Error(e.what()));
  }
  return 1;
}

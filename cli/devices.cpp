// SPDX-License-Identifier: Apache-2.0
// `steelyard devices`: what can be measured here, and what is missing.
#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/terminal.h"
#include "steelyard/backend/registry.h"
#include "steelyard/record/encode.h"
#include "steelyard/sensor/sensor.h"

namespace steelyard::cli {

int execute(const Devices& words) {
  const auto listings = Registry::instance().list();
  if (!words.json) {
    print(render_devices(listings, render_options(words.language, Format::terminal)));
    return 0;
  }
  std::string text;
  for (const auto& listing : listings) text += (text.empty() ? "" : ",\n") + to_json(listing);
  std::string instruments;
  for (const auto& instrument : list_instruments())
    instruments += (instruments.empty() ? "" : ",\n") + to_json(instrument);
  print(fmt::format("{{\"devices\":[\n{}\n],\"instruments\":[\n{}\n]}}\n", text, instruments));
  return 0;
}

}  // namespace steelyard::cli

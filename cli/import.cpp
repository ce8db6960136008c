// SPDX-License-Identifier: Apache-2.0
// `steelyard import`: other tools' files into a database, one campaign a call.
#include <fmt/format.h>

#include <fstream>
#include <sstream>

#include "cli/commands.h"
#include "cli/terminal.h"
#include "steelyard/base/hash.h"
#include "steelyard/exchange/exchange.h"
#include "steelyard/store/store.h"

namespace steelyard::cli {
namespace {

constexpr std::uintmax_t kLargest = 1ull << 30;

std::string text_of(const std::filesystem::path& file) {
  std::error_code error;
  const auto size = std::filesystem::file_size(file, error);
  if (error || !std::filesystem::is_regular_file(file))
    throw Error(fmt::format("{} is not a file that can be read", file.string()),
                "check the name and the permissions");
  if (size > kLargest)
    throw Error(fmt::format("{} is larger than 1 GiB", file.string()), "import a part of it");
  std::ifstream in(file, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  if (!in) throw Error(fmt::format("cannot read {}", file.string()), "check the permissions");
  return text.str();
}

void store(const std::filesystem::path& database, std::vector<Measurement>& all,
           const std::string& content) {
  Plan plan;
  plan.campaign = sha256(content).substr(0, 16);
  plan.effort.name = "imported";
  plan.manifest = all.front().manifest;
  for (const Measurement& m : all) plan.cases.push_back(m.what);
  Store store(database, Store::Mode::write);
  store.begin(plan);
  for (std::size_t i = 0; i < all.size(); ++i) {
    Measurement& m = all[i];
    CaseBegin begin;
    begin.index = i;
    begin.channels = m.channels;
    begin.device = m.what.device;
    begin.obtained = m.obtained;
    begin.reported = m.reported;
    store.append(plan, begin);
    for (Block& block : m.blocks) {
      BlockEnd end;
      end.index = i;
      end.block = std::move(block);
      store.append(plan, end);
    }
    store.append(plan, CaseEnd{i, m.outcome});
  }
}

}  // namespace

int execute(const Import& words) {
  std::vector<Measurement> all;
  std::string content;
  for (const auto& file : words.files) {
    const std::string text = text_of(file);
    content += file.string() + "\n" + text;
    for (Measurement& m : import_text(file.string(), text, words.options))
      all.push_back(std::move(m));
  }
  for (const Measurement& m : all)
    talk(fmt::format("{}  {}  {}  ({})", m.what.model, to_string(m.what.spec),
                     m.what.device.name.empty() ? "device not stated" : m.what.device.name,
                     m.reported->by));
  store(words.database, all, content);
  return 0;
}

}  // namespace steelyard::cli

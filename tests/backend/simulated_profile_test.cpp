// SPDX-License-Identifier: Apache-2.0
// Profiles that people write, right and wrong.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "steelyard/backend/simulated/profile.h"
#include "steelyard/backend/simulated/profile_text.h"
#include "tests/backend/simulated_fixture.h"

namespace steelyard::simulated {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

std::string complaint(const std::filesystem::path& file) {
  try {
    load_profile(file);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

// The shipped profile with the first `from` turned into `to`, and the line where that stands.
struct Edited {
  std::string text;
  int line;
};
Edited edited(const std::string& from, const std::string& to) {
  Edited result{text_of(shipped("hailo-8l")), 0};
  const std::size_t at = result.text.find(from);
  if (at == std::string::npos) throw Error("the profile does not hold " + from);
  result.line =
      1 + static_cast<int>(std::count(result.text.begin(), result.text.begin() + at, '\n'));
  result.text.replace(at, from.size(), to);
  return result;
}

struct Slip {
  std::string from, to, says;
  bool elsewhere = false;  // the line is that of the table, not of the edit
};

TEST(SimulatedProfile, RefusesEverySlipByFileLineAndKey) {
  const Slip slips[] = {
      {"per_node = {", "per_nodes = {", "latency lacks the key 'per_node'", true},
      {"limit = {", "limits = {", "power lacks the key 'limit'", true},
      {"[startup]", "[startup]\nspeed = 3", "startup.speed is not a key", true},
      {"name = \"Hailo-8L\"", "name = 8", "name must be text in quotes"},
      {"name = \"Hailo-8L\"", "name = \" \"", "name must not be empty"},
      {"value = 1262.1", "value = -1", "latency.fixed.value is -1, but it must not be negative"},
      {"value = 1262.1", "value = nan", "latency.fixed.value must be a finite number"},
      {"value = 1262.1", "value = inf", "latency.fixed.value must be a finite number"},
      {"value = 1262.1", "value = 1e300", "larger than any device's"},
      {"value = 1262.1", "value = \"1262.1\"", "latency.fixed.value must be a number"},
      {"value = 1262.1", "value = 1e12", "latency.fixed is longer than an hour"},
      {"value = 0.85", "value = 0", "latency.input.value is 0, but it must be greater than zero"},
      {"unit = \"us\"", "unit = \"W\"",
       "latency.fixed.unit is \"W\", but it must be one of \"ns\""},
      {"unit = \"us\", ", "", "latency.fixed lacks the key 'unit'"},
      {", source = \"As above\"", "", "utilisation.units_in_use lacks the key 'source'"},
      {"source = \"As above\"", "source = \"\"",
       "utilisation.units_in_use.source must not be empty"},
      {"source = \"Assumed\" }", "source = \"Assumed\", note = 1 }",
       "power.rise.note is not a key"},
      {"precisions = [\"int8\"]", "precisions = [\"fp16\"]", "precisions names \"fp16\""},
      {"precisions = [\"int8\"]", "precisions = [\"int8\", \"int8\"]",
       "precisions names \"int8\" twice"},
      {"precisions = [\"int8\"]", "precisions = []", "precisions must be a list"},
      {"precisions = [\"int8\"]", "precisions = [1]", "precisions[0] must be text"},
      {"percent = [0, 50,", "percent = [1, 50,", "latency.tail.percent must begin with 0"},
      {"99.9, 100]", "99.9]", "latency.tail has 6 percentiles, but 7 factors", true},
      {"percent = [0, 50, 90", "percent = [0, 90, 50", "latency.tail.percent must rise"},
      {"factor = [0.969, 1,", "factor = [0.969, 0.9,", "latency.tail.factor must not fall"},
      {"low = 0.667", "low = 1.1", "latency.band must hold the prediction", true},
      {"steps = [8]", "steps = [0]", "nodes.gru.steps must rise, from 1 on"},
      {"steps = [8]", "steps = [8, 9]", "nodes.gru has 2 steps, but 1 counts", true},
      {"value = 2, source", "value = 2.5, source", "in_flight.depth is 2.5"},
      {"value = 0.015", "value = 1.5", "in_flight.serial is a share of more than all"},
      {"value = 0.65, unit = \"W\"", "value = 5, unit = \"W\"", "power must not fall from idle",
       true},
      {"input_bits = { value = 8", "input_bits = { value = 7", "quantisation.input_bits is 7"},
      {"weight_scale = \"channel\"", "weight_scale = \"row\"", "quantisation.weight_scale must be"},
      {"latency.tail]", "latency.tail", "not TOML"},
      {"[in_flight]", "[in_flight]\n[in_flight]", "not TOML", true},
  };
  const Folder folder;
  for (const Slip& slip : slips) {
    const Edited profile = edited(slip.from, slip.to);
    const auto file = folder.write("slip.toml", profile.text);
    const std::string says = complaint(file);
    EXPECT_THAT(says, HasSubstr(slip.says));
    const std::string line = slip.elsewhere ? "" : std::to_string(profile.line) + ": ";
    EXPECT_THAT(says, StartsWith(file.string() + ":" + line));
    EXPECT_EQ(std::count(says.begin(), says.end(), '\n'), 0) << says;
  }
}

TEST(SimulatedProfile, RefusesIntegersWithoutTheirFormat) {
  const Folder folder;
  std::string text = text_of(shipped("hailo-8l"));
  text.resize(text.find("[quantisation]"));
  EXPECT_THAT(complaint(folder.write("plain.toml", text)),
              HasSubstr("precisions names \"int8\", which needs the table [quantisation]"));
}

TEST(SimulatedProfile, RefusesASensorWhoseAverageIsNoMultipleOfItsUpdate) {
  const Folder folder;
  std::string text = text_of(shipped("rtx-3070-ti+tensorrt"));
  const std::string from = "average = { value = 1, unit = \"s\"";
  text.replace(text.find(from), from.size(), "average = { value = 250, unit = \"ms\"");
  EXPECT_THAT(complaint(folder.write("sensor.toml", text)),
              HasSubstr("power.sensor.average must be 1 to 1000 whole updates"));
}

TEST(SimulatedProfile, RefusesEmptyHugeAndMissingFiles) {
  const Folder folder;
  EXPECT_THAT(complaint(folder.write("empty.toml", "")),
              HasSubstr(":1: the key 'name' is missing"));
  EXPECT_THAT(complaint(folder.write("huge.toml", std::string(2 << 20, '#'))),
              HasSubstr("larger than 1 MiB"));
  EXPECT_THAT(complaint(folder.write("deep.toml", "a = " + std::string(100000, '['))),
              HasSubstr("not TOML"));
  EXPECT_THAT(complaint(folder.path() / "none.toml"), HasSubstr("cannot be read"));
  EXPECT_THAT(complaint(folder.path()), HasSubstr("cannot be read"));
}

TEST(SimulatedProfile, TurnsUnitsIntoNanosecondsBytesAndWatts) {
  const Profile profile = load_profile(shipped("rtx-3070-ti+tensorrt"));
  EXPECT_EQ(profile.id, "rtx-3070-ti+tensorrt");
  EXPECT_EQ(profile.stands_for, (StandsFor{"NVIDIA GeForce RTX 3070 Ti", "tensorrt"}));
  EXPECT_EQ(profile.latency.per_node_ns, 2650);
  EXPECT_EQ(profile.load_ns, 10e9);
  EXPECT_DOUBLE_EQ(profile.latency.macs_per_ns, 8480);
  EXPECT_EQ(profile.power.sensor->average, std::chrono::seconds(1));
  EXPECT_EQ(profile.memory->fixed_bytes, 1393690000);
}

void expect_documented(const Item& item, const std::string& page) {
  for (const Item& child : item.children) {
    if (child.key.empty()) continue;
    EXPECT_THAT(page, HasSubstr(child.key + "`")) << child.path;
    const bool is_number = child.child("value") != nullptr;
    if (!is_number) expect_documented(child, page);
  }
}

TEST(SimulatedProfile, ThePageNamesEveryKey) {
  const std::string page = text_of(std::filesystem::path(STEELYARD_SOURCE) / "docs/profiles.md");
  for (const char* id : {"hailo-8l", "rtx-3070-ti+tensorrt"}) {
    const Item root = read_profile_text(shipped(id)).root;
    for (const Item& top : root.children) {
      EXPECT_THAT(page, HasSubstr("`" + top.path)) << top.path;
      expect_documented(top, page);
    }
  }
}

TEST(SimulatedProfile, ABrokenProfileHidesNoOther) {
  const Folder folder;
  folder.write("mine.toml", text_of(shipped("hailo-8l")));
  folder.write("broken.toml", "name = 3");
  folder.write("two words.toml", text_of(shipped("hailo-8l")));
  folder.write("notes.txt", "not a profile");
  const FoundProfiles found = find_profiles({folder.path(), shipped("hailo-8l").parent_path()});
  std::vector<std::string> ids;
  for (const Profile& profile : found.usable) ids.push_back(profile.id);
  EXPECT_THAT(ids,
              ElementsAre("mine", "hailo-8l", "rtx-3070-ti+onnxruntime", "rtx-3070-ti+tensorrt"));
  ASSERT_EQ(found.refused.size(), 2u);
  EXPECT_EQ(found.refused[0].id, "broken");
  EXPECT_THAT(found.refused[0].reason, HasSubstr("broken.toml:1: name must be text in quotes"));
  EXPECT_THAT(found.refused[1].reason, HasSubstr("cannot be a device id"));
}

TEST(SimulatedProfile, AFolderThatIsNotThereIsSaid) {
  const auto made = backend("/nowhere/at/all");
  EXPECT_EQ(made->devices().size(), 3u);
  ASSERT_EQ(made->unusable().size(), 1u);
  EXPECT_EQ(made->unusable()[0].spec, "simulated");
  EXPECT_THAT(made->unusable()[0].availability.reason, HasSubstr("/nowhere/at/all"));
}

TEST(SimulatedProfile, TheFirstFolderWins) {
  const Folder folder;
  std::string text = text_of(shipped("hailo-8l"));
  const std::string name = "name = \"Hailo-8L\"";
  text.replace(text.find(name), name.size(), "name = \"My board\"");
  folder.write("hailo-8l.toml", text);
  const FoundProfiles found = find_profiles({folder.path(), shipped("hailo-8l").parent_path()});
  EXPECT_EQ(found.usable.front().name, "My board");
  EXPECT_EQ(found.usable.size(), 3u);
}

TEST(SimulatedProfile, TheBackendListsWhatItCannotUseWithTheReason) {
  const Folder folder;
  folder.write("broken.toml", "name = 3");
  const auto made = backend(folder.path().string());
  EXPECT_EQ(made->availability().kind, Availability::Ready);
  EXPECT_EQ(made->devices().size(), 3u);
  ASSERT_EQ(made->unusable().size(), 1u);
  EXPECT_EQ(made->unusable()[0].spec, "simulated:broken");
  EXPECT_THAT(made->unusable()[0].availability.reason, HasSubstr("broken.toml:1: "));
}

}  // namespace
}  // namespace steelyard::simulated

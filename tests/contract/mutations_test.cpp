// SPDX-License-Identifier: Apache-2.0
// Files that were damaged: each is one clear sentence, never a crash or a hang (label long).
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>

#include "tests/contract/subjects.h"

namespace steelyard::contract {
namespace {

std::string bytes_of(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::size_t below(Random& random, std::size_t end) {
  return std::min(end - 1, static_cast<std::size_t>(random.uniform() * static_cast<double>(end)));
}

// A few bytes changed, a stretch cut out or doubled, or the end missing.
std::string mutated(std::string bytes, Random& random) {
  const std::size_t kind = below(random, 5);
  const std::size_t at = below(random, bytes.size());
  const std::size_t length = 1 + below(random, std::min<std::size_t>(64, bytes.size() - at));
  if (kind == 0) {
    for (std::size_t i = 0; i < 1 + below(random, 8); ++i)
      bytes[below(random, bytes.size())] = static_cast<char>(below(random, 256));
  } else if (kind == 1) {
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << below(random, 8)));
  } else if (kind == 2) {
    bytes.erase(at, length);
  } else if (kind == 3) {
    bytes.insert(at, bytes.substr(at, length));
  } else {
    bytes.resize(at);
  }
  return bytes;
}

struct Tally {
  int accepted = 0, refused = 0;
};

// `open` is given each mutant's file; what it throws must be an Error with a sentence on one line.
template <class Open>
Tally open_mutants(const std::filesystem::path& original, const std::filesystem::path& mutant,
                   int count, Open open, int least_refused = 1) {
  const std::string bytes = bytes_of(original);
  Random random(2026);
  Tally tally;
  for (int i = 0; i < count; ++i) {
    std::ofstream(mutant, std::ios::binary | std::ios::trunc) << mutated(bytes, random);
    const auto begin = std::chrono::steady_clock::now();
    try {
      open(mutant);
      ++tally.accepted;
    } catch (const Error& e) {
      ++tally.refused;
      EXPECT_STRNE(e.what(), "") << "mutant " << i;
      EXPECT_EQ(std::string(e.what()).find('\n'), std::string::npos) << "mutant " << i << e.what();
    } catch (const std::exception& e) {
      ADD_FAILURE() << "mutant " << i << ": " << e.what();
    }
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10)) << "mutant " << i;
  }
  EXPECT_GE(tally.refused, least_refused);
  std::printf("%d mutants of %s: %d accepted, %d refused\n", count, original.filename().c_str(),
              tally.accepted, tally.refused);
  return tally;
}

TEST(FullMutations, OfOnnxFilesAreRefusedInOneSentence) {
  std::uint64_t seed = 1;
  for (const Shape& shape : {Shape{Cell::gru, 5, 1, 1}, Shape{Cell::lstm, 4, 2, 2}}) {
    const Model model = model_of(random_network(shape, seed), "whole" + std::to_string(seed));
    ++seed;
    open_mutants(model.path, folder() / "mutant.onnx", 5000, [](const auto& file) {
      const Model mutant = load_model(file);
      network_of(mutant);
    });
  }
}

// Engines that a user hands over, and plans in the cache: a plan that is not whole is built again.
TEST(FullMutations, OfEngineAndPlanFilesAreRefusedInOneSentence) {
  const std::string fakes = STEELYARD_BUILD "/tests/fakes/tensorrt";
  const auto cache = folder() / "plans";
  ::setenv("STEELYARD_TENSORRT_LIB", (fakes + "/10").c_str(), 1);
  ::setenv("STEELYARD_CUDART_LIB", fakes.c_str(), 1);
  ::setenv("STEELYARD_CACHE", cache.c_str(), 1);
  const Registry modules(fakes + "/10/modules/backends");
  const Backend* const backend = modules.find("tensorrt").backend.get();
  const Device device = backend->devices().at(0);
  const Model model = model_of(random_network({}, 4), "engine");
  backend->compile(model, nullptr, device, {})->open(1);
  const auto plan = std::filesystem::directory_iterator(cache / "tensorrt")->path();
  const std::string bytes = bytes_of(plan);
  const auto engine = folder() / "engine.engine";
  std::ofstream(engine, std::ios::binary) << bytes.substr(bytes.find('\n') + 1);
  Artefact artefact;
  artefact.kind = "engine";
  open_mutants(engine, folder() / "mutant.engine", 1000, [&](const auto& file) {
    artefact.path = file.string();
    backend->compile(model, &artefact, device, {})->open(1);
  });
  std::filesystem::copy_file(plan, folder() / "whole.plan");
  const Tally plans = open_mutants(
      folder() / "whole.plan", plan, 1000,
      [&](const auto&) { backend->compile(model, nullptr, device, {})->open(1); }, 0);
  EXPECT_EQ(plans.accepted, 1000) << "built again";
  ::unsetenv("STEELYARD_CACHE");
}

TEST(FullMutations, OfHefFilesAreRefusedInOneSentence) {
  ::setenv("STEELYARD_HAILORT_LIB", STEELYARD_BUILD "/tests/fakes/hailort/lib", 1);
  const Registry fakes(STEELYARD_BUILD "/tests/fakes/hailort/modules/backends");
  const Backend* const backend = fakes.find("hailort").backend.get();
  const Device device = backend->devices().at(0);
  const Model model = model_of(random_network({}, 3), "hef");
  Artefact artefact;
  artefact.kind = "hef";
  open_mutants(folder() / "hef.hef", folder() / "mutant.hef", 1000, [&](const auto& file) {
    artefact.path = file.string();
    CompileOptions options;
    options.precision = Precision::int8;
    backend->compile(model, &artefact, device, options)->open(1);
  });
}

}  // namespace
}  // namespace steelyard::contract

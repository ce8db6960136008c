// SPDX-License-Identifier: Apache-2.0
// `steelyard convert`: an ONNX model into what a device runs. Hailo's compiler is not ours to ship:
// where it is not installed, everything it needs is laid out in a folder with the commands.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>

#include "cli/commands.h"
#include "cli/program.h"
#include "cli/terminal.h"
#include "steelyard/backend/registry.h"
#include "steelyard/data/data.h"
#include "steelyard/model/model.h"
#include "steelyard/model/unroll.h"
#include "steelyard/run/artefacts.h"

namespace steelyard::cli {
namespace {

namespace fs = std::filesystem;

// NumPy's format 1.0: [count, 1, window, features], as Hailo's tools call it NHWC.
std::string npy(const std::vector<float>& values, std::size_t count, std::size_t window,
                std::size_t features) {
  std::string header =
      fmt::format("{{'descr': '<f4', 'fortran_order': False, 'shape': ({}, 1, {}, {}), }}", count,
                  window, features);
  header.append(63 - (header.size() + 10) % 64, ' ');
  header += '\n';
  std::string bytes("\x93NUMPY\x01\x00", 8);
  bytes += static_cast<char>(header.size() & 0xFF);
  bytes += static_cast<char>(header.size() >> 8);
  bytes += header;
  bytes.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
  return bytes;
}

int window_of(const Model& model, const Convert& words) {
  return model.recipe ? model.recipe->window : words.window;
}

fs::path unrolled_file(const Model& model) {
  return fs::path(model.path).replace_extension(".unrolled.onnx");
}

std::string hailo_architecture(const std::string& device) {
  const auto& entry = Registry::instance().find("hailort");
  if (entry.backend != nullptr)
    for (const Device& each : entry.backend->devices())
      if (each.id == device && each.name == "Hailo-8") return "hailo8";
  return "hailo8l";
}

// Training windows, as the compiler's calibration set; at most 1024, spread over all of them.
void write_calibration(const Model& model, const Convert& words, const fs::path& file) {
  if (!model.recipe)
    throw Error(fmt::format("{} carries no window recipe, so there is nothing to calibrate with",
                            model.path.string()),
                "convert a model that `steelyard train` wrote");
  if (words.data.empty())
    throw UsageError("quantisation needs windows to calibrate with", "add --data FILE");
  const WindowRecipe& recipe = *model.recipe;
  const Dataset table = load_dataset(
      words.data,
      {.ticker = words.ticker.empty() ? recipe.ticker : words.ticker, .adjust = recipe.adjusted});
  const Windows all = make_windows(table, recipe, Part::train);
  const std::size_t features = recipe.features.size();
  const std::size_t width = static_cast<std::size_t>(recipe.window) * features;
  const std::size_t count = std::min<std::size_t>(1024, all.count);
  std::vector<float> chosen;
  for (std::size_t i = 0; i < count; ++i) {
    const auto from =
        all.inputs.begin() + static_cast<std::ptrdiff_t>(i * all.count / count * width);
    chosen.insert(chosen.end(), from, from + static_cast<std::ptrdiff_t>(width));
  }
  write_file(file, npy(chosen, count, static_cast<std::size_t>(recipe.window), features));
}

std::string quoted(const std::string& word) {
  const bool plain = std::all_of(word.begin(), word.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.';
  });
  return plain ? word : "'" + word + "'";
}

// Everything for the Dataflow Compiler in one folder; its commands, in order.
std::vector<std::string> lay_out(const Model& model, const Convert& words, const fs::path& folder,
                                 const std::string& arch) {
  fs::create_directories(folder);
  fs::copy_file(unrolled_file(model), folder / (model.name + ".onnx"),
                fs::copy_options::overwrite_existing);
  write_calibration(model, words, folder / "calibration.npy");
  const std::string name = quoted(model.name);
  std::vector<std::string> commands{
      fmt::format("hailo parser onnx {}.onnx --hw-arch {} -y", name, arch),
      fmt::format("hailo optimize {}.har --hw-arch {} --calib-set-path calibration.npy", name,
                  arch),
      fmt::format("hailo compiler {}_optimized.har --hw-arch {}", name, arch)};
  std::string script =
      "#!/bin/sh\n# Run where Hailo's Dataflow Compiler 3.x is installed (x86-64).\nset -e\ncd "
      "\"$(dirname \"$0\")\"\n";
  for (const auto& command : commands) script += command + "\n";
  write_file(folder / "convert.sh", script);
  return commands;
}

int to_hef(const Model& model, const Convert& words, const Spec& to) {
  const std::string arch = hailo_architecture(to.device);
  const fs::path folder = fs::path(model.path).replace_extension(".hailo");
  const fs::path hef = fs::path(model.path).replace_extension(".hef");
  const auto commands = lay_out(model, words, folder, arch);
  if (find_program("hailo").empty()) {
    save_reference(hef, model);
    print(
        fmt::format("Hailo's Dataflow Compiler is not on this machine. Copy {} to one that has it "
                    "and run convert.sh there:\n",
                    folder.string()));
    for (const auto& command : commands) print(fmt::format("  {}\n", command));
    print(fmt::format("Then copy {}.hef back as {}.\n", model.name, hef.string()));
    return 1;
  }
  const Ran ran = run_program({"sh", (folder / "convert.sh").string()});
  write_file(folder / "log.txt", ran.output);
  if (ran.status != 0 || !fs::exists(folder / (model.name + ".hef")))
    throw Error(fmt::format("Hailo's Dataflow Compiler ended with status {}", ran.status),
                fmt::format("{} has its words", (folder / "log.txt").string()));
  fs::copy_file(folder / (model.name + ".hef"), hef, fs::copy_options::overwrite_existing);
  save_reference(hef, model);
  print(fmt::format("{}\n", hef.string()));
  return 0;
}

}  // namespace

int execute(const Convert& words) {
  const Model model = load_model(fs::absolute(words.model));
  if (words.to == "unrolled") {
    unroll(model, window_of(model, words), unrolled_file(model));
    print(fmt::format("{}\n", unrolled_file(model).string()));
    return 0;
  }
  const Spec to = parse_spec(words.to);
  const auto& entry = Registry::instance().find(to.backend);
  if (entry.backend != nullptr && entry.backend->artefact_kind() == "hef") {
    unroll(model, window_of(model, words), unrolled_file(model));
    print(fmt::format("{}\n", unrolled_file(model).string()));
    return to_hef(model, words, to);
  }
  // It runs ONNX itself; compiling once fills its cache and shows that it does.
  const auto found = Registry::instance().resolve(to);
  CompileOptions options;
  options.precision = found.precision;
  options.window = window_of(model, words);
  found.backend->compile(model, nullptr, found.device, options)->open(1);
  print(fmt::format("{} takes {} as it is\n", to_string(to), model.path.string()));
  return 0;
}

}  // namespace steelyard::cli

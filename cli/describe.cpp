// SPDX-License-Identifier: Apache-2.0
// `steelyard describe`: what a model file, or what was made from one, says about itself.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>

#include "cli/commands.h"
#include "cli/terminal.h"
#include "steelyard/backend/registry.h"
#include "steelyard/base/error.h"
#include "steelyard/base/hash.h"
#include "steelyard/model/model.h"

namespace steelyard::cli {
namespace {

namespace fs = std::filesystem;

std::string tensors(const char* side, const std::vector<TensorInfo>& all) {
  std::string text;
  for (const TensorInfo& tensor : all) {
    std::vector<std::string> axes;
    for (const auto axis : tensor.shape) axes.push_back(axis < 0 ? "?" : std::to_string(axis));
    text += fmt::format("  {:<10}{} [{}]{}\n", side, tensor.name, fmt::join(axes, ","),
                        tensor.type == ElementType::f32 ? "" : ", not fp32");
  }
  return text;
}

std::string operators(const Graph& graph) {
  std::map<std::string, int> counts;
  for (const Node& node : graph.nodes) ++counts[node.op];
  std::vector<std::string> words;
  for (const auto& [op, count] : counts)
    words.push_back(count == 1 ? op : fmt::format("{} x{}", op, count));
  return fmt::format("{}", fmt::join(words, ", "));
}

std::string network(const Model& model) {
  constexpr const char* kCells[] = {"RNN", "GRU", "LSTM"};
  try {
    const Network found = network_of(model);
    std::vector<std::string> layers;
    for (const Recurrent& layer : found.layers)
      layers.push_back(fmt::format("{}{} {}", layer.directions == 2 ? "Bi" : "",
                                   kCells[static_cast<int>(layer.cell)], layer.hidden));
    for (const Dense& dense : found.head) layers.push_back(fmt::format("dense {}", dense.output));
    return fmt::format("{}", fmt::join(layers, ", "));
  } catch (const Error& e) {
    return fmt::format("none that our own engine knows: {}", e.what());
  }
}

std::string describe_model(const fs::path& file) {
  const Model model = load_model(file);
  std::string text = fmt::format("{}\n  {:<10}{}\n  {:<10}IR {}, opset {}{}\n", file.string(),
                                 "sha256", model.sha256, "ONNX", model.ir, model.opset,
                                 model.producer.empty() ? "" : ", by " + model.producer);
  text += tensors("input", model.inputs) + tensors("output", model.outputs);
  text += fmt::format("  {:<10}{}\n  {:<10}{}\n", "operators", operators(*model.graph), "network",
                      network(model));
  if (model.recipe)
    text += fmt::format("  {:<10}{} rows of {} -> {}\n", "windows", model.recipe->window,
                        fmt::join(model.recipe->features, ", "), model.recipe->target);
  for (const char* kind : {"unrolled.onnx", "hef", "engine"})
    if (const auto own = fs::path(file).replace_extension(kind); fs::exists(own))
      text += fmt::format("  {:<10}{}\n", "artefact", own.string());
  return text;
}

std::string describe_artefact(const fs::path& file) {
  const std::string kind = file.extension().string().substr(1);
  for (const auto& entry : Registry::instance().entries()) {
    if (entry.backend == nullptr || entry.backend->artefact_kind() != kind) continue;
    std::string text =
        fmt::format("{}\n  {:<10}{}\n", file.string(), "sha256", sha256_of_file(file));
    for (const std::string& line : entry.backend->describe(file))
      text += fmt::format("  {}\n", line);
    return text;
  }
  throw Error(fmt::format("{} is of no kind that is known here", file.string()),
              "there is: .onnx, .hef");
}

}  // namespace

int execute(const Describe& words) {
  for (const fs::path& file : words.files)
    print(file.extension().empty() || file.extension() == ".onnx" ? describe_model(file)
                                                                  : describe_artefact(file));
  return 0;
}

}  // namespace steelyard::cli

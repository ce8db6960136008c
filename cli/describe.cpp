// SPDX-License-Identifier: Apache-2.0
// `steelyard describe`: what a model file, or what was made from one, says about itself.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
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

std::string activations(const Recurrent& layer) {
  std::vector<std::string> names;
  for (const GateFunction& f : layer.functions) names.emplace_back(name_of(f.kind));
  return names.empty() ? "" : fmt::format(" ({})", fmt::join(names, ", "));
}

// "h of layer 1, h of layer 2": both directions of a layer are one entry.
std::string states(const Network& network, const StateTensor& tensor) {
  std::vector<std::string> words;
  for (const StateTensor::Part& part : tensor.parts) {
    const LayerState& state = part.state;
    const auto other = [&](const StateTensor::Part& p) {
      return p.state == LayerState{state.layer, 1 - state.direction, state.cell};
    };
    const bool both = std::any_of(tensor.parts.begin(), tensor.parts.end(), other);
    if (both && state.direction == 1) continue;
    const bool one_of_two = network.layers[static_cast<std::size_t>(state.layer)].directions == 2;
    words.push_back(fmt::format("{} of layer {}{}", state.cell ? "c" : "h", state.layer + 1,
                                both || !one_of_two    ? ""
                                : state.direction == 0 ? " forward"
                                                       : " backward"));
  }
  return fmt::format("{}", fmt::join(words, ", "));
}

// What goes along with windows and answers, a line each.
std::string beside(const Model& model, const Network& network) {
  std::string text;
  const auto line = [&](const char* title, const std::string& words) {
    text += fmt::format("  {:<10}{}\n", title, words);
  };
  for (const StateTensor& tensor : network.states_in)
    line("begins", fmt::format("with {} by {}", states(network, tensor),
                               model.inputs[static_cast<std::size_t>(tensor.tensor)].name));
  for (std::size_t l = 0; l < network.layers.size(); ++l)
    if (const Recurrent& layer = network.layers[l];
        !layer.initial_h.empty() || !layer.initial_c.empty())
      line("begins", fmt::format("with states of the file in layer {}", l + 1));
  if (network.lengths.tensor >= 0)
    line("lengths",
         fmt::format("of windows by {}",
                     model.inputs[static_cast<std::size_t>(network.lengths.tensor)].name));
  if (!network.lengths.fixed.empty())
    line("lengths", fmt::format("of windows: {}", fmt::join(network.lengths.fixed, ", ")));
  if (network.readout == Readout::every_step) line("answers", "every time step");
  for (const StateTensor& tensor : network.states_out)
    line("leaves", fmt::format("{} by {}", states(network, tensor),
                               model.outputs[static_cast<std::size_t>(tensor.tensor)].name));
  return text;
}

std::string network(const Model& model) {
  constexpr const char* kCells[] = {"RNN", "GRU", "LSTM"};
  const auto line = [](const std::string& words) {
    return fmt::format("  {:<10}{}\n", "network", words);
  };
  try {
    const Network found = network_of(model);
    std::vector<std::string> layers;
    for (const Recurrent& layer : found.layers)
      layers.push_back(fmt::format("{}{} {}{}", layer.directions == 2 ? "Bi" : "",
                                   kCells[static_cast<int>(layer.cell)], layer.hidden,
                                   activations(layer)));
    for (const Dense& dense : found.head) layers.push_back(fmt::format("dense {}", dense.output));
    return line(fmt::format("{}", fmt::join(layers, ", "))) + beside(model, found);
  } catch (const Error& e) {
    return line(fmt::format("none that our own engine knows: {}", e.what()));
  }
}

std::string describe_model(const fs::path& file) {
  const Model model = load_model(file);
  std::string text = fmt::format("{}\n  {:<10}{}\n  {:<10}IR {}, opset {}{}\n", file.string(),
                                 "sha256", model.sha256, "ONNX", model.ir, model.opset,
                                 model.producer.empty() ? "" : ", by " + model.producer);
  text += tensors("input", model.inputs) + tensors("output", model.outputs);
  text += fmt::format("  {:<10}{}\n", "operators", operators(*model.graph)) + network(model);
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

// SPDX-License-Identifier: Apache-2.0
// See walk.h. The recurrent operators: their attributes, weights and what flows out of them.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <cstring>
#include <initializer_list>
#include <utility>

#include "steelyard/model/walk.h"

namespace steelyard {
namespace {

constexpr std::int64_t kMaxHidden = 1 << 20;

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

std::string text_of(const Node& node, const char* name, const char* otherwise) {
  const auto* found = node.attribute(name);
  const auto* value = found ? std::get_if<std::string>(&found->value) : nullptr;
  return value ? lower(*value) : otherwise;
}

Cell cell_of(const Node& node) {
  return node.op == "GRU" ? Cell::gru : node.op == "LSTM" ? Cell::lstm : Cell::rnn;
}

// Position of an optional input.
constexpr std::size_t kPeepholes = 7;

bool has(const std::vector<Value>& inputs, std::size_t i) {
  return i < inputs.size() && !std::holds_alternative<std::monostate>(inputs[i]);
}

// A function with the numbers that it has when the file gives none: those of ONNX Runtime, which
// are 0 where the operator of that name has 1 or must be told.
struct Formula {
  GateFunction function;
  int numbers;  // that it takes: alpha, and beta
};

const Formula* formula_named(const std::string& name) {
  using F = GateFunction;
  static constexpr std::array<Formula, 11> kFormulas{{{{F::relu}, 0},
                                                      {{F::tanh}, 0},
                                                      {{F::sigmoid}, 0},
                                                      {{F::affine}, 2},
                                                      {{F::leaky_relu, 0.01f}, 1},
                                                      {{F::thresholded_relu}, 1},
                                                      {{F::scaled_tanh}, 2},
                                                      {{F::hard_sigmoid, 0.2f, 0.5f}, 2},
                                                      {{F::elu, 1}, 1},
                                                      {{F::softsign}, 0},
                                                      {{F::softplus}, 0}}};
  const auto found = std::find_if(kFormulas.begin(), kFormulas.end(), [&](const Formula& f) {
    return lower(name) == lower(name_of(f.function.kind));
  });
  return found == kFormulas.end() ? nullptr : &*found;
}

}  // namespace

const Tensor& Walk::floats(const Node& node, const char* what, const Value& value) const {
  const auto* constant = std::get_if<Constant>(&value);
  if (!constant) refuse(node, fmt::format("its {} is not a constant", what));
  if ((*constant)->type == ElementType::f32) return **constant;
  const bool narrow =
      (*constant)->type == ElementType::f16 || (*constant)->type == ElementType::bf16;
  auto widened = narrow ? as_floats(**constant) : std::nullopt;
  if (!widened) refuse(node, fmt::format("its {} is not float32, float16 or bfloat16", what));
  return *widened_.emplace_back(std::make_shared<const Tensor>(std::move(*widened)));
}

std::vector<float> Walk::weights(const Node& node, const char* what, const Value& value,
                                 const std::vector<std::int64_t>& shape) const {
  const Tensor& tensor = floats(node, what, value);
  if (tensor.shape != shape)
    refuse(node, fmt::format("its {} has the shape [{}] instead of [{}]", what,
                             fmt::join(tensor.shape, ","), fmt::join(shape, ",")));
  std::vector<float> result(tensor.data.size() / sizeof(float));
  if (!result.empty()) std::memcpy(result.data(), tensor.data.data(), tensor.data.size());
  return result;
}

void Walk::check_attributes(const Node& node, Recurrent& layer) {
  const auto direction = text_of(node, "direction", "forward");
  layer.directions = direction == "bidirectional" ? 2 : 1;
  layer.reverse = direction == "reverse";
  if (direction != "forward" && layer.directions == 1 && !layer.reverse)
    refuse(node, fmt::format("attribute direction={} is unknown", direction));
  layer.linear_before_reset =
      layer.cell != Cell::gru || integer(node, "linear_before_reset", 0) != 0;
  if (node.attribute("clip")) refuse(node, "attribute clip is not supported by the native engine");
  if (integer(node, "input_forget", 0) != 0)
    refuse(node, "attribute input_forget is not supported by the native engine");

  take_activations(node, layer);
}

// Those lists that the fast kernels have leave Recurrent::functions empty.
void Walk::take_activations(const Node& node, Recurrent& layer) {
  const auto* given = node.attribute("activations");
  const auto* names = given ? std::get_if<std::vector<std::string>>(&given->value) : nullptr;
  if (!names || names->empty()) return;
  const auto each = static_cast<std::size_t>(functions_of(layer.cell));
  const std::size_t needed = each * static_cast<std::size_t>(layer.directions);
  if (names->size() != needed)
    refuse(node, fmt::format("attribute activations=[{}] has {} entries instead of {}",
                             fmt::join(*names, ","), names->size(), needed));
  const auto numbers = [&](const char* name) {
    const auto* found = node.attribute(name);
    const auto* list = found ? std::get_if<std::vector<float>>(&found->value) : nullptr;
    if (found && (!list || !std::all_of(list->begin(), list->end(),
                                        [](float x) { return std::isfinite(x); })))
      refuse(node, fmt::format("attribute {} is no list of finite numbers", name));
    return list ? *list : std::vector<float>{};
  };
  const auto alphas = numbers("activation_alpha"), betas = numbers("activation_beta");
  std::size_t next_alpha = 0, next_beta = 0;
  for (const auto& name : *names) {
    const Formula* formula = formula_named(name);
    if (!formula)
      refuse(node, fmt::format("attribute activations=[{}] names \"{}\", which is no activation "
                               "function of ONNX",
                               fmt::join(*names, ","), name));
    GateFunction function = formula->function;
    // Numbers are taken in order by those functions that need one.
    if (formula->numbers > 0 && next_alpha < alphas.size()) function.alpha = alphas[next_alpha++];
    if (formula->numbers > 1 && next_beta < betas.size()) function.beta = betas[next_beta++];
    layer.functions.push_back(function);
  }
  const auto all_are = [&](std::initializer_list<GateFunction::Kind> kinds) {
    for (std::size_t i = 0; i < layer.functions.size(); ++i)
      if (layer.functions[i].kind != kinds.begin()[i % each]) return false;
    return true;
  };
  using F = GateFunction;
  const bool relu = layer.cell == Cell::rnn && all_are({F::relu});
  if (relu) layer.activation = Activation::relu;
  if (relu || (layer.cell == Cell::rnn   ? all_are({F::tanh})
               : layer.cell == Cell::gru ? all_are({F::sigmoid, F::tanh})
                                         : all_are({F::sigmoid, F::tanh, F::tanh})))
    layer.functions.clear();
}

Recurrent Walk::layer_of(const Node& node, const std::vector<Value>& inputs, std::int64_t window) {
  Recurrent layer;
  layer.cell = cell_of(node);
  layer.node = node.name;
  check_attributes(node, layer);
  if (has(inputs, kPeepholes) && !is_zero(inputs[kPeepholes]))
    refuse(node,
           "its input P (peepholes) is not provably zero, and the native engine has no peepholes");
  if (has(inputs, kSequenceLengths)) take_lengths(node, layer, inputs[kSequenceLengths], window);
  const Tensor& r = floats(node, "input R", inputs[2]);
  const Tensor& w = floats(node, "input W", inputs[1]);
  const std::int64_t hidden = integer(node, "hidden_size", r.shape.empty() ? 0 : r.shape.back());
  const std::int64_t input = w.shape.empty() ? 0 : w.shape.back();
  if (hidden < 1 || input < 1 || hidden > kMaxHidden || input > kMaxHidden)
    refuse(node, "its weights have no size");
  layer.hidden = static_cast<int>(hidden);
  layer.input = static_cast<int>(input);
  const std::int64_t d = layer.directions, rows = gates_of(layer.cell) * hidden;
  layer.w = weights(node, "input W", inputs[1], {d, rows, input});
  layer.r = weights(node, "input R", inputs[2], {d, rows, hidden});
  if (inputs.size() > 3 && !std::holds_alternative<std::monostate>(inputs[3]))
    layer.b = weights(node, "input B", inputs[3], {d, 2 * rows});
  else
    layer.b.assign(static_cast<std::size_t>(d * 2 * rows), 0.0f);
  return layer;
}

// The first layer says which axis of the input is which.
void Walk::bind_input(const Node& node, const Flow& flow, bool layout) {
  if (!network_.layers.empty() || axis(flow, 0).kind != Axis::unknown) return;
  static constexpr std::array<Axis::Kind, 3> kTimeFirst{Axis::time, Axis::batch, Axis::feature};
  static constexpr std::array<Axis::Kind, 3> kBatchFirst{Axis::batch, Axis::time, Axis::feature};
  for (std::size_t i = 0; i < 3; ++i) {
    Axis& a = axes_[index_of(flow, i)];
    if (a.kind != Axis::unknown) refuse(node, "the input arrives with axes of its own making");
    a.kind = (layout ? kBatchFirst : kTimeFirst)[i];
  }
  if (axes_[static_cast<std::size_t>(input_axes_[2])].kind != Axis::feature)
    refuse(node, "the last axis of the model's input must hold the features");
}

void Walk::recurrent(const Node& node, const std::vector<Value>& inputs) {
  if (inputs.size() < 3) refuse(node, "it lacks inputs");
  const auto* flow = std::get_if<Flow>(&inputs[0]);
  if (!flow) refuse(node, "its input X does not come from the model's input");
  if (flow->axes.size() != 3) refuse(node, "its input X must have three axes");
  const bool layout = integer(node, "layout", 0) != 0;
  bind_input(node, *flow, layout);
  const int previous = static_cast<int>(network_.layers.size()) - 1;
  const auto expected =
      previous < 0 ? 1u : static_cast<std::size_t>(network_.layers.back().directions);
  bool whole = flow->pieces.size() == expected && flow->head.empty();
  for (std::size_t d = 0; d < flow->pieces.size(); ++d)
    whole = whole && flow->pieces[d] == Piece{previous, static_cast<int>(d), Piece::every_step};
  if (!whole) refuse(node, "it must read every step of the whole layer before it");
  if (axis(*flow, layout ? 1 : 0).kind != Axis::time ||
      axis(*flow, layout ? 0 : 1).kind != Axis::batch || axis(*flow, 2).kind != Axis::feature)
    refuse(node, fmt::format("its input arrives as {}", describe(*flow)));

  check_order(node, *flow, inputs, layout);
  Recurrent layer = layer_of(node, inputs, axis(*flow, layout ? 1 : 0).extent);
  take_states(node, layer, inputs, layout);
  absorb_affine(node, *flow, layer);
  const auto width = axis(*flow, 2).extent;
  if (width >= 0 && width != layer.input)
    refuse(node,
           fmt::format("its weights take {} features and its input has {}", layer.input, width));
  axes_[index_of(*flow, 2)].extent = layer.input;
  emit_outputs(node, *flow, layer, layout);
  network_.layers.push_back(std::move(layer));
}

void Walk::emit_outputs(const Node& node, const Flow& x, const Recurrent& layer, bool layout) {
  const int index = static_cast<int>(network_.layers.size());
  const int time = x.axes[layout ? 1 : 0], batch = x.axes[layout ? 0 : 1];
  const int directions = layer.directions == 2 ? add_axis(Axis::stack, 2) : add_axis(Axis::one, 1);
  const int features = add_axis(Axis::feature, layer.hidden);
  const auto flow = [&](Piece::Moment moment, std::vector<int> axes) {
    Flow result;
    result.axes = std::move(axes);
    result.sorted_axis = x.sorted_axis;
    for (int d = 0; d < layer.directions; ++d) result.pieces.push_back({index, d, moment});
    return result;
  };
  const auto emit = [&](std::size_t output, Flow value) {
    if (output < node.outputs.size() && !node.outputs[output].empty())
      values_[node.outputs[output]] = std::move(value);
  };
  const std::vector<int> sequence = layout ? std::vector<int>{batch, time, directions, features}
                                           : std::vector<int>{time, directions, batch, features};
  const std::vector<int> state = layout ? std::vector<int>{batch, directions, features}
                                        : std::vector<int>{directions, batch, features};
  emit(0, flow(Piece::every_step, sequence));
  emit(1, flow(Piece::state, state));
  emit(2, flow(Piece::cell_state, state));
}

}  // namespace steelyard

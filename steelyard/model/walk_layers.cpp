// SPDX-License-Identifier: Apache-2.0
// See walk.h. The recurrent operators: their attributes, weights and what flows out of them.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>
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

// Positions of the optional inputs that hold states and peepholes.
constexpr std::size_t kSequenceLengths = 4, kInitialH = 5, kInitialC = 6, kPeepholes = 7;

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

  const auto* given = node.attribute("activations");
  const auto* names = given ? std::get_if<std::vector<std::string>>(&given->value) : nullptr;
  if (!names || names->empty()) return;
  std::vector<std::string> standard;
  if (layer.cell == Cell::rnn && lower(names->front()) == "relu")
    layer.activation = Activation::relu;
  for (int d = 0; d < layer.directions; ++d) {
    if (layer.cell == Cell::rnn)
      standard.push_back(layer.activation == Activation::relu ? "relu" : "tanh");
    else
      standard.push_back("sigmoid");
    if (layer.cell != Cell::rnn) standard.push_back("tanh");
    if (layer.cell == Cell::lstm) standard.push_back("tanh");
  }
  if (!std::equal(names->begin(), names->end(), standard.begin(), standard.end(),
                  [](const auto& a, const auto& b) { return lower(a) == b; }))
    refuse(node, fmt::format("attribute activations=[{}] is not supported by the native engine, "
                             "which has [{}]",
                             fmt::join(*names, ","), fmt::join(standard, ",")));
}

// Every sequence as long as the window is the same as no lengths at all.
void Walk::check_lengths(const Node& node, const Value& lengths, std::int64_t window) const {
  const auto list = integers_of(lengths);
  const bool all = list && window > 0 && std::all_of(list->begin(), list->end(), [&](auto length) {
                     return length == window;
                   });
  if (!all)
    refuse(node,
           "its input sequence_lens shortens some windows, or cannot be read from the file; the "
           "native engine runs whole windows");
}

void Walk::check_states(const Node& node, const std::vector<Value>& inputs, std::int64_t window) {
  const auto given = [&](std::size_t i) {
    return i < inputs.size() && !std::holds_alternative<std::monostate>(inputs[i]);
  };
  if (given(kSequenceLengths)) check_lengths(node, inputs[kSequenceLengths], window);
  static constexpr std::array<std::pair<std::size_t, const char*>, 3> kZeros{
      {{kInitialH, "initial_h"}, {kInitialC, "initial_c"}, {kPeepholes, "P (peepholes)"}}};
  for (const auto& [at, name] : kZeros)
    if (given(at) && !is_zero(inputs[at]))
      refuse(node, fmt::format("its input {} is not provably zero", name));
}

Recurrent Walk::layer_of(const Node& node, const std::vector<Value>& inputs, std::int64_t window) {
  Recurrent layer;
  layer.cell = cell_of(node);
  layer.node = node.name;
  check_attributes(node, layer);
  check_states(node, inputs, window);
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

  Recurrent layer = layer_of(node, inputs, axis(*flow, layout ? 1 : 0).extent);
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

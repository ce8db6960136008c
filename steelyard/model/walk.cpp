// SPDX-License-Identifier: Apache-2.0
// See walk.h. The walk itself: which nodes matter, who handles which operator, and the end.
#include "steelyard/model/walk.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

#include "steelyard/base/error.h"
#include "steelyard/model/one_line.h"

namespace steelyard {
namespace {

// No sound model comes near these; a hostile one must not make us work for hours.
constexpr std::size_t kMaxLayers = 1024;
constexpr std::int64_t kMaxExtent = 1 << 24;  // of an axis of the input
constexpr std::size_t kFoldAllowance = 1 << 16;

constexpr const char* kElsewhere =
    "run the model with a backend that takes any ONNX file, such as onnxruntime:cpu";

bool is_recurrent(const Node& node) {
  return node.op == "GRU" || node.op == "LSTM" || node.op == "RNN";
}

}  // namespace

void Walk::refuse(const Node& node, const std::string& why) const {
  throw Error(
      fmt::format("{}: node \"{}\" ({}): {}", model_.path.string(), node.name, node.op, why),
      kElsewhere);
}

Walk::Walk(const Model& model) : model_(model) {
  fold_limit_ = kFoldAllowance;
  for (const auto& [name, tensor] : model_.graph->constants) {
    // The Model outlives the walk, so the constant need not be copied.
    values_[name] = Constant(Constant(), &tensor);
    fold_limit_ += tensor.data.size();
  }
}

int Walk::add_axis(Axis::Kind kind, std::int64_t extent) {
  axes_.push_back({kind, extent});
  return static_cast<int>(axes_.size()) - 1;
}

std::size_t Walk::position(const Node& node, std::int64_t axis, std::size_t rank) const {
  const auto count = static_cast<std::int64_t>(rank);
  if (axis < -count || axis >= count)
    refuse(node, fmt::format("axis {} of a tensor with {} axes", axis, count));
  return static_cast<std::size_t>(axis < 0 ? axis + count : axis);
}

std::vector<std::int64_t> Walk::required(const Node& node, const char* name,
                                         const std::vector<Value>& inputs,
                                         std::size_t input) const {
  bool constant = true;
  const auto list = setting(node, name, inputs, input, constant);
  if (!list) refuse(node, fmt::format("{} must be a constant", name));
  return *list;
}

std::string Walk::describe(const Flow& flow) const {
  static constexpr const char* kNames[] = {"?", "batch", "time", "directions", "features", "1"};
  std::vector<std::string> names;
  for (std::size_t i = 0; i < flow.axes.size(); ++i) names.push_back(kNames[axis(flow, i).kind]);
  return fmt::format("[{}]", fmt::join(names, ", "));
}

std::vector<bool> Walk::needed_nodes() const {
  const auto& nodes = model_.graph->nodes;
  std::unordered_map<std::string, std::size_t> maker;
  for (std::size_t i = 0; i < nodes.size(); ++i)
    for (const auto& output : nodes[i].outputs) maker.emplace(output, i);
  std::vector<bool> needed(nodes.size(), false);
  std::vector<std::string> todo{model_.outputs.front().name};
  while (!todo.empty()) {
    const auto found = maker.find(todo.back());
    todo.pop_back();
    if (found == maker.end() || needed[found->second]) continue;
    needed[found->second] = true;
    for (const auto& input : nodes[found->second].inputs)
      if (!input.empty()) todo.push_back(input);
  }
  return needed;
}

Network Walk::network() {
  const auto fail = [&](const std::string& what) {
    throw Error(fmt::format("{}: {}", model_.path.string(), what), kElsewhere);
  };
  if (model_.inputs.size() != 1)
    fail(
        fmt::format("the native engine takes models with one input, and this one has {} "
                    "(initial states must be zeros inside the model)",
                    model_.inputs.size()));
  if (model_.outputs.size() != 1)
    fail(fmt::format("the native engine takes models with one output, and this one has {}",
                     model_.outputs.size()));
  if (model_.opset < 7)
    fail(fmt::format("uses operator set {}; the native engine knows 7 and later", model_.opset));
  const TensorInfo& input = model_.inputs.front();
  if (input.shape.size() != 3 || input.type != ElementType::f32)
    fail(
        fmt::format("the input \"{}\" must be float32 with three axes (batch, window, features) "
                    "for the native engine",
                    input.name));
  for (const auto extent : input.shape)
    if (extent > kMaxExtent)
      fail(fmt::format("the input \"{}\" has an axis of {} elements; the native engine takes {}",
                       input.name, extent, kMaxExtent));
  Flow flow{{Piece{}}, {}, {}, {}, {}};
  for (const auto extent : input.shape) flow.axes.push_back(add_axis(Axis::unknown, extent));
  input_axes_ = flow.axes;
  values_[input.name] = std::move(flow);

  const auto needed = needed_nodes();
  for (std::size_t i = 0; i < needed.size(); ++i)
    if (needed[i]) visit(model_.graph->nodes[i]);
  finish();
  return std::move(network_);
}

void Walk::visit(const Node& node) {
  std::vector<Value> inputs;
  for (const auto& name : node.inputs) inputs.push_back(name.empty() ? Value{} : values_[name]);
  if (network_.layers.size() >= kMaxLayers || inputs.size() > kMaxLayers)
    refuse(node, "there are too many layers");
  if (is_recurrent(node)) return recurrent(node, inputs);
  Value value = evaluate(node, inputs);
  if (!node.outputs.empty() && !node.outputs.front().empty())
    values_[node.outputs.front()] = std::move(value);
}

Value Walk::of_constants(const Node& node, const std::vector<Value>& inputs) {
  try {
    if (auto folded = fold(node, inputs, fold_limit_))
      return std::make_shared<const Tensor>(std::move(*folded));
  } catch (const std::invalid_argument& error) {
    refuse(node, error.what());
  }
  return std::monostate{};
}

Value Walk::evaluate(const Node& node, const std::vector<Value>& inputs) {
  const auto& op = node.op;
  if (op == "Constant") {
    const auto* value = node.attribute("value");
    const auto* tensor = value ? std::get_if<Tensor>(&value->value) : nullptr;
    if (!tensor) refuse(node, "only constants given as a tensor are understood");
    return Constant(Constant(), tensor);
  }
  if (inputs.empty()) refuse(node, "the native engine does not know this operator");
  if (Value folded = of_constants(node, inputs); !std::holds_alternative<std::monostate>(folded))
    return folded;
  if (const auto* flow = std::get_if<Flow>(&inputs[0])) {
    if (op == "Identity") return *flow;
    if (op == "Dropout" && (inputs.size() < 3 || is_zero(inputs[2]))) return *flow;
    if (op == "Shape") return shape_of(node, *flow);
    if (op == "Transpose") return transpose(node, *flow);
    if (op == "Squeeze") return squeeze(node, *flow, inputs);
    if (op == "Unsqueeze") return unsqueeze(node, *flow, inputs);
    if (op == "Flatten") return flatten(node, *flow);
    if (op == "Reshape" && inputs.size() == 2)
      return reshape(node, *flow, as_shape(node, inputs[1]).extents);
    if (op == "Gather" && inputs.size() == 2) return gather(node, *flow, inputs);
    if (op == "Slice") return slice(node, *flow, inputs);
    if (op == "Concat") return concat(node, inputs);
    if (op == "Gemm") return gemm(node, *flow, inputs);
    if (op == "MatMul" && inputs.size() == 2) return matmul(node, *flow, inputs);
    if (op == "Add" && inputs.size() == 2) return add(node, *flow, inputs[1]);
    if (op == "Sub" && inputs.size() == 2) return add(node, *flow, inputs[1], -1.0f);
    if (op == "Mul" && inputs.size() == 2) return multiply(node, *flow, inputs[1], false);
    if (op == "Div" && inputs.size() == 2) return multiply(node, *flow, inputs[1], true);
    if (op == "Cast") return cast(node, *flow);
    if (op == "Relu") return activate(node, *flow, Activation::relu);
    if (op == "Sigmoid") return activate(node, *flow, Activation::sigmoid);
    if (op == "Tanh") return activate(node, *flow, Activation::tanh);
    refuse(node, "the native engine does not know this operator");
  }
  if (const auto* flow = inputs.size() == 2 ? std::get_if<Flow>(&inputs[1]) : nullptr) {
    if (op == "Add") return add(node, *flow, inputs[0]);
    if (op == "Mul") return multiply(node, *flow, inputs[0], false);
    // c - x = (-x) + c
    if (op == "Sub") return add(node, affine(node, *flow, {-1.0f}, {}), inputs[0]);
  }
  return shape_op(node, inputs);
}

// A model in float16 is computed in float32, which is no worse.
Flow Walk::cast(const Node& node, const Flow& flow) const {
  constexpr std::int64_t kFloat = 1, kFloat16 = 10, kDouble = 11, kBfloat16 = 16;
  const auto to = integer(node, "to", 0);
  if (to != kFloat && to != kFloat16 && to != kDouble && to != kBfloat16)
    refuse(node, fmt::format("attribute to={} makes no floating-point numbers of the data", to));
  return flow;
}

namespace {

bool all_finite(const std::vector<float>& numbers) {
  return std::all_of(numbers.begin(), numbers.end(), [](float x) { return std::isfinite(x); });
}

// Does a piece hold what Y_h holds? The forward direction ends at the last step, the reverse one at
// the first.
bool is_final(const Piece& piece, const Recurrent& layer) {
  if (piece.moment == Piece::state) return true;
  const bool backwards = layer.directions == 2 ? piece.direction == 1 : layer.reverse;
  return piece.moment == (backwards ? Piece::first_step : Piece::last_step);
}

}  // namespace

// The flow that arrives at the output must be the whole of the last layer, read in one of the two
// ways that Network has.
void Walk::finish() {
  const auto fail = [&](const std::string& what) {
    throw Error(fmt::format("{}: the output \"{}\" {}", model_.path.string(),
                            model_.outputs.front().name, what),
                kElsewhere);
  };
  const auto* flow = std::get_if<Flow>(&values_[model_.outputs.front().name]);
  if (!flow) fail("does not depend on the input");
  if (network_.layers.empty()) fail("passes no recurrent layer (GRU, LSTM, RNN)");
  const int last = static_cast<int>(network_.layers.size()) - 1;
  const Recurrent& layer = network_.layers.back();
  bool final_state = flow->pieces.size() == static_cast<std::size_t>(layer.directions);
  bool last_step = final_state;
  for (std::size_t d = 0; d < flow->pieces.size(); ++d) {
    const Piece& piece = flow->pieces[d];
    const bool here = piece.layer == last && piece.direction == static_cast<int>(d);
    final_state = final_state && here && is_final(piece, layer);
    last_step = last_step && here && piece.moment == Piece::last_step;
  }
  if (!final_state && !last_step)
    fail("must read the last step or the final state of the whole last layer");
  network_.readout = last_step ? Readout::last_step : Readout::final_state;

  bool features_seen = false;
  for (std::size_t i = 0; i < flow->axes.size(); ++i) {
    const auto kind = axis(*flow, i).kind;
    features_seen = features_seen || kind == Axis::feature;
    if (kind == Axis::stack || (kind == Axis::batch && features_seen))
      fail(fmt::format("has the axes {}; the native engine gives [batch, features]",
                       describe(*flow)));
  }
  for (const auto& dense : flow->head) network_.head.push_back(*dense);
  for (const auto& one : network_.layers)
    if (!all_finite(one.w) || !all_finite(one.r) || !all_finite(one.b))
      fail(fmt::format("depends on node \"{}\", whose weights are not finite", one.node));
  for (const auto& dense : network_.head)
    if (!all_finite(dense.w) || !all_finite(dense.b))
      fail(fmt::format("depends on node \"{}\", whose weights are not finite", dense.node));
  network_.batch_first = axes_[static_cast<std::size_t>(input_axes_[0])].kind == Axis::batch;
  const Axis& time = axes_[static_cast<std::size_t>(input_axes_[network_.batch_first ? 1 : 0])];
  network_.window = static_cast<int>(std::max<std::int64_t>(time.extent, 0));
  network_.features = network_.layers.front().input;
}

Network network_of(const Model& model) {
  return in_one_line([&] { return Walk(model).network(); });
}

}  // namespace steelyard

// SPDX-License-Identifier: Apache-2.0
// See walk.h. The walk itself: which nodes matter and who handles which operator.
#include "steelyard/model/walk.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "steelyard/base/error.h"
#include "steelyard/model/one_line.h"

namespace steelyard {
namespace {

// No sound model comes near these; a hostile one must not make us work for hours.
constexpr std::size_t kMaxLayers = 1024;
constexpr std::size_t kFoldAllowance = 1 << 16;

constexpr const char* kElsewhere =
    "run the model with a backend that takes any ONNX file, such as onnxruntime:cpu";

}  // namespace

bool is_recurrent(const Node& node) {
  return node.op == "GRU" || node.op == "LSTM" || node.op == "RNN";
}

void Walk::refuse(const Node& node, const std::string& why) const {
  throw Error(
      fmt::format("{}: node \"{}\" ({}): {}", model_.path.string(), node.name, node.op, why),
      kElsewhere);
}

void Walk::refuse(const std::string& why) const {
  throw Error(fmt::format("{}: {}", model_.path.string(), why), kElsewhere);
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

std::int64_t Walk::batch_extent() const {
  for (const int id : input_axes_)
    if (const Axis& a = axes_[static_cast<std::size_t>(id)]; a.kind == Axis::batch) return a.extent;
  return -1;
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
  std::vector<std::string> todo;
  for (const TensorInfo& output : model_.outputs) todo.push_back(output.name);
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
  if (model_.opset < 7)
    refuse(fmt::format("uses operator set {}; the native engine knows 7 and later", model_.opset));
  name_inputs();
  const auto needed = needed_nodes();
  for (std::size_t i = 0; i < needed.size(); ++i)
    if (needed[i]) visit(model_.graph->nodes[i]);
  finish();
  return std::move(network_);
}

void Walk::visit(const Node& node) {
  std::vector<Value> inputs;
  for (const auto& name : node.inputs) {
    inputs.push_back(name.empty() ? Value{} : values_[name]);
    if (!name.empty() && std::holds_alternative<std::monostate>(inputs.back()))
      refuse(node, fmt::format("its input \"{}\" is nothing that the native engine reads: windows, "
                               "states (float32, every axis but the batch known) or lengths of "
                               "windows (integers, one axis)",
                               name));
  }
  if (network_.layers.size() >= kMaxLayers || inputs.size() > kMaxLayers)
    refuse(node, "there are too many layers");
  if (is_recurrent(node)) return recurrent(node, inputs);
  if (node.op == "Split" && !inputs.empty()) return split(node, inputs);
  if (node.op == "TopK" && !inputs.empty()) return sort_lengths(node, inputs);
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
    if (op == "Gather" && inputs.size() == 2) {
      const auto* order = std::get_if<SortOrder>(&inputs[1]);
      return order ? reorder(node, *flow, *order) : gather(node, *flow, inputs);
    }
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
  if (const auto* lengths = std::get_if<GivenLengths>(&inputs[0]))
    return of_lengths(node, *lengths, inputs);
  if (const auto* order = std::get_if<SortOrder>(&inputs[0])) return of_order(node, *order);
  if (op == "ScatterElements") return back_order(node, inputs);
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

Network network_of(const Model& model) {
  return in_one_line([&] { return Walk(model).network(); });
}

}  // namespace steelyard

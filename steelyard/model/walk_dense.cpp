// SPDX-License-Identifier: Apache-2.0
// See walk.h. The head: Gemm, MatMul, Add and activations become dense layers.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <utility>

#include "steelyard/model/walk.h"

namespace steelyard {
namespace {

constexpr std::size_t kMaxHead = 64;
constexpr std::int64_t kMaxPlainActivation = 2048;

float factor(const Node& node, const char* name) {
  const auto* found = node.attribute(name);
  const auto* value = found ? std::get_if<float>(&found->value) : nullptr;
  return value ? *value : 1.0f;
}

float number_at(const Tensor& tensor, std::size_t i) {
  float value;
  std::memcpy(&value, &tensor.data[i * sizeof(float)], sizeof(float));
  return value;
}

}  // namespace

// `flow` after `dense`: the features change, everything else stays.
Flow Walk::through(const Node& node, Flow flow, Dense dense) {
  const bool stacked = std::any_of(flow.axes.begin(), flow.axes.end(), [&](int id) {
    return axes_[static_cast<std::size_t>(id)].kind == Axis::stack;
  });
  if (flow.axes.empty() || axis(flow, flow.axes.size() - 1).kind != Axis::feature || stacked)
    refuse(node,
           fmt::format("its input arrives as {}, not with the features last", describe(flow)));
  if (flow.pieces.front().layer < 0)
    refuse(node, "a dense layer before the first recurrent layer is not supported");
  const auto width = axis(flow, flow.axes.size() - 1).extent;
  if (width != dense.input)
    refuse(node,
           fmt::format("its weights take {} features and its input has {}", dense.input, width));
  if (flow.head.size() >= kMaxHead) refuse(node, "there are too many dense layers");
  flow.axes.back() = add_axis(Axis::feature, dense.output);
  flow.head.push_back(std::make_shared<const Dense>(std::move(dense)));
  return flow;
}

Flow Walk::gemm(const Node& node, Flow flow, const std::vector<Value>& inputs) {
  if (inputs.size() < 2 || flow.axes.size() != 2) refuse(node, "its input must have two axes");
  if (integer(node, "transA", 0) != 0) refuse(node, "attribute transA=1 is not supported");
  const Tensor& b = floats(node, "weight", inputs[1]);
  if (b.shape.size() != 2 || b.elements() == 0) refuse(node, "its weight must have two axes");
  const bool transposed = integer(node, "transB", 0) != 0;
  const auto rows = static_cast<std::size_t>(b.shape[transposed ? 0 : 1]);
  const auto columns = static_cast<std::size_t>(b.shape[transposed ? 1 : 0]);
  const float alpha = factor(node, "alpha");
  Dense dense;
  dense.node = node.name;
  dense.output = static_cast<int>(rows);
  dense.input = static_cast<int>(columns);
  dense.w.resize(rows * columns);
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t j = 0; j < columns; ++j)
      dense.w[i * columns + j] = alpha * number_at(b, transposed ? i * columns + j : j * rows + i);
  dense.b.assign(rows, 0.0f);
  if (inputs.size() > 2 && !std::holds_alternative<std::monostate>(inputs[2]))
    add_bias(node, dense, inputs[2], factor(node, "beta"));
  return through(node, std::move(flow), std::move(dense));
}

Flow Walk::matmul(const Node& node, Flow flow, const std::vector<Value>& inputs) {
  const Tensor& b = floats(node, "weight", inputs[1]);
  if (b.shape.size() != 2 || b.elements() == 0) refuse(node, "its weight must have two axes");
  const auto rows = static_cast<std::size_t>(b.shape[1]);
  const auto columns = static_cast<std::size_t>(b.shape[0]);
  Dense dense;
  dense.node = node.name;
  dense.output = static_cast<int>(rows);
  dense.input = static_cast<int>(columns);
  dense.w.resize(rows * columns);
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t j = 0; j < columns; ++j) dense.w[i * columns + j] = number_at(b, j * rows + i);
  dense.b.assign(rows, 0.0f);
  return through(node, std::move(flow), std::move(dense));
}

void Walk::add_bias(const Node& node, Dense& dense, const Value& value, float beta) const {
  if (std::holds_alternative<Zeros>(value)) return;
  const Tensor& c = floats(node, "bias", value);
  const auto count = static_cast<std::size_t>(c.elements());
  const bool row = c.shape.empty() || static_cast<std::size_t>(c.shape.back()) == count;
  if (!row || (count != 1 && count != dense.b.size()))
    refuse(node, fmt::format("its bias has the shape [{}] for {} outputs", fmt::join(c.shape, ","),
                             dense.output));
  for (std::size_t i = 0; i < dense.b.size(); ++i)
    dense.b[i] += beta * number_at(c, count == 1 ? 0 : i);
}

Flow Walk::add(const Node& node, Flow flow, const Value& other) {
  if (is_zero(other)) return flow;
  if (flow.head.empty() || flow.head.back()->activation != Activation::none)
    refuse(node, "only a constant added to the result of a MatMul or Gemm is understood");
  if (axis(flow, flow.axes.size() - 1).kind != Axis::feature)
    refuse(node,
           fmt::format("its input arrives as {}, not with the features last", describe(flow)));
  Dense dense = *flow.head.back();
  add_bias(node, dense, other, 1.0f);
  flow.head.back() = std::make_shared<const Dense>(std::move(dense));
  return flow;
}

Flow Walk::activate(const Node& node, Flow flow, Activation activation) {
  const auto apply = [&](Dense dense) {
    dense.activation = activation;
    return std::make_shared<const Dense>(std::move(dense));
  };
  if (!flow.head.empty() && flow.head.back()->activation == Activation::none) {
    flow.head.back() = apply(*flow.head.back());
    return flow;
  }
  // Between a recurrent layer and its head: a dense layer that only activates.
  if (flow.pieces.front().layer < 0 || flow.axes.empty())
    refuse(node, "an activation before the first recurrent layer is not supported");
  const auto width = axis(flow, flow.axes.size() - 1).extent;
  if (width < 1 || width > kMaxPlainActivation)
    refuse(node,
           fmt::format("an activation of {} features without a dense layer before it", width));
  Dense same;
  same.node = node.name;
  same.input = same.output = static_cast<int>(width);
  const auto size = static_cast<std::size_t>(same.input);
  same.w.assign(size * size, 0.0f);
  for (std::size_t i = 0; i < size; ++i) same.w[i * (size + 1)] = 1.0f;
  same.b.assign(size, 0.0f);
  same.activation = activation;
  return through(node, std::move(flow), std::move(same));
}

}  // namespace steelyard

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

// A constant that is added to or multiplied with the features: one number for all or one for each.
std::vector<float> Walk::per_feature(const Node& node, const Value& value) const {
  const Tensor& c = floats(node, "constant", value);
  const auto count = static_cast<std::size_t>(c.elements());
  const bool row = c.shape.empty() || static_cast<std::size_t>(c.shape.back()) == count;
  if (!row || count == 0)
    refuse(node, fmt::format("its constant has the shape [{}], not one number a feature",
                             fmt::join(c.shape, ",")));
  std::vector<float> numbers(count);
  for (std::size_t i = 0; i < count; ++i) numbers[i] = number_at(c, i);
  return numbers;
}

// The flow with a dense layer at its end whose result is not activated: the last one, or a new one
// that changes nothing.
Flow Walk::dense_to_change(const Node& node, Flow flow) {
  if (!flow.head.empty() && flow.head.back()->activation == Activation::none) return flow;
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
  return through(node, std::move(flow), std::move(same));
}

// Each feature times its factor plus its summand (empty: 1 and 0).
Flow Walk::affine(const Node& node, Flow flow, const std::vector<float>& factor,
                  const std::vector<float>& summand) {
  const auto at = [](const std::vector<float>& v, std::size_t i, float otherwise) {
    return v.empty() ? otherwise : v[v.size() == 1 ? 0 : i];
  };
  const std::size_t given = std::max(factor.size(), summand.size());
  if (flow.pieces.front().layer < 0) {
    // Before the first layer it is kept until that layer's weights take it in.
    if (flow.axes.empty() || flow.axes.back() != input_axes_.back())
      refuse(node,
             fmt::format("its input arrives as {}, not with the features last", describe(flow)));
    const std::size_t kept = flow.factor.size();
    if (kept > 1 && given > 1 && kept != given)
      refuse(node, fmt::format("its constant has {} numbers, the one before it {}", given, kept));
    const std::size_t size = std::max(kept, given);
    std::vector<float> product(size), sum(size);
    for (std::size_t i = 0; i < size; ++i) {
      product[i] = at(flow.factor, i, 1) * at(factor, i, 1);
      sum[i] = at(flow.summand, i, 0) * at(factor, i, 1) + at(summand, i, 0);
    }
    flow.factor = product;
    flow.summand = sum;
    return flow;
  }
  flow = dense_to_change(node, std::move(flow));
  if (axis(flow, flow.axes.size() - 1).kind != Axis::feature)
    refuse(node,
           fmt::format("its input arrives as {}, not with the features last", describe(flow)));
  Dense dense = *flow.head.back();
  const auto outputs = static_cast<std::size_t>(dense.output);
  if (given != 1 && given != outputs)
    refuse(node, fmt::format("its constant has {} numbers for {} features", given, outputs));
  for (std::size_t o = 0; o < outputs; ++o) {
    for (int i = 0; i < dense.input; ++i)
      dense.w[o * static_cast<std::size_t>(dense.input) + static_cast<std::size_t>(i)] *=
          at(factor, o, 1);
    dense.b[o] = dense.b[o] * at(factor, o, 1) + at(summand, o, 0);
  }
  flow.head.back() = std::make_shared<const Dense>(std::move(dense));
  return flow;
}

Flow Walk::add(const Node& node, Flow flow, const Value& other, float sign) {
  if (is_zero(other)) return flow;
  std::vector<float> summand = per_feature(node, other);
  for (float& x : summand) x *= sign;
  return affine(node, std::move(flow), {}, summand);
}

Flow Walk::multiply(const Node& node, Flow flow, const Value& other, bool divide) {
  std::vector<float> factor = per_feature(node, other);
  if (divide)
    for (float& x : factor) x = 1 / x;
  return affine(node, std::move(flow), factor, {});
}

// What was done to the input becomes part of the first layer's weights and biases.
void Walk::absorb_affine(const Node& node, const Flow& flow, Recurrent& layer) const {
  if (flow.factor.empty()) return;
  const auto inputs = static_cast<std::size_t>(layer.input);
  const auto fits = [&](const std::vector<float>& v) {
    return v.size() == 1 || v.size() == inputs;
  };
  if (!fits(flow.factor))
    refuse(node, fmt::format("its input was scaled by {} numbers and has {} features",
                             flow.factor.size(), inputs));
  const std::size_t gate_rows =
      static_cast<std::size_t>(gates_of(layer.cell)) * static_cast<std::size_t>(layer.hidden);
  for (std::size_t row = 0; row < layer.w.size() / inputs; ++row) {
    float* w = &layer.w[row * inputs];
    double shift = 0;
    for (std::size_t i = 0; i < inputs; ++i) {
      const std::size_t at = flow.factor.size() == 1 ? 0 : i;
      shift += double{w[i]} * flow.summand[at];
      w[i] *= flow.factor[at];
    }
    layer.b[row / gate_rows * 2 * gate_rows + row % gate_rows] += static_cast<float>(shift);
  }
}

Flow Walk::activate(const Node& node, Flow flow, Activation activation) {
  flow = dense_to_change(node, std::move(flow));
  Dense dense = *flow.head.back();
  dense.activation = activation;
  flow.head.back() = std::make_shared<const Dense>(std::move(dense));
  return flow;
}

}  // namespace steelyard

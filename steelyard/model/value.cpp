// SPDX-License-Identifier: Apache-2.0
// See value.h.
#include "steelyard/model/value.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

namespace steelyard {
namespace {

template <class T>
std::vector<std::int64_t> widened(const Tensor& tensor) {
  std::vector<std::int64_t> result;
  for (std::size_t i = 0; i + sizeof(T) <= tensor.data.size(); i += sizeof(T)) {
    T value;
    std::memcpy(&value, &tensor.data[i], sizeof(T));
    result.push_back(value);
  }
  return result;
}

float of_half(std::uint16_t half) {
  const int exponent = half >> 10 & 31, fraction = half & 1023;
  const float size = exponent == 0    ? std::ldexp(float(fraction), -24)
                     : exponent == 31 ? (fraction ? std::numeric_limits<float>::quiet_NaN()
                                                  : std::numeric_limits<float>::infinity())
                                      : std::ldexp(float(fraction + 1024), exponent - 25);
  return half & 0x8000 ? -size : size;
}

template <class T, class Convert>
std::vector<float> converted(const Tensor& tensor, Convert convert) {
  std::vector<float> result;
  result.reserve(tensor.data.size() / sizeof(T));
  for (std::size_t i = 0; i + sizeof(T) <= tensor.data.size(); i += sizeof(T)) {
    T value;
    std::memcpy(&value, &tensor.data[i], sizeof(T));
    result.push_back(convert(value));
  }
  return result;
}

std::optional<std::vector<float>> numbers_of(const Tensor& tensor) {
  const auto plain = [](auto value) { return static_cast<float>(value); };
  switch (tensor.type) {
    case ElementType::f32:
      return converted<float>(tensor, plain);
    case ElementType::f64:
      return converted<double>(tensor, plain);
    case ElementType::f16:
      return converted<std::uint16_t>(tensor, of_half);
    case ElementType::bf16:
      return converted<std::uint16_t>(
          tensor, [](std::uint16_t v) { return std::bit_cast<float>(std::uint32_t{v} << 16); });
    case ElementType::i8:
      return converted<std::int8_t>(tensor, plain);
    case ElementType::u8:
      return converted<std::uint8_t>(tensor, plain);
    case ElementType::i32:
      return converted<std::int32_t>(tensor, plain);
    case ElementType::i64:
      return converted<std::int64_t>(tensor, plain);
    default:
      return std::nullopt;
  }
}

}  // namespace

std::optional<Tensor> as_floats(const Tensor& from) {
  const auto numbers = numbers_of(from);
  if (!numbers) return std::nullopt;
  Tensor result{from.name, ElementType::f32, from.shape, {}};
  result.data.resize(numbers->size() * sizeof(float));
  if (!numbers->empty()) std::memcpy(result.data.data(), numbers->data(), result.data.size());
  return result;
}

std::optional<std::vector<std::int64_t>> integers_of(const Value& value) {
  const auto* constant = std::get_if<Constant>(&value);
  if (!constant) return std::nullopt;
  if ((*constant)->type == ElementType::i64) return widened<std::int64_t>(**constant);
  if ((*constant)->type == ElementType::i32) return widened<std::int32_t>(**constant);
  return std::nullopt;
}

bool is_zero(const Value& value) {
  if (std::holds_alternative<Zeros>(value)) return true;
  const auto* constant = std::get_if<Constant>(&value);
  return constant && (*constant)->type != ElementType::other &&
         std::all_of((*constant)->data.begin(), (*constant)->data.end(),
                     [](std::byte b) { return b == std::byte{0}; });
}

std::int64_t integer(const Node& node, const char* name, std::int64_t otherwise) {
  const auto* found = node.attribute(name);
  const auto* value = found ? std::get_if<std::int64_t>(&found->value) : nullptr;
  return value ? *value : otherwise;
}

std::optional<std::vector<std::int64_t>> setting(const Node& node, const char* name,
                                                 const std::vector<Value>& inputs,
                                                 std::size_t input, bool& constant) {
  if (const auto* found = node.attribute(name))
    if (const auto* list = std::get_if<std::vector<std::int64_t>>(&found->value)) return *list;
  if (input >= inputs.size() || std::holds_alternative<std::monostate>(inputs[input]))
    return std::nullopt;
  auto list = integers_of(inputs[input]);
  if (!list) constant = false;
  return list;
}

}  // namespace steelyard

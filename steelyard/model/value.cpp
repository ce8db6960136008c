// SPDX-License-Identifier: Apache-2.0
// See value.h.
#include "steelyard/model/value.h"

#include <algorithm>
#include <cstring>

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

}  // namespace

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

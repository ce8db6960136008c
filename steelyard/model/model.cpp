// SPDX-License-Identifier: Apache-2.0
// Small questions about a Model's parts. Thread-safe.
#include "steelyard/model/model.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "steelyard/base/error.h"
#include "steelyard/model/one_line.h"

namespace steelyard {

std::size_t size_of(ElementType type) {
  switch (type) {
    case ElementType::f64:
    case ElementType::i64:
      return 8;
    case ElementType::f32:
    case ElementType::i32:
      return 4;
    case ElementType::f16:
    case ElementType::bf16:
      return 2;
    case ElementType::i8:
    case ElementType::u8:
    case ElementType::boolean:
      return 1;
    case ElementType::other:
      break;
  }
  return 0;
}

std::size_t TensorInfo::elements() const {
  std::size_t count = 1;
  for (const auto extent : shape)
    count *= static_cast<std::size_t>(std::max<std::int64_t>(extent, 0));
  return count;
}

std::int64_t Tensor::elements() const {
  std::int64_t count = 1;
  for (const auto extent : shape) count *= extent;
  return count;
}

const Attribute* Node::attribute(std::string_view wanted) const {
  for (const auto& attribute : attributes)
    if (attribute.name == wanted) return &attribute;
  return nullptr;
}

std::vector<TensorInfo> static_shapes(const std::vector<TensorInfo>& tensors, int batch,
                                      int window) {
  std::vector<TensorInfo> known = tensors;
  for (auto& tensor : known)
    for (int i = 0; i < static_cast<int>(tensor.shape.size()); ++i) {
      auto& extent = tensor.shape[static_cast<std::size_t>(i)];
      if (i == tensor.batch_axis && extent >= 0 && extent != batch)
        throw Error(
            fmt::format("the model takes {} windows at a time (\"{}\" is [{}]), not {}", extent,
                        printable(tensor.name), fmt::join(tensor.shape, ","), batch),
            fmt::format("use a batch of {}, or export the model with an open batch axis", extent));
      if (extent < 0) extent = i == tensor.batch_axis ? batch : window;
    }
  return known;
}

}  // namespace steelyard

// SPDX-License-Identifier: Apache-2.0
// See packed_query.h.
#include "steelyard/backend/native_cpu/packed_query.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include "steelyard/backend/states.h"

namespace steelyard::native_cpu {
namespace {

std::size_t bytes_of(const TensorInfo& tensor) { return Signature{{tensor}, {}}.input_bytes(); }

}  // namespace

void complete(Signature& signature, const Network& network, int batch, int window) {
  const auto complete_one = [&](std::size_t index, std::vector<std::int64_t> shape) {
    const TensorInfo& tensor = signature.outputs.at(index);
    if (tensor.type != ElementType::f32)
      throw Unsupported(fmt::format("the output '{}' is not float32", tensor.name),
                        "export the model with outputs of 32-bit floats");
    TensorInfo whole = tensor;
    whole.shape = shape;
    if (whole.elements() != tensor.elements()) set_shape(signature, index, std::move(shape));
  };
  if (network.output_tensor >= 0) {
    std::vector<std::int64_t> shape{batch, network.outputs()};
    if (network.readout == Readout::every_step)
      shape.insert(shape.begin() + (network.answer_batch_first ? 1 : 0), window);
    complete_one(static_cast<std::size_t>(network.output_tensor), std::move(shape));
  }
  for (const StateTensor& tensor : network.states_out)
    complete_one(static_cast<std::size_t>(tensor.tensor), {tensor.outer, batch, tensor.inner});
}

Signature signature_of_steps(const Signature& whole, const Network& network, int batch) {
  Signature steps = whole;
  steps.inputs[static_cast<std::size_t>(network.input_tensor)] = {
      "step", ElementType::f32, {batch, 1, network.features}, 0};
  if (network.output_tensor >= 0)
    steps.outputs[static_cast<std::size_t>(network.output_tensor)] = {
        "output", ElementType::f32, {batch, network.outputs()}, 0};
  steps.state = state_pairs(steps.inputs, steps.outputs);
  return steps;
}

PackedQuery::PackedQuery(const Signature& signature, const Network& network, int batch)
    : batch_(static_cast<std::size_t>(batch)) {
  const auto input = static_cast<std::size_t>(network.input_tensor);
  windows_at_ = offset_of(signature.inputs, input);
  window_floats_ = bytes_of(signature.inputs.at(input)) / sizeof(float);
  if (windows_at_ % sizeof(float) != 0)
    throw Unsupported(
        fmt::format("the input '{}' stands behind inputs of other sizes than 32-bit numbers",
                    signature.inputs[input].name),
        "export the model with its windows first");
  states_in_ = moves_of(network.states_in, signature.inputs, network);
  states_out_ = moves_of(network.states_out, signature.outputs, network);
  const std::size_t floats = state_size(network) * batch_;
  // States that no input holds are the network's own.
  if (!states_in_.empty()) before_ = initial_states(network, batch);
  if (!states_in_.empty() && before_.empty()) before_.resize(floats, 0.0f);
  if (!states_out_.empty()) after_.resize(floats);
  if (network.output_tensor >= 0) {
    const auto output = static_cast<std::size_t>(network.output_tensor);
    answers_at_ = offset_of(signature.outputs, output);
    answer_floats_ = bytes_of(signature.outputs.at(output)) / sizeof(float);
  } else {
    unread_.resize(batch_ * static_cast<std::size_t>(network.outputs()));
  }
  if (network.lengths.tensor < 0) return;
  const auto lengths = static_cast<std::size_t>(network.lengths.tensor);
  const TensorInfo& tensor = signature.inputs.at(lengths);
  if (tensor.elements() != batch_)
    throw Unsupported(fmt::format("the input '{}' holds {} lengths of windows, and a query has {}",
                                  tensor.name, tensor.elements(), batch),
                      fmt::format("measure it with --batch {}, or export the model with a dynamic "
                                  "batch",
                                  tensor.elements()));
  lengths_at_ = offset_of(signature.inputs, lengths);
  length_bytes_ = size_of(tensor.type);
  lengths_.resize(batch_);
}

std::vector<PackedQuery::Move> PackedQuery::moves_of(const std::vector<StateTensor>& holders,
                                                     const std::vector<TensorInfo>& tensors,
                                                     const Network& network) const {
  std::vector<Move> moves;
  for (const StateTensor& holder : holders) {
    const std::size_t at = offset_of(tensors, static_cast<std::size_t>(holder.tensor));
    const auto inner = static_cast<std::size_t>(holder.inner);
    for (const StateTensor::Part& part : holder.parts) {
      const std::size_t first = static_cast<std::size_t>(part.outer) * batch_ * inner +
                                static_cast<std::size_t>(part.inner);
      const auto& layer = network.layers[static_cast<std::size_t>(part.state.layer)];
      moves.push_back({at + first * sizeof(float), inner * sizeof(float),
                       state_offset(network, part.state) * batch_,
                       static_cast<std::size_t>(layer.hidden)});
    }
  }
  return moves;
}

std::span<const float> PackedQuery::windows(std::span<const std::byte> in) const {
  return {reinterpret_cast<const float*>(in.data() + windows_at_), window_floats_};
}

std::span<float> PackedQuery::answers(std::span<std::byte> out) {
  if (!unread_.empty()) return unread_;
  return {reinterpret_cast<float*>(out.data() + answers_at_), answer_floats_};
}

EngineStates PackedQuery::take(std::span<const std::byte> in) {
  for (const Move& move : states_in_)
    for (std::size_t s = 0; s < batch_; ++s)
      std::memcpy(&before_[move.state + s * move.width], in.data() + move.tensor + s * move.stride,
                  move.width * sizeof(float));
  for (std::size_t s = 0; s < lengths_.size(); ++s) {
    const std::byte* from = in.data() + lengths_at_ + s * length_bytes_;
    if (length_bytes_ == sizeof(std::int32_t)) {
      std::memcpy(&lengths_[s], from, sizeof(std::int32_t));
      continue;
    }
    std::int64_t length = 0;
    std::memcpy(&length, from, sizeof length);
    // What no window has is refused as such, and not as what is left of it in 32 bits.
    lengths_[s] = static_cast<std::int32_t>(
        std::clamp<std::int64_t>(length, std::numeric_limits<std::int32_t>::min(),
                                 std::numeric_limits<std::int32_t>::max()));
  }
  return {before_, after_, lengths_};
}

void PackedQuery::give(std::span<std::byte> out) const {
  for (const Move& move : states_out_)
    for (std::size_t s = 0; s < batch_; ++s)
      std::memcpy(out.data() + move.tensor + s * move.stride, &after_[move.state + s * move.width],
                  move.width * sizeof(float));
}

}  // namespace steelyard::native_cpu

// SPDX-License-Identifier: Apache-2.0
// What every backend has in common. Thread-safe; the default Stream is in stream.cpp.
#include "steelyard/backend/backend.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>

namespace steelyard {
namespace {

std::size_t bytes_of(const std::vector<TensorInfo>& tensors) {
  std::size_t sum = 0;
  for (const TensorInfo& tensor : tensors) {
    std::size_t bytes = size_of(tensor.type);
    if (bytes == 0)
      throw Error(fmt::format("tensor '{}' has an element type without a size", tensor.name));
    bool fits = true;
    for (const std::int64_t axis : tensor.shape) {
      if (axis < 0)
        throw Error(fmt::format("tensor '{}' has an axis of unknown size", tensor.name));
      fits = fits && !__builtin_mul_overflow(bytes, static_cast<std::size_t>(axis), &bytes);
    }
    if (!fits || __builtin_add_overflow(sum, bytes, &sum))
      throw Error(fmt::format("tensor '{}' is too large to address", tensor.name));
  }
  return sum;
}

// What a state is called whichever side of the query it is on: "initial_h", "h0", "h_in", "Y_h" and
// "hn" are all "h".
std::string state_name(std::string_view name) {
  std::string text;
  for (const char c : name) text += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  for (const std::string_view prefix :
       {"initial_", "init_", "prev_", "past_", "next_", "new_", "y_"})
    if (text.starts_with(prefix)) text.erase(0, prefix.size());
  for (const std::string_view suffix : {"_in", "_out", "_next", "_new", "_0", "_n", "_t", "0", "n"})
    if (text.size() > suffix.size() && text.ends_with(suffix) && text != "hidden") {
      text.erase(text.size() - suffix.size());
      break;
    }
  return text;
}

bool names_a_state(std::string_view name) {
  return name == "h" || name == "c" || name.starts_with("state") || name.starts_with("hidden") ||
         name.starts_with("cell") || name.ends_with("state");
}

}  // namespace

std::vector<StatePair> state_pairs(const std::vector<TensorInfo>& inputs,
                                   const std::vector<TensorInfo>& outputs) {
  std::vector<StatePair> pairs;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const std::string name = state_name(inputs[i].name);
    if (!names_a_state(name)) continue;
    for (std::size_t o = 0; o < outputs.size(); ++o)
      if (state_name(outputs[o].name) == name && inputs[i].type == outputs[o].type &&
          inputs[i].shape == outputs[o].shape) {
        pairs.push_back({i, o});
        break;
      }
  }
  return pairs;
}

std::size_t Signature::input_bytes() const { return bytes_of(inputs); }
std::size_t Signature::output_bytes() const { return bytes_of(outputs); }

Signature signature_of(const Model& model, int batch, int window) {
  if (batch < 1) throw Error(fmt::format("a batch of {} cannot be computed", batch));
  if (window < 1) throw Error(fmt::format("a window of {} steps cannot be computed", window));
  Signature signature{static_shapes(model.inputs, batch, window),
                      static_shapes(model.outputs, batch, window)};
  signature.state = state_pairs(signature.inputs, signature.outputs);
  return signature;
}

void set_shape(Signature& signature, std::size_t output, std::vector<std::int64_t> shape) {
  TensorInfo& tensor = signature.outputs.at(output);
  tensor.shape = std::move(shape);
  const auto counts = [](const TensorInfo& t) {
    return t.batch_axis >= 0 && t.batch_axis < static_cast<int>(t.shape.size());
  };
  const auto input = std::find_if(signature.inputs.begin(), signature.inputs.end(), counts);
  const auto is_batch = [&](int axis) {
    return tensor.shape[static_cast<std::size_t>(axis)] ==
           input->shape[static_cast<std::size_t>(input->batch_axis)];
  };
  if (input == signature.inputs.end())
    tensor.batch_axis = -1;
  else if (!counts(tensor) || !is_batch(tensor.batch_axis))
    tensor.batch_axis = !tensor.shape.empty() && is_batch(0) ? 0 : -1;
  signature.state = state_pairs(signature.inputs, signature.outputs);
}

std::unique_ptr<Session> CompiledModel::open_steps(int) {
  throw Unsupported("this backend does not carry a model's state from step to step",
                    "measure it with another scenario, or on native-cpu");
}

Clock& CompiledModel::clock() {
  static MonotonicClock clock;  // without state, so all threads may share it
  return clock;
}

void check_settings(std::string_view backend, const std::vector<Setting>& settings,
                    std::initializer_list<std::string_view> known) {
  for (std::size_t i = 0; i < settings.size(); ++i) {
    const std::string& key = settings[i].key;
    if (std::find(known.begin(), known.end(), key) == known.end())
      throw UsageError(fmt::format("{} has no setting '{}'", backend, key),
                       known.size() == 0
                           ? fmt::format("{} has no settings", backend)
                           : fmt::format("its settings are: {}", fmt::join(known, ", ")));
    for (std::size_t j = 0; j < i; ++j)
      if (settings[j].key == key)
        throw UsageError(fmt::format("setting '{}' of {} is given twice", key, backend),
                         "give it once");
  }
}

std::string_view setting(const std::vector<Setting>& settings, std::string_view key,
                         std::string_view fallback) {
  for (const Setting& each : settings)
    if (each.key == key) return each.value;
  return fallback;
}

void refuse_sizes(std::size_t in, std::size_t out, std::size_t in_expected,
                  std::size_t out_expected) {
  throw Error(fmt::format("a query must have {} bytes in and {} bytes out, not {} and {}",
                          in_expected, out_expected, in, out));
}

}  // namespace steelyard

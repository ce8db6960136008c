// SPDX-License-Identifier: Apache-2.0
// Where windows, states, lengths and answers lie in the packed tensors of a query, and the room
// between them and the engine's order. All memory is taken at construction; belongs to one session.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "steelyard/backend/backend.h"
#include "steelyard/engine/engine.h"
#include "steelyard/model/network.h"

namespace steelyard::native_cpu {

// Gives outputs that the file leaves without their shape what the network makes of them. Throws
// Unsupported for outputs that are not float32.
void complete(Signature&, const Network&, int batch, int window);
// The signature of single time steps: the model's, its windows one step long.
Signature signature_of_steps(const Signature& whole, const Network&, int batch);

class PackedQuery {
 public:
  // `signature` must be complete. Throws Unsupported for inputs that would leave the windows at an
  // address where no floats can lie.
  PackedQuery(const Signature& signature, const Network&, int batch);

  bool has_states_in() const { return !states_in_.empty(); }
  // Whether there is more than windows and answers.
  bool has_more() const { return !states_in_.empty() || !states_out_.empty() || !lengths_.empty(); }

  std::span<const float> windows(std::span<const std::byte> in) const;
  // Of the answers: the output's own place, or room that nobody reads.
  std::span<float> answers(std::span<std::byte> out);
  // States and lengths as the engine takes them, valid until the next call.
  EngineStates take(std::span<const std::byte> in);
  // Where the engine puts states; empty when no output holds any.
  std::span<float> after() { return after_; }
  // What lies there, to the outputs.
  void give(std::span<std::byte> out) const;

 private:
  // Rows of `width` floats, `stride` bytes apart in the tensor and side by side in the state.
  struct Move {
    std::size_t tensor;  // byte of the packed tensors
    std::size_t stride;  // bytes
    std::size_t state;   // float of the engine's states
    std::size_t width;   // floats
  };
  std::vector<Move> moves_of(const std::vector<StateTensor>&, const std::vector<TensorInfo>&,
                             const Network&) const;

  std::size_t batch_;
  std::size_t windows_at_ = 0, window_floats_ = 0, answers_at_ = 0, answer_floats_ = 0;
  std::vector<Move> states_in_, states_out_;
  std::vector<float> before_, after_, unread_;
  std::size_t lengths_at_ = 0, length_bytes_ = 0;  // bytes of one length; 0: none is given
  std::vector<std::int32_t> lengths_;
};

}  // namespace steelyard::native_cpu

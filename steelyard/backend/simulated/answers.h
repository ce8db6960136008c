// SPDX-License-Identifier: Apache-2.0
// The outputs of a simulated device: real arithmetic at its precision, each distinct window
// computed once and remembered, so that ten virtual minutes cost little. A window is known by its
// content, never by its address. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "steelyard/backend/simulated/profile.h"
#include "steelyard/model/network.h"
#include "steelyard/record/spec.h"

namespace steelyard::simulated {

class Answers {
 public:
  // Throws Unsupported for what the engine cannot run and Error as QuantisedNetwork does.
  Answers(const Network&, const Profile&, Precision, int window,
          std::span<const float> calibration);
  ~Answers();

  std::size_t input_size() const { return input_size_; }    // floats of one window
  std::size_t output_size() const { return output_size_; }  // floats of its answer
  // Allocates only when a window is new and the room made beforehand is used up.
  void answer(const float* input, float* output);

 private:
  struct Arithmetic;
  std::uint32_t* slot_of(std::uint64_t hash, const float* input);
  void grow();

  const std::size_t input_size_, output_size_;
  std::unique_ptr<Arithmetic> arithmetic_;
  std::size_t most_;                   // windows remembered at most
  std::vector<std::uint32_t> table_;   // open addressing, 1 + index of a window; 0 = free
  std::vector<std::uint64_t> hashes_;  // a window
  std::vector<float> inputs_, outputs_;
};

}  // namespace steelyard::simulated

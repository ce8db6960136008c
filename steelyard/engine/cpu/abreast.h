// SPDX-License-Identifier: Apache-2.0
// Whole windows of narrow networks, many samples abreast: the batch in groups of a few vectors.
// Belongs to one session.
#pragma once

#include <vector>

#include "steelyard/engine/cpu/head.h"
#include "steelyard/engine/cpu/states.h"

namespace steelyard::cpu {

class Abreast {
 public:
  // Whether it is faster than samples one after the other.
  static bool suits(const Network&, const Kernels&, int batch, int window);

  // `row`: how many samples stand side by side in the caller's input, at least `batch`. `carries`:
  // infer() takes and gives states.
  Abreast(const Network&, const Kernels&, PackCache&, int batch, int window, int row, bool carries);
  void infer(const float* input, float* output, const Carried* = nullptr);

 private:
  struct Pass {
    AbreastJob job;
    bool from_last_step = false;
    const float* last_step = nullptr;  // where it is, when it is not where the state ends
    StatePlace place;
    Buffer weights, h, c, sequence;
    Buffer before;  // states that were given
  };
  Pass make_pass(const Network&, int layer, int direction) const;
  const float* run_pass(Pass&, int samples, const Carried*);
  void run_group(const float* input, int samples, const Carried*, float* output);

  const Kernels& kernels_;
  int batch_, window_, width_;  // width_: samples of a group
  bool carries_;
  int outputs_;
  int last_;  // first pass of the last layer
  Operand input_;
  Buffer columns_, rows_;
  std::vector<Pass> passes_;
  std::vector<int> first_pass_;
  Head head_;
};

}  // namespace steelyard::cpu
